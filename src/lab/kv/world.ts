import type { Told } from "../../check/history.ts";
import type { GroupWorld, LabClient, NoReply } from "../group/world.ts";
import type { Unreliability } from "../world.ts";

/** The labs' three operations on a key. */
export type KvAsk =
  | { readonly op: "get"; readonly key: string }
  | { readonly op: "put" | "append"; readonly key: string; readonly value: string };

/** How an operation ended: as a store tells it, or without that. */
export type KvReply = { readonly kind: "done"; readonly told: Told } | NoReply;

export type KvClient = LabClient<KvAsk, KvReply>;

/** The servers of one group that is a store. */
export type KvWorld = GroupWorld<KvClient>;

/** A single server in a process of its own, in real time, whatever else is simulated: memory cannot be. */
export interface MemoryWorld {
  sleep(ms: number): Promise<void>;
  /** A new client. Thousands of them share one process, and one connection. */
  newClient(): Pick<KvClient, "ask">;
  setUnreliable(model: Unreliability | undefined): Promise<void>;
  /** The bytes of JavaScript's memory that the server holds after a collection of garbage: its heap, and buffers outside of it. */
  heap(): Promise<number>;
}
