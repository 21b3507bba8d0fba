import type { TraceFields } from "../../base/trace.ts";
import type { Address } from "../../real/address.ts";
import type { MemberPhase } from "../../rsm/member.ts";
import type { ServiceSettings } from "../group/service.ts";
import type { ServiceName } from "../services.ts";
import type { ServerState, Started, Unreliability } from "../world.ts";

/** Who can talk to whom, and how well. Servers are named by their places. */
export interface NetworkState {
  /** Those whose cables are pulled: a link is up when both its ends are plugged in. */
  readonly unplugged: readonly number[];
  /** By places: servers with the same number are on the same side of a partition. Those behind the end of the list are on every side. */
  readonly sides: readonly number[];
  readonly model: Unreliability | undefined;
  readonly longReordering: boolean;
}

/** A group among others of a run. */
interface Part {
  /** The places of its members, in the order of their replicas. */
  readonly members: readonly number[];
}

/** A group whose shards move. */
export interface ShardedProgram extends Part {
  readonly kind: "sharded";
  readonly gid: number;
  readonly creation: number;
  readonly logBytesMax: number | undefined;
  readonly chunkRowsMax: number | undefined;
  /** The places of the shardmaster's servers. */
  readonly masters: readonly number[];
}

/** What a server does with its group's log: nothing but tell of it, or one of the services. Its group is all servers, if nothing else is said. */
export type ChildProgram =
  | { readonly kind: "log"; readonly compactEvery: number | undefined }
  | ({ readonly kind: ServiceName } & ServiceSettings & Partial<Part>)
  | ShardedProgram;

/** What a child is told when it is to be a server. */
export interface ChildSettings {
  /** Of one run's servers alone: those of another run that find the same port are refused. */
  readonly cluster: string;
  /** By their places. */
  readonly addresses: readonly Address[];
  /** Which of them this is. */
  readonly place: number;
  readonly data: string;
  /** Whether the data directory is to be made; later it has to be there. */
  readonly create: boolean;
  readonly program: ChildProgram;
  readonly network: NetworkState;
  /** Decides the chance in the network as this server sees it, and nothing else. */
  readonly seed: number;
  /** Whether the runner wants to hear what the server traces. */
  readonly trace: boolean;
}

/** What a runner asks of a child. */
export type Question =
  | { readonly kind: "start"; readonly command: string }
  | { readonly kind: "state" }
  | { readonly kind: "network"; readonly network: NetworkState }
  /** Has it tell all news so far before it answers. */
  | { readonly kind: "measure" }
  /** How many bytes a snapshot would have. */
  | { readonly kind: "snapshot_size" }
  /** How many bytes of JavaScript's memory it holds when all garbage is gone. */
  | { readonly kind: "heap" };

/** What it answers, by kind; undefined where it has nothing to say. */
export interface Answers {
  readonly start: Started | undefined;
  readonly state: ServerState | undefined;
  readonly network: undefined;
  readonly measure: undefined;
  readonly snapshot_size: number;
  readonly heap: number;
}

/** From the runner to a child that is a server. */
export interface Request {
  /** The answer names it. */
  readonly number: number;
  readonly question: Question;
}

/** From the runner to a child: first what it is to be, then what it is asked. */
export type ToChild = { readonly kind: "begin"; readonly settings: ChildSettings } | ({ readonly kind: "ask" } & Request);

/** Something that the runner is to know in the order in which it happened. */
export type Happening =
  | { readonly kind: "phase"; readonly phase: MemberPhase }
  | { readonly kind: "applied"; readonly index: number; readonly value: string }
  /** The state is that of the entries 1, 2, 3, ... with these values. */
  | { readonly kind: "restored"; readonly values: readonly string[] }
  | { readonly kind: "stalled"; readonly ms: number }
  | { readonly kind: "trace"; readonly name: string; readonly fields: TraceFields | undefined };

/** What a life of a server has come to so far. */
export interface Measures {
  readonly requests: number;
  readonly bytes: number;
  /** Of the Raft state on its disk. */
  readonly logBytes: number;
  /** The last entry that it has applied, and the last that it has dropped from its log. */
  readonly applied: number;
  readonly droppedTo: number;
  readonly cpuMs: number;
}

export const noMeasures: Measures = { requests: 0, bytes: 0, logBytes: 0, applied: 0, droppedTo: 0, cpuMs: 0 };

/** From a child to the runner: an answer, or everything that a turn of its event loop has brought. */
export type FromChild =
  | { readonly kind: "answer"; readonly number: number; readonly answer: Answers[Question["kind"]] }
  | { readonly kind: "news"; readonly happenings: readonly Happening[]; readonly measures: Measures };

/** A child's end of the line. */
export interface Channel {
  send(message: FromChild): void;
  onRequest(hear: (request: Request) => void): void;
}
