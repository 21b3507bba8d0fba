/** A seed that finds a planted bug, and how many it took from seed 1 on. Recorded by `npm run zoo -- --record`. */
export interface Found {
  readonly seed: string;
  readonly seeds: number;
  readonly invariant: string;
}

/** By the bug's id. */
export const found: Readonly<Record<string, Found>> = {
  "i1-marker-unsynced": { seed: "2", seeds: 2, invariant: "R22" },
  "i1-pin-told-before-disk": { seed: "3", seeds: 3, invariant: "R22" },
  "i2-first-seen-pin": { seed: "1", seeds: 1, invariant: "R22" },
  "p1-own-unsynced-entry": { seed: "1", seeds: 1, invariant: "R6" },
  "p1-own-vote-unsynced": { seed: "1", seeds: 1, invariant: "R26" },
  "p1-vote-unsynced": { seed: "1", seeds: 1, invariant: "R26" },
  "p2-stable": { seed: "3", seeds: 3, invariant: "R23" },
  "p3-request-early": { seed: "1", seeds: 1, invariant: "R26" },
  "p4-late-reply": { seed: "35", seeds: 35, invariant: "R26" },
  "p5-duplicate": { seed: "1", seeds: 1, invariant: "R26" },
  "p5-heartbeat": { seed: "1", seeds: 1, invariant: "R26" },
  "p6-heartbeat": { seed: "1", seeds: 1, invariant: "R21" },
  "p6-older-term": { seed: "19", seeds: 19, invariant: "R21" },
  "p8-cell-before-log": { seed: "3", seeds: 3, invariant: "L3" },
  "p9-truncation-unmarked": { seed: "3", seeds: 3, invariant: "R26" },
  "rotation-hole": { seed: "20", seeds: 20, invariant: "R28" },
  "z02-term-and-vote-apart": { seed: "1", seeds: 1, invariant: "R8" },
  "z03-vote-forgotten": { seed: "1", seeds: 1, invariant: "R8" },
  "z04-figure-8": { seed: "1", seeds: 1, invariant: "R12" },
  "z05-truncate-always": { seed: "1", seeds: 1, invariant: "R20" },
  "z07-stale-reply": { seed: "27", seeds: 27, invariant: "R14" },
  "z08-match-by-arithmetic": { seed: "1", seeds: 1, invariant: "R14" },
  "z09-longest-log": { seed: "25", seeds: 25, invariant: "R13" },
  "z10-timer-on-any-message": { seed: "1", seeds: 1, invariant: "R18" },
  "z11-candidate-deaf": { seed: "15", seeds: 15, invariant: "L1" },
  "z12-mark-off-by-one": { seed: "1", seeds: 1, invariant: "L3" },
  "z13-older-snapshot": { seed: "17", seeds: 17, invariant: "R11" },
  "z14-suffix-discarded": { seed: "48", seeds: 48, invariant: "R11" },
  "z22-stuck-after-snapshot": { seed: "1", seeds: 1, invariant: "L3" },
  "z23-read-before-commit-in-term": { seed: "4", seeds: 4, invariant: "R16" },
  "z23-read-id-reused": { seed: "5", seeds: 5, invariant: "R16" },
};
