import type { SessionBounds } from "./world.ts";

/** Bounds within which sessions with all rules keep their promises, and without any of the named rules do not. */
export interface SessionCase {
  readonly name: string;
  readonly bounds: SessionBounds;
  /** Ids of planted bugs. */
  readonly bugs: readonly string[];
}

const limits = { validMaxMs: 2, resultBytesMax: 4, sessionBytesMax: 64 };
const base: SessionBounds = { operations: 1, attempts: 2, ticks: 4, leaders: 2, validMs: 2, mayDouble: true, limits };

export const sessionCases: readonly SessionCase[] = [
  {
    name: "one operation, two leaders",
    bounds: base,
    bugs: [
      "s1-validity-by-server",
      "s3-time-falls",
      "s4-dropped-while-valid",
      "s4-dropped-unchecked",
      "s4-accepted-late",
      "s5-large-result-forgotten",
      "s9-last-refusal-is-definite",
      "s9-doubled-packets-forgotten",
    ],
  },
  {
    name: "two operations, one leader",
    bounds: { ...base, operations: 2, attempts: 1, ticks: 3, leaders: 1 },
    bugs: ["s2-validity-falls", "s5-floor-not-kept", "s6-floor-above-the-unsent"],
  },
  {
    name: "two operations, room for one result",
    bounds: { ...base, operations: 2, attempts: 1, ticks: 1, leaders: 1, limits: { ...limits, resultsMax: 1 } },
    bugs: ["s5-room-made-by-forgetting"],
  },
  {
    name: "two operations, packets that arrive once",
    bounds: { ...base, operations: 2, ticks: 2, leaders: 1, validMs: 1, mayDouble: false },
    bugs: ["s1-validity-renewed"],
  },
];
