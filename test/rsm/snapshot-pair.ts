import { present } from "../../src/base/assert.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import { groupId, type ReplicaId, replicaId, serverId } from "../../src/base/ids.ts";
import type { Cancel } from "../../src/env/clock.ts";
import type { Env } from "../../src/env/env.ts";
import type { Storage, StorageView, WriteOp } from "../../src/env/storage.ts";
import { membership } from "../../src/raft/membership.ts";
import { newProgress } from "../../src/raft/progress.ts";
import type { Raft } from "../../src/raft/raft.ts";
import type { RaftState } from "../../src/raft/state.ts";
import type { ChunkWord } from "../../src/rsm/snapshot/chunk.ts";
import type { Machine } from "../../src/rsm/machine.ts";
import { type MemberOptions, type MemberOptionsGiven, memberOptions } from "../../src/rsm/options.ts";
import { encodeApplied, Keys, stateKeyOffset, type StateRow } from "../../src/rsm/log/rows.ts";
import { SnapshotReceiver, type StagedSnapshot } from "../../src/rsm/snapshot/snapshot-receiver.ts";
import { SnapshotSender } from "../../src/rsm/snapshot/snapshot-sender.ts";
import { decodePacket, encodePacket } from "../../src/rsm/wire.ts";
import type { DiskSession } from "../../src/sim/disk/session.ts";
import type { SimProcess } from "../../src/sim/process.ts";
import { Rig, type RigOptions } from "../sim/rig.ts";

/** Rows under this letter say by their key which row of another letter holds a value. */
const derivedLetter = 0x64;

/** A machine whose every row has a derived one: value before key. */
export const indexed: Pick<Machine, "derived" | "rebuild"> = {
  derived: { from: Uint8Array.of(derivedLetter), to: Uint8Array.of(derivedLetter + 1) },
  rebuild: (rows) => rows.map((row) => ({ op: "put", ...derived(row) })),
};

function derived([key, value]: StateRow): { readonly key: Uint8Array; readonly value: Uint8Array } {
  return { key: Uint8Array.of(derivedLetter, ...value.subarray(0, 8), 0, ...key), value: key };
}

/** Rows of the given sizes in the order of their keys, none of which is derived. */
export function rowsOf(sizes: readonly number[]): StateRow[] {
  return sizes.map((size, at) => [Uint8Array.of(1, at >> 8, at & 0xff), new Uint8Array(size).fill(at)]);
}

/** The part of a core's state that senders and receivers look at. */
interface CoreState extends Pick<RaftState, "id" | "membership" | "progress" | "applied"> {
  role: RaftState["role"];
  term: number;
  leader: ReplicaId | undefined;
  readonly log: Pick<RaftState["log"], "mark">;
}

/** Where the leader's log begins, and what its state is as of. */
const [markIndex, applied] = [50, 70];
const generation = 3;
const keys = new Keys(groupId(1));

export interface PairOptions extends RigOptions {
  readonly rows: readonly StateRow[];
  readonly member: MemberOptionsGiven;
  readonly derives?: boolean;
  /** How long the leader's disk takes for each page, besides. */
  readonly pageMs?: number;
}

/** A leader's sender and a follower's receiver, with disks of their own and a network between them, and no cores behind them. */
export class SnapshotPair {
  readonly rig: Rig;
  readonly options: MemberOptions;
  readonly leader: CoreState = coreState(0, "leader");
  readonly follower: CoreState = coreState(1, "follower");
  /** The leader's, as far as senders look at it. */
  readonly log = { bytes: 0 };
  readonly traces: string[] = [];
  /** Snapshots that have arrived whole. */
  readonly staged: StagedSnapshot[] = [];
  readonly sent: ChunkWord[] = [];
  /** The most bytes of rows that the sender held, and that the receiver's disk had before it. */
  heldPeak = 0;
  unfinishedPeak = 0;
  /** Of state rows, how many the sender has read. */
  rowsRead = 0;
  readonly #machine: Pick<Machine, "derived" | "rebuild">;
  readonly #processes: readonly [SimProcess, SimProcess];
  #sender: SnapshotSender | undefined;
  #receiver: SnapshotReceiver | undefined;

