import type { Suite } from "./case.ts";
import { raftSuite } from "./raft/suite.ts";

/** Every suite, in the order in which they are listed. */
export const suites: readonly Suite[] = [raftSuite];
