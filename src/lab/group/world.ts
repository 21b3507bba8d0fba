import type { LabWorld, Unreliability } from "../world.ts";
import type { ServerSizes } from "./sizes.ts";

/** How an operation ended without what was asked for. `refused`: it was not done and never will be. */
export interface NoReply {
  readonly kind: "refused" | "unknown";
  readonly detail: string;
}

/** One client, with a session of its own: what the courses call a clerk. */
export interface LabClient<Ask, Reply> {
  /** From now on it reaches these servers, or all of them. */
  reach(servers?: readonly number[]): void;
  /** Tries until there is an answer, or until `deadlineMs` have passed. */
  ask(ask: Ask, deadlineMs: number): Promise<Reply>;
}

/** What a group is made of. */
export interface GroupShape {
  readonly servers: number;
  /** The log is dropped when it is longer: the labs' `maxraftstate`. Undefined for more than any case fills. */
  readonly logBytesMax: number | undefined;
}

/**
 * The servers of one group, as production runs them, and the tools of the courses' harness. Clients are outside of partitions: they
 * reach all servers, or those that a case allows.
 */
export interface GroupWorld<Client> extends Pick<LabWorld, "size" | "rng" | "now" | "sleep" | "state" | "crash" | "isAlive"> {
  /** Starts the server on its disk, after a crash if it lives, and waits until it has read it. */
  restart(server: number): Promise<void>;
  /** A new client, which reaches all servers. */
  newClient(): Client;
  /** From now on, servers reach those on their own side; one that is on no side is alone. */
  partition(sides: readonly (readonly number[])[]): Promise<void>;
  /** Whether the server reaches a majority of the servers, itself included. */
  isConnected(server: number): boolean;
  /** Makes all that servers and clients say unreliable, or reliable again. */
  setUnreliable(model: Unreliability | undefined): Promise<void>;
  /** The most that any of them keeps. */
  sizes(): Promise<ServerSizes>;
  /** The largest snapshot that a living server would send now, in bytes. */
  snapshotSize(): Promise<number>;
}

/** What a clerk needs of a world. */
export type ClerkWorld<Ask, Reply> = Pick<GroupWorld<LabClient<Ask, Reply>>, "now" | "sleep" | "newClient">;
