import type { Suite } from "./case.ts";
import { kvraftSuite } from "./kvraft/suite.ts";
import { kvsrvSuite } from "./kvsrv/suite.ts";
import { raftSuite } from "./raft/suite.ts";
import { shardkvSuite } from "./shardkv/suite.ts";
import { shardmasterSuite } from "./shardmaster/suite.ts";

/** Every suite, in the order in which they are listed. */
export const suites: readonly Suite[] = [raftSuite, kvsrvSuite, kvraftSuite, shardmasterSuite, shardkvSuite];
