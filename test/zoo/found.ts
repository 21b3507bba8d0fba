/** A seed that finds a planted bug, and how many it took from seed 1 on. Recorded by `npm run zoo -- --record`. */
export interface Found {
  readonly seed: string;
  readonly seeds: number;
  readonly invariant: string;
}

/** By the bug's id. */
export const found: Readonly<Record<string, Found>> = {};
