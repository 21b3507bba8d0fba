import { allOwners } from "./configs.ts";
import type { MoveBounds } from "./universe.ts";

/** Bounds within which shards move as they should by all rules, and without any of the named rules do not. */
export interface MoveCase {
  readonly bounds: MoveBounds;
  /** Ids of planted bugs. */
  readonly bugs: readonly string[];
}

const small = { groups: 2, writes: 0, chunkRowsMax: 1, clearing: false };

/** What `npm test` explores; `run.ts` goes further. */
export const moveCases: readonly MoveCase[] = [
  {
    bounds: { ...small, owners: "AB", writes: 2, clearing: true },
    bugs: [
      "m1-configuration-twice",
      "m3-birth-by-first-owner-only",
      "m3-born-twice",
      "m6-last-page-ungranted",
      "m6-granted-readdressed",
      "m7-page-again",
      "m7-sessions-not-shipped",
      "m8-yes-too-early",
      "m8-yes-while-arriving",
      "m10-gives-up-when-gone",
      "m10-never-gives-up",
      "m11-frozen-serves",
      "m12-time-of-the-group",
      "m13-safe-with-a-parcel",
    ],
  },
  {
    bounds: { ...small, owners: "ABA" },
    bugs: [
      "m1-configuration-waits",
      "m5-gone-is-empty",
      "m8-addressee-only",
      "m9-never-thawed",
      "m9-thawed-though-granted",
      "m12-larger-of-two-clocks",
    ],
  },
  { bounds: { ...small, owners: "ABB" }, bugs: ["m2-jump-over-gift"] },
  {
    bounds: { ...small, owners: "ABC", groups: 3 },
    bugs: ["m4-latest-holder-only", "m6-address-falls", "m8-deleted-on-any-yes"],
  },
  { bounds: { ...small, owners: "ABAB" }, bugs: ["m7-page-of-another-run"] },
  { bounds: { ...small, owners: "A0AB", writes: 2 }, bugs: ["m9-thawed-though-addressed"] },
  ...allOwners(3, 3)
    .filter((owners) => owners.startsWith("A") && owners !== "ABC")
    .map((owners) => ({ bounds: { ...small, owners, groups: 3 }, bugs: [] })),
];
