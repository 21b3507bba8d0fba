import type { ShardChange, ShardMap } from "../../check/master/words.ts";
import type { GroupWorld, LabClient, NoReply } from "../group/world.ts";

/** The labs' four operations of a shardmaster. A query for -1, or for a number above the latest one, is for the latest. */
export type MasterAsk = ShardChange | { readonly op: "query"; readonly number: number };

/** How an operation ended; `made`: it was done, and this is the latest configuration then. */
export type MasterReply =
  | { readonly kind: "made"; readonly number: number; readonly changed: boolean }
  | { readonly kind: "given"; readonly config: ShardMap; readonly latest: number }
  /** It was done; what it came to is lost. */
  | { readonly kind: "lost" }
  | NoReply;

export type MasterClient = LabClient<MasterAsk, MasterReply>;

/** The servers of one group that is a shardmaster, with ten shards as in the courses. */
export type MasterWorld = GroupWorld<MasterClient>;
