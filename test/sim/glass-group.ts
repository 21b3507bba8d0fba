import { present } from "../../src/base/assert.ts";
import { encode } from "../../src/base/codec.ts";
import { groupId, type ReplicaId, replicaId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import type { WriteOp } from "../../src/env/storage.ts";
import { membership } from "../../src/raft/membership.ts";
import type { InstallSnapshot, Message } from "../../src/raft/message.ts";
import { openState } from "../../src/raft/open.ts";
import { raftOptions } from "../../src/raft/options.ts";
import { newProgress } from "../../src/raft/progress.ts";
import type { RaftState } from "../../src/raft/state.ts";
import type { Entry, HardState, Mark } from "../../src/raft/types.ts";
import { memberOptions } from "../../src/rsm/options.ts";
import type { ChunkWord } from "../../src/rsm/snapshot/chunk.ts";
import { chainAfter, encodeApplied, encodeHard, encodeLogRow, encodeMark, Keys } from "../../src/rsm/log/rows.ts";
import { emptyHardCell, HardCell } from "../../src/rsm/log/hard-cell.ts";
import { encodePacket, type Header, type Packet, type Payload } from "../../src/rsm/wire.ts";
import { DiskImage } from "../../src/sim/disk/image.ts";
import { Oracle } from "../../src/sim/oracle/oracle.ts";
import { type InvariantId, Violation } from "../../src/sim/oracle/violation.ts";

const groupNumber = groupId(1);
const keys = new Keys(groupNumber);
const names = new TextEncoder();

export function entry(index: number, term: number, text = `${index}/${term}`): Entry {
  return { index, term, data: names.encode(text) };
}

/** The hash of a log of these entries, which begins at 1 unless `before` says otherwise. */
export function chainOf(entries: readonly Entry[], before = 0): number {
  return entries.reduce(chainAfter, before);
}

let transfers = 0;

/** A snapshot without rows, in one chunk. */
function wholeChunk({ term, mark }: InstallSnapshot): Payload {
  transfers += 1;
  return { kind: "chunk", term, transfer: { nonce: 0, count: transfers }, number: 1, finished: 0, rows: [], mark };
}

interface GlassServer {
  readonly image: DiskImage;
  readonly cells: Map<string, Uint8Array>;
  /** What the cells would hold if the process ended, and the machine went on. */
  readonly notes: Map<string, Uint8Array>;
  state: RaftState | undefined;
}

/**
 * Servers of glass for an oracle to look at: no code runs in them, and a test puts into memory, disks and packets whatever it wants
 * the oracle to see. All of them are admitted at first, with empty logs, in term 0.
 */
export class GlassGroup {
  readonly oracle: Oracle;
  readonly members: readonly ReplicaId[];
  readonly #servers: readonly GlassServer[];

  constructor(size = 3) {
    this.members = Array.from({ length: size }, (_, at) => replicaId(at));
    this.#servers = this.members.map(() => ({
      image: new DiskImage(),
      cells: new Map<string, Uint8Array>(),
      notes: new Map<string, Uint8Array>(),
      state: undefined,
    }));
    this.oracle = new Oracle({
      size,
      group: groupNumber,
      creation: 7,
      member: memberOptions(),
      state: (at) => this.#server(at).state,
      alive: () => true,
      disk: (at) => ({
        copyOfImage: () => ({ rows: this.#server(at).image.copy(), cells: this.#server(at).cells }),
        written: (name) => this.#server(at).notes.get(name),
      }),
      rng: new Rng("glass"),
    });
    for (const at of this.members) this.#beBorn(at);
  }

  #beBorn(at: number): void {
    this.#server(at).cells.set("marker 1", encode([1, 1, 7, at, 100 + at]));
    this.store(at, [this.markRow({ index: 0, term: 0, chain: 0 }), this.appliedRow({ index: 0, term: 0, chain: 0 })]);
    for (const other of this.members) if (other !== at) this.store(at, [this.pinRow(other, 100 + other)]);
    this.cell(at, { term: 0, vote: undefined });
  }

  #server(at: number): GlassServer {
    return present(this.#servers[at], "the server is there");
  }

  /** The memory of a server, to be changed. */
  state(at: number): RaftState {
    return present(this.#server(at).state, "the server lives");
  }

  /** Begins a life with what is given as found on disk. */
  open(
    at: number,
    hardState: HardState,
    entries: readonly Entry[] = [],
    applied = 0,
    options: Parameters<typeof raftOptions>[0] = {},
  ): RaftState {
    const mark: Mark = { index: 0, term: 0, chain: 0, membership: membership(this.members) };
    const state = openState(replicaId(at), { hardState, mark, entries, applied }, raftOptions(options), at);
    this.#server(at).state = state;
    return state;
  }

  close(at: number): void {
    this.#server(at).state = undefined;
    this.oracle.died(at);
  }

  /** An event of the server is over. */
  look(...servers: readonly number[]): void {
    for (const at of servers) this.oracle.look(at);
  }

  // ---- disks

  markRow(mark: Omit<Mark, "membership">): WriteOp {
    return { op: "put", key: keys.mark, value: encodeMark({ ...mark, membership: membership(this.members) }) };
  }

  appliedRow({ index, term, chain }: Omit<Mark, "membership">): WriteOp {
    return { op: "put", key: keys.applied, value: encodeApplied({ index, term, chain, generation: 0 }) };
  }

  pinRow(of: number, incarnation: number): WriteOp {
    return { op: "put", key: keys.pin(replicaId(of)), value: encode([incarnation]) };
  }

  hardRow(term: number, vote: number | undefined, truncatedIn = 0): WriteOp {
    return { op: "put", key: keys.hard, value: encodeHard({ term, vote: vote as ReplicaId | undefined, acknowledged: 0, truncatedIn }) };
  }

  logRow(entries: readonly Entry[], chainBefore = 0): WriteOp {
    return { op: "put", key: keys.log(present(entries[0], "a row has an entry").index), value: encodeLogRow({ chainBefore, entries }) };
  }

  noLogRow(first: number): WriteOp {
    return { op: "delete", key: keys.log(first) };
  }

  /** A batch has become durable. */
  store(at: number, ops: readonly WriteOp[]): void {
    this.#server(at).image.apply(ops);
    this.oracle.stored(at, ops);
  }

  /** Changes a disk without the oracle hearing of it. */
  rot(at: number, ops: readonly WriteOp[]): void {
    this.#server(at).image.apply(ops);
  }

  cell(at: number, { term, vote }: { readonly term: number; readonly vote: number | undefined }): void {
    const { cells } = this.#server(at);
    const cell = { read: () => undefined, write: (bytes: Uint8Array) => void cells.set("raft 1", bytes) };
    new HardCell(cell, emptyHardCell).write({ term, vote: vote as ReplicaId | undefined }, () => {});
  }

  emptyDirectory(at: number, incarnation: number): void {
    this.oracle.emptying(at);
    this.oracle.started(at);
    this.#server(at).cells.set("marker 1", encode([1, 1, 7, at, incarnation]));
  }

  // ---- packets

  packet(message: Message, header: Partial<Header> = {}): Packet {
    const { from, to } = message;
    const payload: Payload = message.kind === "snapshot" ? wholeChunk(message) : { kind: "raft", message };
    return { header: this.#header(from, to, header), payload };
  }

  #header(from: number, to: number, changes: Partial<Header> = {}): Header {
    return { group: groupNumber, creation: 7, from: replicaId(from), incarnation: 100 + from, to: replicaId(to), ...changes };
  }

  /** A word about a snapshot leaves. */
  say(from: number, to: number, word: ChunkWord): void {
    this.oracle.sent(from, to, encodePacket(this.#header(from, to), word));
  }

  /** A word about a snapshot is taken in, and `effect` is what is made of it. */
  hear(from: number, to: number, word: ChunkWord, effect: () => void): void {
    this.oracle.received(to, { header: this.#header(from, to), payload: word }, effect);
  }

  send(message: Message, header: Partial<Header> = {}): void {
    const packet = this.packet(message, header);
    this.oracle.sent(message.from, message.to, encodePacket(packet.header, packet.payload));
  }

  /** The receiver takes the message in, and `effect` is what it makes of it. */
  receive(message: Message, effect: () => void, header: Partial<Header> = {}): void {
    this.oracle.received(message.to, this.packet(message, header), effect);
  }

  // ---- whole steps that are as they should be

  /** Stores term and vote in rows and cell. */
  storeVote(at: number, term: number, vote: number | undefined): void {
    this.store(at, [this.hardRow(term, vote)]);
    this.cell(at, { term, vote });
  }

  /** Everybody has `entries`, all written in `term`, in memory and on disk; nothing is committed. */
  openAll(term: number, entries: readonly Entry[], options: Parameters<typeof raftOptions>[0] = {}): void {
    for (const at of this.members) {
      this.storeVote(at, term, undefined);
      if (entries.length > 0) this.store(at, [this.logRow(entries)]);
      this.open(at, { term, vote: undefined }, entries, 0, options);
      this.look(at);
    }
  }

  /** `leader` wins `term` with the votes of all, and has heard nothing of its followers. */
  elect(leader: number, term: number): void {
    const own = this.state(leader);
    const lastIndex = own.log.mark.index + own.log.entries.length;
    const lastTerm = own.log.entries.at(-1)?.term ?? own.log.mark.term;
    this.storeVote(leader, term, leader);
    Object.assign(own, { term, vote: leader, role: "candidate" });
    this.look(leader);
    for (const to of this.members) {
      if (to === leader) continue;
      const ends = { from: replicaId(leader), to, term };
      this.send({ kind: "vote", ...ends, lastIndex, lastTerm, transfer: false });
      this.storeVote(to, term, leader);
      Object.assign(this.state(to), { term, vote: leader });
      this.look(to);
      this.send({ kind: "vote_reply", from: to, to: replicaId(leader), term, granted: true });
    }
    own.role = "leader";
    for (const to of this.members) if (to !== leader) own.progress.set(to, { ...newProgress(lastIndex), state: "replicate" });
    this.look(leader);
  }

  /** The server has on note that its log is durable up to `index`, as it says in its term. */
  note(at: number, index: number, term: number = this.state(at).term): void {
    this.#server(at).notes.set("raft 1", encode([term, 0, term, index, 0]));
  }

  /** `from` notes and acknowledges `match` to `to`, which believes it. */
  acknowledge(from: number, to: number, match: number): void {
    this.note(from, match);
    const reply = this.reply(from, to, match);
    this.send(reply);
    this.receive(reply, () => this.believe(to, from, match));
  }

  reply(from: number, to: number, match: number, term: number = this.state(from).term): Message {
    return { kind: "append_reply", from: replicaId(from), to: replicaId(to), term, round: 0, accepted: true, match };
  }

  believe(leader: number, follower: number, match: number): void {
    const progress = present(this.state(leader).progress.get(replicaId(follower)), "the leader has this follower");
    progress.match = match;
    progress.next = match + 1;
  }

  append(from: number, to: number, prev: Entry | undefined, entries: readonly Entry[], commit: number): Message {
    const { term } = this.state(from);
    const ends = { from: replicaId(from), to: replicaId(to), term };
    return { kind: "append", ...ends, prevIndex: prev?.index ?? 0, prevTerm: prev?.term ?? 0, commit, round: 0, entries };
  }

  snapshot(from: number, to: number, mark: Omit<Mark, "membership">): InstallSnapshot {
    const { term } = this.state(from);
    return { kind: "snapshot", from: replicaId(from), to: replicaId(to), term, mark: { ...mark, membership: membership(this.members) } };
  }
}

/** A log of term 1. */
export const log: readonly Entry[] = [entry(1, 1), entry(2, 1), entry(3, 1)];

/** s0 leads term 2 with `log` everywhere, and gives back one entry of its own, which is durable at itself. */
export function led(group: GlassGroup, options: Parameters<GlassGroup["openAll"]>[2] = {}): Entry {
  group.openAll(1, log, options);
  group.elect(0, 2);
  const own = entry(4, 2);
  group.state(0).log.entries.push(own);
  group.look(0);
  group.store(0, [group.logRow([own], chainOf(log))]);
  group.state(0).log.stable = own.index;
  group.note(0, own.index);
  group.look(0);
  return own;
}

/** That entry is on the disks of s0 and s1, and s0 commits up to it. */
export function committed(group: GlassGroup): Entry {
  const own = led(group);
  group.state(1).log.entries.push(own);
  group.store(1, [group.logRow([own], chainOf(log))]);
  group.state(1).log.stable = own.index;
  group.look(1);
  group.acknowledge(1, 0, own.index);
  group.state(0).commit = own.index;
  group.look(0);
  return own;
}

/** The invariant that `act` breaks; `undefined` when it breaks none. */
export function broken(act: () => void): InvariantId | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof Violation) return error.invariant;
    throw error;
  }
}
