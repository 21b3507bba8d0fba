import type { CallerOptions } from "../../rsm/caller/caller-options.ts";
import type { ReplicaOptionsGiven } from "../../rsm/options.ts";
import type { KvOptions } from "../../shardkv/options.ts";

/** Undefined for what production has. */
export interface StoreSettings {
  readonly logBytesMax: number | undefined;
  readonly valueBytesMax?: number | undefined;
}

/** What the labs' replicas of a store differ in from production's; and all keys are in one shard. */
export function storeOptions({ logBytesMax, valueBytesMax }: StoreSettings): {
  readonly replica: ReplicaOptionsGiven;
  readonly kv: Partial<KvOptions>;
} {
  return {
    replica: { member: logBytesMax === undefined ? {} : { logBytesMax } },
    kv: { shards: 1, ...(valueBytesMax === undefined ? {} : { valueBytesMax }) },
  };
}

/** The labs' networks lose a fifth of all calls, and tell their callers at once; a client that is not told gives an attempt up soon. */
export const clerkOptions: Partial<CallerOptions> = { attemptMs: 100, attemptMaxMs: 800 };
