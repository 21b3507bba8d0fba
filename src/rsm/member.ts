import { assert } from "../base/assert.ts";
import { Malformed } from "../base/codec.ts";
import type { ReplicaId, ServerId } from "../base/ids.ts";
import type { Env } from "../env/env.ts";
import type { WriteOp } from "../env/storage.ts";
import { membership } from "../raft/membership.ts";
import { openState, type Restored } from "../raft/open.ts";
import { type Proposal, Raft, type ReadRequest, type Status } from "../raft/raft.ts";
import type { LogIndex, Mark, Membership } from "../raft/types.ts";
import { Admission } from "./admission.ts";
import { clearOrphans, type Generations } from "./snapshot/generations.ts";
import { decodeHardCell, HardCell, type HardCellValue } from "./log/hard-cell.ts";
import { type Marker, openMarker, type Unusable } from "./identity.ts";
import { type Opened, openLogStore } from "./log/log-open.ts";
import { type LogOnDisk, LogStore } from "./log/log-store.ts";
import type { Machine, ReadRow } from "./machine.ts";
import { checkIdentity, type Identity, type MemberOptions } from "./options.ts";
import { Pump } from "./pump.ts";
import { encodeApplied, encodeMark, Keys } from "./log/rows.ts";
import { Ticker } from "./ticker.ts";
import { encodePacket, type Packet, type Payload } from "./wire.ts";

/** `opening` reads the disk, `waiting` is not admitted yet, `damaged` will never take part: see `Member.damage`. */
export type MemberPhase = "opening" | "waiting" | "running" | "damaged" | "stopped";

/** Everything that exists once the disk has been read. */
interface Running {
  readonly raft: Raft;
  readonly log: LogStore;
  readonly pump: Pump;
  readonly ticker: Ticker;
}

/**
 * One replica of a group's log: the core, its log on disk, and the pump between them, over an `Env`. It knows no command's
 * meaning; what is committed goes to its `Machine`. A failed assertion is thrown out of the input that met it and is fatal.
 */
