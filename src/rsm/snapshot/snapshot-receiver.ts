import { assert } from "../../base/assert.ts";
import type { ReplicaId } from "../../base/ids.ts";
import type { Cancel } from "../../env/clock.ts";
import type { Env } from "../../env/env.ts";
import { isWithin, type WriteOp } from "../../env/storage.ts";
import type { Raft } from "../../raft/raft.ts";
import type { InstallSnapshot } from "../../raft/message.ts";
import type { Term } from "../../raft/types.ts";
import { bytesOfRows, type Chunk, type ChunkWord, installMessage, type TransferId } from "./chunk.ts";
import type { Generations } from "./generations.ts";
import type { Machine } from "../machine.ts";
import type { MemberOptions } from "../options.ts";
import type { Keys } from "../log/rows.ts";

/** What a receiver needs of the member around it. */
export interface ReceiverContext {
  readonly env: Env;
  readonly keys: Keys;
  readonly options: MemberOptions;
  readonly raft: Raft;
  readonly machine: Pick<Machine, "derived" | "rebuild">;
  readonly generations: Generations;
  readonly send: (to: ReplicaId, word: ChunkWord) => void;
}

/** A snapshot whose rows are all in the storage, under a generation that nobody reads yet. */
export interface StagedSnapshot {
  readonly generation: number;
  /** What the core is to be told. */
  readonly message: InstallSnapshot;
}

/** A snapshot that is arriving, or the last one that has. */
interface Incoming {
  readonly from: ReplicaId;
  readonly term: Term;
  readonly transfer: TransferId;
  readonly generation: number;
  /** The chunks up to this one have arrived ... */
  arrived: number;
  /** ... and those up to this one are safe on disk. */
  finished: number;
  /** The last one has arrived, too: what becomes of the rows is not decided here any more. */
  isWhole: boolean;
  heardAt: number;
}

/**
 * Puts the rows of an arriving snapshot, chunk by chunk, under a generation of their own. It holds nothing in memory but what its
 * storage has not finished, and that is limited. A generation's number is used once in a life: the rows of one that was given up
 * are cleared some time, and nothing newer may stand where they stood.
 */
export class SnapshotReceiver {
  readonly #context: ReceiverContext;
  #incoming: Incoming | undefined;
  #lastGeneration: number;
  /** Of rows that the storage has taken and not finished, whichever transfer they came with. */
  #unfinishedBytes = 0;
  /** Ends the watch over a transfer that nobody may continue. */
  #cancel: Cancel | undefined;

  constructor(context: ReceiverContext) {
    this.#context = context;
    this.#lastGeneration = context.generations.highest;
  }

  /** A chunk has arrived; gives the whole snapshot with the last one, at once. */
  take(from: ReplicaId, chunk: Chunk): StagedSnapshot | undefined {
    if (!this.#isOfLeader(from, chunk.term)) return this.#drop("snapshot: dropped a chunk, its sender is not followed", from);
    const current = this.#incoming;
    const known = current !== undefined && isOf(current, from, chunk) ? current : undefined;
    if (current !== undefined && known === undefined && !isNewer(chunk, current))
      return this.#drop("snapshot: dropped a chunk of an earlier transfer", from);
    if (known !== undefined) known.heardAt = this.#context.env.clock.now();
    const { arrived = 0, finished = 0, isWhole = false } = known ?? {};
    const { term, transfer } = chunk;
    if (chunk.finished > finished) {
      this.#context.send(from, { kind: "chunk_lost", term, transfer });
    } else if (chunk.number !== arrived + 1 || isWhole) {
      const missing = chunk.number > arrived && !isWhole ? arrived + 1 : 0;
      this.#context.send(from, { kind: "chunk_ack", term, transfer, finished, missing });
    } else if (!this.#hasRoom(chunk)) {
      return this.#drop("snapshot: dropped a chunk, too much waits for the disk", from);
    } else {
      return this.#stage(known ?? this.#begin(from, chunk), chunk);
    }
    return undefined;
  }

  /** Gives up what no leader of the present term is sending: to be called whenever the core may have moved. */
  review(): void {
    if (this.#incoming !== undefined && this.#incoming.term !== this.#context.raft.state.term) this.#giveUp("the term is another");
  }

  /** The staged rows are not needed: the core did not want the snapshot. */
  discard({ generation }: StagedSnapshot): void {
    this.#clear(generation);
  }

  /** Watches over nothing any more. */
  stop(): void {
    this.#cancel?.();
  }

  /** Whoever leads this term is the only one who sends in it; a replica that has just started has not heard yet who it is. */
  #isOfLeader(from: ReplicaId, term: Term): boolean {
    const { state } = this.#context.raft;
    return term === state.term && state.role !== "leader" && (state.leader === undefined || state.leader === from);
  }

  #drop(why: string, from: ReplicaId): undefined {
    this.#context.env.trace(why, { from });
  }

