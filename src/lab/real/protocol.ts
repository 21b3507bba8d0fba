import type { TraceFields } from "../../base/trace.ts";
import type { Address } from "../../real/address.ts";
import type { MemberPhase } from "../../rsm/member.ts";
import type { ServerState, Started, Unreliability } from "../world.ts";

/** Who can talk to whom, and how well. Servers are named by their places. */
export interface NetworkState {
  /** Those whose cables are pulled: a link is up when both its ends are plugged in. */
  readonly unplugged: readonly number[];
  readonly model: Unreliability | undefined;
  readonly longReordering: boolean;
}

/** What a child is told when it starts: one argument, as JSON. */
export interface ChildSettings {
  /** Of one run's servers alone: those of another run that find the same port are refused. */
  readonly cluster: string;
  /** By their places; they are the group's members. */
  readonly addresses: readonly Address[];
  /** Which of them this is. */
  readonly place: number;
  readonly data: string;
  /** Whether the data directory is to be made; later it has to be there. */
  readonly create: boolean;
  readonly compactEvery: number | undefined;
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
  | { readonly kind: "measure" };

/** What it answers, by kind; undefined where it has nothing to say. */
export interface Answers {
  readonly start: Started | undefined;
  readonly state: ServerState | undefined;
  readonly network: undefined;
  readonly measure: undefined;
}

/** From the runner to a child. */
export interface Request {
  /** The answer names it. */
  readonly number: number;
  readonly question: Question;
}

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
  readonly cpuMs: number;
}

export const noMeasures: Measures = { requests: 0, bytes: 0, logBytes: 0, cpuMs: 0 };

/** From a child to the runner: an answer, or everything that a turn of its event loop has brought. */
export type FromChild =
  | { readonly kind: "answer"; readonly number: number; readonly answer: Answers[Question["kind"]] }
  | { readonly kind: "news"; readonly happenings: readonly Happening[]; readonly measures: Measures };

/** A child's end of the line. */
export interface Channel {
  send(message: FromChild): void;
  onRequest(hear: (request: Request) => void): void;
}