export class Member {
  readonly #env: Env;
  readonly #identity: Identity;
  readonly #options: MemberOptions;
  readonly #machine: Machine;
  readonly #unusable: (found: Unusable) => void;
  readonly #keys: Keys;
  #phase: MemberPhase = "opening";
  #damage: string | undefined;
  #marker: Marker | undefined;
  #admission: Admission | undefined;
  #running: Running | undefined;
  #scheduled = false;
  readonly #runScheduled = (): void => {
    this.#scheduled = false;
    this.#run();
  };

  /** `unusable` hears, once, what is wrong with a directory that cannot be used. */
  constructor(env: Env, identity: Identity, options: MemberOptions, machine: Machine, unusable: (found: Unusable) => void = () => {}) {
    checkIdentity(identity);
    this.#env = env;
    this.#identity = identity;
    this.#options = options;
    this.#machine = machine;
    this.#unusable = unusable;
    this.#keys = new Keys(identity.group);
  }

  get identity(): Identity {
    return this.#identity;
  }

  get phase(): MemberPhase {
    return this.#phase;
  }

  /** What is wrong with the directory, in one sentence. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** The member that refuses this replica because it knows another incarnation of it. */
  get refusedBy(): ReplicaId | undefined {
    return this.#admission?.refusedBy;
  }

  /** For those who look on; undefined until the disk has been read. */
  get raft(): Raft | undefined {
    return this.#running?.raft;
  }

  status(): Status | undefined {
    return this.#running?.raft.status();
  }

  /** The labs' "Raft state": bytes of the log on disk. */
  get logBytes(): number {
    return this.#running?.log.bytes ?? 0;
  }

  /** Bytes of snapshot rows that are held in memory until their receivers have acknowledged them. */
  get snapshotHeldBytes(): number {
    return this.#running?.pump.snapshotHeldBytes ?? 0;
  }

  /**
   * The labs' "snapshot size": the key and value bytes that a snapshot of now would send. It reads the whole state, and `done` runs
   * when it is through; never when the disk has not been read yet.
   */
  countSnapshotBytes(done: (bytes: number) => void): void {
    this.#running?.pump.countSnapshotBytes(done);
  }

  /** Reads the disk and begins to take part. */
  start(): void {
    assert(this.#phase === "opening", "a member starts once");
    openMarker(this.#env, this.#env.cell(`marker ${this.#identity.group}`), this.#identity, (marker) => {
      if ("why" in marker) this.#refuse(marker.why, marker.kind);
      else this.#open(marker);
    });
  }

  /** Takes no further input, and says nothing more. What is on its way to the disk stays on its way. */
  stop(): void {
    this.#phase = "stopped";
    this.#admission?.stop();
    this.#running?.ticker.stop();
    this.#running?.pump.stop();
  }

  /** Appends a command, if this replica leads; an isolated leader accepts too. The entry may still be lost. */
  propose(data: Uint8Array): Proposal {
    const running = this.#input();
    if (running === undefined) return { ok: false, why: "not_leader", leader: undefined };
    const proposal = running.raft.propose(data);
    if (proposal.ok) this.#schedule();
    return proposal;
  }

  /** Asks for a linearizable read; the machine hears of `context` again. */
  readIndex(context: number): ReadRequest {
    const running = this.#input();
    if (running === undefined) return { ok: false, why: "not_leader", leader: undefined };
    const read = running.raft.readIndex(context);
    if (read.ok) this.#schedule();
    return read;
  }

  /** Has `to` lead instead, if this replica leads: see `Raft.transfer`. */
  transfer(to: ReplicaId): boolean {
    const isBegun = this.#input()?.raft.transfer(to) ?? false;
    if (isBegun) this.#schedule();
    return isBegun;
  }

  /** Drops the log up to `index` as soon as the state holds it durably (the labs' `Snapshot(index)`). */
  compact(index: LogIndex): void {
    this.#running?.pump.compactTo(index);
  }

  /** The machine's rows as of everything applied. */
  get read(): ReadRow | undefined {
    return this.#running?.pump.read;
  }

  /** A packet for this replica has arrived. One that cannot count is dropped with a trace. */
  receive(packet: Packet): void {
    if (this.#phase !== "running" && this.#phase !== "waiting") return;
    const { header, payload } = packet;
    const admission = this.#admission as Admission;
    if (payload.kind === "hello" || payload.kind === "pinned" || payload.kind === "unknown") {
      admission.receive(header.from, header.incarnation, payload);
      return;
    }
    if (!admission.knows(header.from, header.incarnation)) {
      admission.meet(header.from, header.incarnation);
      this.#env.trace("member: refused a message of another incarnation", { from: header.from });
      return;
    }
    const running = this.#input();
    if (running === undefined) return;
    if (payload.kind === "raft") {
      running.raft.step(payload.message);
      this.#schedule();
    } else if (payload.kind === "chunk" && payload.mark !== undefined && !this.#isOfServers(payload.mark.membership)) {
      this.#env.trace("member: refused a snapshot of other members", { from: header.from });
    } else {
      running.pump.take(header.from, payload);
      this.#run();
    }
  }

  /** Members are never changed: a part of them would be a quorum of its own beside the group's. */
  #isOfServers({ voters }: Membership): boolean {
    const members = this.#members();
    return voters.length === members.length && voters.every((voter, at) => voter === members[at]);
  }

  #refuse(why: string, kind: Unusable["kind"] = "damaged"): void {
    this.#phase = "damaged";
    this.#damage = why;
    this.#env.trace("member: refuses to take part", { why });
    this.#unusable({ why, kind });
  }

  /** Nothing is wrong with the data: somebody has told this server of more replicas, or of fewer. */
  #refuseGroup({ voters }: Membership): void {
    const [stored, told] = [voters.join(", "), this.#members().join(", ")];
    this.#refuse(`it is of a group of replicas ${stored}, and this server was told of a group of replicas ${told}`, "foreign");
  }

  #open(marker: Marker): void {
    this.#marker = marker;
    let cell: HardCellValue;
    try {
      cell = decodeHardCell(this.#hardCell().read());
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#refuse(`the cell of term and vote is unreadable: ${error.message}`);
      return;
    }
    openLogStore(this.#env.storage, this.#keys, cell, (found) => this.#opened(found, cell));
  }

  #opened(found: Opened, cell: HardCellValue): void {
    if (this.#phase !== "opening") return;
    if (found.kind === "damaged") this.#refuse(found.why);
    else if (found.kind === "new") this.#begin(cell);
    else if (this.#marker?.isNew === true) this.#refuse("the directory holds a log, but its marker is gone");
    else if (!this.#isOfServers(found.restored.mark.membership)) this.#refuseGroup(found.restored.mark.membership);
    else clearOrphans(this.#env.storage, this.#keys, found.generation, (generations) => this.#bringUpCell(found, cell, generations));
  }

  /**
   * Nothing is promised before both copies hold term and vote durably: a power cut between a batch and its cell has left the cell
   * behind, and what an earlier life wrote to it can be read and yet be lost, if that life ended before it was durable.
   */
  #bringUpCell(found: Extract<Opened, { kind: "restored" }>, cell: HardCellValue, generations: Generations): void {
    const { restored, log } = found;
    const ready = (): void => this.#ready(restored, log, generations, { ...cell, hardState: restored.hardState });
    new HardCell(this.#hardCell(), cell).write(restored.hardState, ready);
  }

  /** The first rows of a new directory. */
  #begin(cell: HardCellValue): void {
    const mark: Mark = { index: 0, term: 0, chain: 0, membership: membership(this.#members()) };
    const rows: WriteOp[] = [
      { op: "put", key: this.#keys.mark, value: encodeMark(mark) },
      { op: "put", key: this.#keys.applied, value: encodeApplied({ index: 0, term: 0, chain: 0, generation: 0 }) },
    ];
    this.#env.storage.write(rows, { sync: true }, () => {
      const restored: Restored = { hardState: { term: 0, vote: undefined }, mark, entries: [], applied: 0 };
      this.#ready(restored, { mark, rows: [], chains: [], truncatedIn: 0 }, { live: 0, highest: 0 }, cell);
    });
  }

  #members(): ReplicaId[] {
    return this.#identity.servers.map((_: ServerId, id) => id as ReplicaId);
  }

  #hardCell(): ReturnType<Env["cell"]> {
    return this.#env.cell(`raft ${this.#identity.group}`);
  }

  /** The disk has been read: everything is set up, and waits for admission. */
  #ready(restored: Restored, onDisk: LogOnDisk, generations: Generations, cellValue: HardCellValue): void {
    if (this.#phase !== "opening") return;
    const admission = this.#openAdmission();
    if (admission === undefined) return;
    const { trace, rng, clock, storage } = this.#env;
    const raft = new Raft(openState(this.#identity.replica, restored, this.#options.raft, rng.fork("elections").u32(), trace));
    const log = new LogStore(storage, this.#keys, onDisk, this.#options.logBytesMax);
    const pump = new Pump({
      env: this.#env,
      keys: this.#keys,
      options: this.#options,
      raft,
      log,
      cell: new HardCell(this.#hardCell(), cellValue),
      machine: this.#machine,
      generations,
      send: (to, payload) => this.#send(to, payload),
      schedule: () => this.#schedule(),
    });
    const ticker = new Ticker(clock, this.#options.tickMs, rng.fork("phase").unit(), raft, () => this.#run());
    this.#running = { raft, log, pump, ticker };
    this.#phase = "waiting";
    this.#admission = admission;
    admission.start();
  }

  #openAdmission(): Admission | undefined {
    try {
      return new Admission({
        env: this.#env,
        identity: this.#identity,
        keys: this.#keys,
        incarnation: (this.#marker as Marker).incarnation,
        helloMs: this.#options.helloMs,
        send: (to, word) => this.#send(to, word),
        admitted: () => this.#admitted(),
      });
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#refuse(`a row of the group's admission is unreadable: ${error.message}`);
      return undefined;
    }
  }

  #admitted(): void {
    if (this.#phase !== "waiting") return;
    this.#phase = "running";
    this.#running?.ticker.start();
  }

  /** What an input goes to, with all its ticks made; undefined while this replica does not take part. */
  #input(): Running | undefined {
    if (this.#phase !== "running") return undefined;
    this.#running?.ticker.catchUp();
    return this.#running;
  }

  /** Gathers what the inputs of this turn owe into one run of the pump. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#env.clock.after(0, this.#runScheduled);
  }

  #run(): void {
    const running = this.#input();
    if (running === undefined) return;
    const { role, term } = running.raft.state;
    this.#machine.dutiesBegin?.(role === "leader" ? term : undefined);
    running.pump.run();
    this.#machine.dutiesEnd?.();
    running.ticker.sleep();
  }

  #send(to: ReplicaId, payload: Payload): void {
    if (this.#phase === "stopped") return;
    const { group, creation, replica, servers } = this.#identity;
    const header = { group, creation, from: replica, incarnation: (this.#marker as Marker).incarnation, to };
    this.#env.transport.send(servers[to] as ServerId, encodePacket(header, payload));
  }
}
