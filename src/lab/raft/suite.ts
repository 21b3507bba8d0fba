import type { Suite } from "../case.ts";
import { agreementCases } from "./agreement.ts";
import { backupCases } from "./backup.ts";
import { churnCases } from "./churn.ts";
import { economyCases } from "./economy.ts";
import { electionCases } from "./election.ts";
import { figure8Cases } from "./figure8.ts";
import { persistenceCases } from "./persistence.ts";
import { snapshotCases } from "./snapshots.ts";
import { unreliableCases } from "./unreliable.ts";

/** 1 to 14 are those of the C++ course, in its numbers; 15 to 30 are what the MIT course adds. */
export const raftSuite: Suite = {
  name: "raft",
  summary: "consensus: elections, agreement, persistence and snapshots of one group",
  cases: [
    ...electionCases,
    ...agreementCases,
    ...backupCases,
    ...economyCases,
    ...unreliableCases,
    ...figure8Cases,
    ...persistenceCases,
    ...churnCases,
    ...snapshotCases,
  ].toSorted((a, b) => a.number - b.number),
};
