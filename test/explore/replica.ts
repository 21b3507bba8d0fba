import type { ReplicaId } from "../../src/base/ids.ts";
import type { Message } from "../../src/raft/message.ts";
import type { Write } from "../../src/raft/ready.ts";
import type { RaftState } from "../../src/raft/state.ts";
import type { Entry, LogIndex, Term } from "../../src/raft/types.ts";
import { canonical, cloned } from "./clone.ts";
import type { Core } from "./core.ts";

/** What a power cut leaves. */
export interface Disk {
  readonly term: Term;
  readonly vote: ReplicaId | undefined;
  readonly entries: readonly Entry[];
  readonly applied: LogIndex;
}

/** A storage batch on its way: a write of the core, or the state's rows up to an index. */
export type Batch = { readonly write: Write } | { readonly applied: LogIndex };

/** One member: the core's state, its disk, and the batches whose end it has not heard of. */
export interface Replica {
  readonly raft: RaftState;
  readonly disk: Disk;
  readonly queue: readonly Batch[];
}

/** What can happen to a replica. */
export type Input =
  | { readonly kind: "campaign" }
  | { readonly kind: "propose"; readonly data: number }
  | { readonly kind: "heartbeat" }
  | { readonly kind: "step_down" }
  /** The caller takes the duties; its own step only where they may wait. */
  | { readonly kind: "pump" }
  /**
   * The next write, and what lies before it, is durable. The state's rows become durable with the next write or in a power cut:
   * nobody waits for them.
   */
  | { readonly kind: "sync" }
  /** A power cut and a restart. Of the unfinished batches the first `survive` are on disk. */
  | { readonly kind: "crash"; readonly survive: number }
  | { readonly kind: "deliver"; readonly message: Message };

export interface Outcome {
  readonly replica: Replica;
  readonly sent: readonly Message[];
}

/** When duties are taken: in the same turn as the input, or at any time after it. */
export type Pump = "at_once" | "any_time";

/** Members of the explored group. */
export const size = 3;

/** A replica that was never started before. */
export function newReplica(core: Core, id: number): Replica {
  return started(core, id as ReplicaId, { term: 0, vote: undefined, entries: [], applied: 0 });
}

/** Opens what is on `disk`, as a restart does. */
function started(core: Core, id: ReplicaId, disk: Disk): Replica {
  const voters = Array.from({ length: size }, (_, voter) => voter as ReplicaId);
  const mark = { index: 0, term: 0, chain: 0, membership: core.membership(voters) };
  const { term, vote, entries, applied } = disk;
  if (applied > entries.length) throw new Error("after a restart more is applied than the log holds");
  // With `checkQuorum` a vote would depend on the ticks since a leader was heard; without, more can happen.
  const options = core.raftOptions({ checkQuorum: false });
  return { raft: core.openState(id, { hardState: { term, vote }, mark, entries, applied }, options, 0), disk, queue: [] };
}

/** What `input` makes of `replica`, which stays as it is. */
export function perform(core: Core, replica: Replica, input: Input, pump: Pump): Outcome {
  if (input.kind === "crash") {
    const disk = replica.queue.slice(0, input.survive).reduce(stored, replica.disk);
    return { replica: started(core, replica.raft.id, disk), sent: [] };
  }
  const state = cloned(replica.raft);
  const raft = new core.Raft(state);
  let { disk, queue } = replica;
  if (input.kind === "sync") {
    const done = queue.findIndex((batch) => "write" in batch) + 1;
    disk = queue.slice(0, done).reduce(stored, disk);
    queue = queue.slice(done);
    raft.persisted(state.persisted + 1);
  } else {
    act(core, raft, state, input);
    state.held = united([...replica.raft.held, ...state.held]);
  }
  state.outbox = united(state.outbox);
  if (pump === "any_time" && input.kind !== "pump") return { replica: { raft: state, disk, queue }, sent: [] };
  const sent: Message[] = [];
  for (let took = true; took && raft.hasReady();) {
    const { messages, write, committed } = raft.ready();
    sent.push(...messages);
    if (write !== undefined) queue = [...queue, { write }];
    const last = committed.at(-1);
    if (last !== undefined) {
      // The state's rows follow at once: the earliest that the core allows.
      queue = [...queue, { applied: last.index }];
      raft.applied(last.index);
    }
    took = messages.length > 0 || write !== undefined || last !== undefined;
  }
  return { replica: { raft: state, disk, queue }, sent };
}

function act(core: Core, raft: InstanceType<Core["Raft"]>, state: RaftState, input: Exclude<Input, { kind: "crash" | "sync" }>): void {
  switch (input.kind) {
    case "campaign":
      return core.startElection(state);
    case "propose":
      return void raft.propose(Uint8Array.of(input.data));
    case "heartbeat":
      state.heartbeatElapsed = state.options.heartbeatTicks - 1;
      state.electionElapsed = 0;
      state.stalled = 0;
      return raft.tick();
    case "step_down":
      return core.becomeFollower(state, state.term, undefined);
    case "deliver":
      return raft.step(input.message);
    case "pump":
  }
}

/**
 * As a set. The same message twice is as good as once, because the network doubles; and one that the core took back, because a
 * newer one says more, is as good as sent, because the network loses: here it leaves too, so more can happen, not less.
 */
function united<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [canonical(item), item])).values()];
}

/** The disk with one more batch on it. */
function stored(disk: Disk, batch: Batch): Disk {
  if ("applied" in batch) return { ...disk, applied: batch.applied };
  const { write } = batch;
  const kept = disk.entries.slice(0, (write.truncateFrom ?? Number.MAX_SAFE_INTEGER) - 1);
  const entries = [...kept, ...write.entries];
  for (const [at, entry] of entries.entries()) {
    if (entry.index !== at + 1) throw new Error(`the log on disk has entry ${entry.index} at place ${at + 1}`);
  }
  return { ...write.hardState, entries, applied: disk.applied };
}