  constructor({ rows, member, derives = false, pageMs = 0, ...rig }: PairOptions) {
    this.options = memberOptions(member);
    this.#machine = derives ? indexed : {};
    this.rig = new Rig({ ...rig, hooks: { onFailure: (_, error) => fail(error), onTrace: (_, name) => this.traces.push(name) } });
    this.#processes = [this.rig.process("s0"), this.rig.process("s1")];
    this.#startSender(rows, derives, pageMs);
    this.startReceiver(0);
    this.rig.world.afterEvent(() => {
      this.heldPeak = Math.max(this.heldPeak, this.sender.heldBytes);
      this.unfinishedPeak = Math.max(this.unfinishedPeak, this.#processes[1].disk.unfinishedBytes);
    });
    this.rig.network.onSend((_, __, packet) => this.sent.push(decodePacket(packet).payload as ChunkWord));
  }

  get sender(): SnapshotSender {
    return present(this.#sender, "the sender is there");
  }

  get receiver(): SnapshotReceiver {
    return present(this.#receiver, "the receiver is there");
  }

  /** Has the leader's core offer the follower a snapshot. */
  offer(): void {
    this.#env(0).clock.after(0, () => this.sender.offer(replicaId(1)));
  }

  /** As a core repeats its offer until the snapshot has arrived; says whether it did in time. */
  transfers(ms: number, everyMs = 1000): boolean {
    const { world } = this.rig;
    const end = world.now + ms;
    while (world.now < end && this.staged.length === 0) {
      this.offer();
      world.runFor(everyMs);
    }
    return this.staged.length > 0;
  }

  /** Ends the receiver's process; its successor knows what its disk holds. */
  restartReceiver(generationsUsed: number, powerCut: boolean): void {
    this.#processes[1].crash({ powerCut });
    this.startReceiver(generationsUsed);
  }

  /** The rows that the follower's disk holds under a generation. */
  stored(of: number): StateRow[] {
    const prefix = keys.generation(of);
    return [...this.#processes[1].disk.image()]
      .filter(({ key }) => equalBytes(key.subarray(0, stateKeyOffset), prefix))
      .map(({ key, value }): StateRow => [key.subarray(stateKeyOffset), value]);
  }

  /** The follower's core has told the leader's that it has the snapshot. */
  report(): void {
    present(this.leader.progress.get(replicaId(1)), "a follower").match = applied;
    this.sender.review();
  }

  get openViews(): number {
    return (this.#env(0).storage as DiskSession).openViews;
  }

  /** Slow, hung and failing disks are made with it. */
  get followerDisk(): SimProcess["disk"] {
    return this.#processes[1].disk;
  }

  #env(at: 0 | 1): Env {
    return present(this.#processes[at].env(), "the process lives");
  }

  #startSender(rows: readonly StateRow[], derives: boolean, pageMs: number): void {
    const env = this.rig.started(this.#processes[0]);
    const state = rows.flatMap((row) => {
      const own: WriteOp = { op: "put", key: keys.state(generation, row[0]), value: row[1] };
      const made = derived(row);
      return derives ? [own, { op: "put", key: keys.state(generation, made.key), value: made.value } as const] : [own];
    });
    const stale: WriteOp = { op: "put", key: keys.state(generation + 1, Uint8Array.of(1)), value: Uint8Array.of(1) };
    env.storage.write([{ op: "put", key: keys.applied, value: encodeApplied({ index: applied, term: 4, chain: 77, generation }) }], {
      sync: true,
    });
    env.storage.write([...state, stale], { sync: true });
    this.#sender = new SnapshotSender({
      env,
      options: this.options,
      raft: coreOf(this.leader),
      log: this.log,
      source: { storage: this.#watched(env, pageMs), keys, machine: this.#machine },
      send: (to, word) => this.#send(0, to, word),
    });
    env.transport.onPacket((_, packet) => {
      const { payload } = decodePacket(packet);
      if (payload.kind === "chunk_ack") this.sender.acknowledged(replicaId(1), payload);
      else if (payload.kind === "chunk_lost") this.sender.lost(replicaId(1), payload);
    });
  }

  /** The leader's storage, whose pages of state take their time and are counted. */
  #watched({ storage, clock }: Env, pageMs: number): Pick<Storage, "snapshot"> {
    const watched = (view: StorageView): StorageView => {
      const waits: Cancel[] = [];
      return {
        close: () => {
          for (const cancel of waits) cancel();
          view.close();
        },
        scan: (range, limits, page) =>
          view.scan(range, limits, (found, rest) => {
            const isState = !equalBytes(range.from, keys.applied);
            if (isState) this.rowsRead += found.length;
            if (isState && pageMs > 0) waits.push(clock.after(pageMs, () => page(found, rest)));
            else page(found, rest);
          }),
      };
    };
    return { snapshot: (done) => storage.snapshot((view) => done(watched(view))) };
  }

  startReceiver(generationsUsed: number): void {
    const env = this.rig.started(this.#processes[1]);
    this.#receiver = new SnapshotReceiver({
      env,
      keys,
      options: this.options,
      raft: coreOf(this.follower),
      machine: this.#machine,
      generations: { live: 0, highest: generationsUsed },
      send: (to, word) => this.#send(1, to, word),
    });
    env.transport.onPacket((_, packet) => {
      const { payload } = decodePacket(packet);
      const whole = payload.kind === "chunk" ? this.receiver.take(replicaId(0), payload) : undefined;
      if (whole !== undefined) this.staged.push(whole);
    });
  }

  #send(at: 0 | 1, to: number, word: ChunkWord): void {
    const header = { group: groupId(1), creation: 1, from: replicaId(at), incarnation: 1, to: replicaId(to) };
    this.#env(at).transport.send(serverId(`s${to}`), encodePacket(header, word));
  }
}

function coreState(id: number, role: CoreState["role"]): CoreState {
  const members = membership([replicaId(0), replicaId(1)]);
  const mark = { index: markIndex, term: 4, chain: 7, membership: members };
  const progress = new Map([[replicaId(1), newProgress(applied)]]);
  return { id: replicaId(id), role, term: 5, leader: replicaId(0), membership: members, progress, applied, log: { mark } };
}

function coreOf(state: CoreState): Raft {
  return { state } as unknown as Raft;
}

function fail(error: unknown): never {
  throw error;
}
