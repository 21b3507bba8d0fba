import type { Rng } from "../base/rng.ts";
import type { TraceFields } from "../base/trace.ts";

/** Where a command was put that a server took: the labs' result of `Start`. It may still be lost. */
export interface Started {
  readonly index: number;
  readonly term: number;
}

/** What a server says of itself: the labs' `GetState`. */
export interface ServerState {
  readonly term: number;
  readonly isLeader: boolean;
}

/** How many servers have applied something at an index, and what. */
export interface Committed {
  readonly count: number;
  readonly value: string | undefined;
}

/**
 * The labs' unreliable networks: `labrpc` delays, and loses a tenth of the requests and of the replies (MIT); `slices` slows servers
 * down or cuts them off for 100 ms at a time (the C++ course).
 */
export type Unreliability = "labrpc" | "slices";

/**
 * The servers of one group and the tools of the course's harness: everything that a case does, it does through this. Servers are
 * numbered from 0. Being alive and being connected are apart: a crash pulls no cable, and a restart plugs none in.
 */
export interface LabWorld {
  /** How many servers there are. */
  readonly size: number;
  /** All chance in a case is drawn from it. */
  readonly rng: Rng;
  /** Milliseconds of this world's time since the case began. */
  now(): number;
  sleep(ms: number): Promise<void>;

  /** Offers a command to a server; undefined when it does not take it: it is dead, or does not lead. An isolated leader takes it. */
  start(server: number, command: string): Promise<Started | undefined>;
  /** Undefined while the server is dead, or not up yet. */
  state(server: number): Promise<ServerState | undefined>;

  /** Ends the server's process at once, if it lives; what it had not made sure of on its disk may be lost. */
  crash(server: number): Promise<void>;
  /** Starts the server on its disk, after a crash if it lives. */
  restart(server: number): Promise<void>;
  isAlive(server: number): boolean;
  /** Cuts the server off from all others, both ways; what is on its way to or from it is lost. */
  disconnect(server: number): Promise<void>;
  connect(server: number): Promise<void>;
  isConnected(server: number): boolean;
  /** Makes the network unreliable in one of two ways, or reliable again. */
  setUnreliable(model: Unreliability | undefined): Promise<void>;
  /** Holds back two thirds of the replies for up to 2.2 seconds. */
  setLongReordering(on: boolean): Promise<void>;

  /** By index, over all servers: those that are dead or cut off count with what they last had. */
  committed(index: number): Committed;
  /** The largest Raft state over all servers, in bytes, without snapshots. */
  logSize(): Promise<number>;
  /** Requests sent since the case began, by one server or by all. */
  rpcs(server?: number): Promise<number>;
  /** Bytes of requests sent and of replies delivered since the case began. */
  bytes(): Promise<number>;
}

/** What a run of a case costs. */
export interface Figures {
  /** Milliseconds of the world's time. */
  readonly worldMs: number;
  readonly servers: number;
  readonly rpcs: number;
  readonly bytes: number;
  /** The highest index at which anything was applied. */
  readonly entries: number;
  /** What clients asked for, where there are clients. */
  readonly operations?: number;
}

export interface ClusterShape {
  readonly servers: number;
  /** Every server drops its log up to entry i as soon as it has applied it, when i + 1 is a multiple of this; undefined for never. */
  readonly compactEvery: number | undefined;
}

/** A time in which a process did not run although it had work to do: what went wrong meanwhile says nothing about its program. */
export interface Stall {
  /** Whose process: "server 2", or "the runner". */
  readonly who: string;
  readonly ms: number;
}

/** What a run has left on the disk, for people who look into a failure. */
export interface Remains {
  readonly folder: string;
  remove(): void;
}

/** How a run of a case ended. */
export interface Outcome {
  readonly figures: Figures;
  /** What the case threw, or what the world noticed by itself: a server died, or two servers applied different things. */
  readonly failure: unknown;
  readonly failed: boolean;
  /** What was seen to stand still; nothing ever does in virtual time. */
  readonly stalls: readonly Stall[];
  /** Of a run that failed, where there is a disk. */
  readonly remains: Remains | undefined;
  /** Milliseconds of this machine's processor that its own processes took. */
  readonly childrenCpuMs: number;
}

/** Hears everything that servers trace; for people who look into a failure. */
export type TraceSink = (ms: number, server: number, name: string, fields: TraceFields | undefined) => void;