  /** Within the bytes that a sender may have under way; a single chunk may be larger. */
  #hasRoom({ rows }: Chunk): boolean {
    const { snapshotChunkBytesMax, snapshotWindowMax } = this.#context.options;
    return this.#unfinishedBytes === 0 || this.#unfinishedBytes + bytesOfRows(rows) <= snapshotChunkBytesMax * snapshotWindowMax;
  }

  #begin(from: ReplicaId, { term, transfer }: Chunk): Incoming {
    this.#giveUp("another one begins");
    this.#lastGeneration += 1;
    const { env } = this.#context;
    env.trace("snapshot: arrives", { from, generation: this.#lastGeneration });
    const generation = this.#lastGeneration;
    const incoming: Incoming = { from, term, transfer, generation, arrived: 0, finished: 0, isWhole: false, heardAt: env.clock.now() };
    this.#incoming = incoming;
    this.#watch(this.#context.options.snapshotIdleMs);
    return incoming;
  }

  #stage(incoming: Incoming, chunk: Chunk): StagedSnapshot | undefined {
    const { env, raft } = this.#context;
    const bytes = bytesOfRows(chunk.rows);
    incoming.arrived = chunk.number;
    this.#unfinishedBytes += bytes;
    env.storage.write(this.#batch(incoming.generation, chunk), { sync: false }, () => {
      this.#unfinishedBytes -= bytes;
      incoming.finished = chunk.number;
      const { from, term, transfer, finished } = incoming;
      if (this.#incoming === incoming) this.#context.send(from, { kind: "chunk_ack", term, transfer, finished, missing: 0 });
    });
    const message = installMessage(incoming.from, raft.state.id, chunk);
    if (message === undefined) return undefined;
    incoming.isWhole = true;
    return { generation: incoming.generation, message };
  }

  /** The chunk's rows, and the derived rows that belong to them. */
  #batch(generation: number, { rows }: Chunk): WriteOp[] {
    const { keys, machine } = this.#context;
    const batch = rows.map(([key, value]): WriteOp => ({ op: "put", key: keys.state(generation, key), value }));
    for (const made of machine.rebuild?.(rows) ?? []) {
      assert(machine.derived !== undefined && isWithin(made.key, machine.derived), "what is rebuilt is not shipped");
      const key = keys.state(generation, made.key);
      batch.push(made.op === "put" ? { op: "put", key, value: made.value } : { op: "delete", key });
    }
    return batch;
  }

  #giveUp(why: string): void {
    const incoming = this.#incoming;
    this.#incoming = undefined;
    if (incoming === undefined || incoming.isWhole) return;
    this.#context.env.trace("snapshot: gave up what had arrived", { from: incoming.from, chunks: incoming.arrived, why });
    this.#clear(incoming.generation);
  }

  #clear(generation: number): void {
    const { env, keys } = this.#context;
    env.storage.deleteRange(keys.generation(generation));
  }

  /** A sender that has ended says nothing: what has not been continued for as long as it would wait is given up. */
  #watch(ms: number): void {
    if (this.#cancel !== undefined) return;
    const { clock } = this.#context.env;
    this.#cancel = clock.after(ms, () => {
      this.#cancel = undefined;
      if (this.#incoming === undefined || this.#incoming.isWhole) return;
      const left = this.#incoming.heardAt + this.#context.options.snapshotIdleMs - clock.now();
      if (left > 0) this.#watch(Math.max(1, left));
      else this.#giveUp("nobody continues it");
    });
  }
}

function isOf(incoming: Incoming, from: ReplicaId, { term, transfer }: Chunk): boolean {
  const { nonce, count } = incoming.transfer;
  return incoming.from === from && incoming.term === term && nonce === transfer.nonce && count === transfer.count;
}

/** Whether the chunk's transfer began after that one: a term has one leader, which leads it in one life. */
function isNewer({ term, transfer }: Chunk, than: Incoming): boolean {
  if (term !== than.term) return term > than.term;
  return transfer.nonce === than.transfer.nonce && transfer.count > than.transfer.count;
}
