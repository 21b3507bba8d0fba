import { diskFaults } from "./disk.ts";
import { networkFaults } from "./network.ts";
import { processFaults } from "./process.ts";
import type { FaultKind } from "./site.ts";

/** Every way in which a simulated world goes wrong. */
export const faultKinds: readonly FaultKind[] = [...networkFaults, ...processFaults, ...diskFaults];

/** A power cut before a new group can have been admitted, which a plan has apart from the others. */
export const birthCut = "power cut at birth";

/** What can be counted. */
export const faultNames: readonly string[] = [...faultKinds.map(({ name }) => name), birthCut];
