/** What exploring every interleaving of a core with the bug takes, in states, and what it breaks. */
export interface Explored {
  readonly states: number;
  readonly property: string;
}

/** By the bug's id: those that random walks do not find. */
export const explored: Readonly<Record<string, Explored>> = {
  "p2-unfinished-write": { states: 421, property: "commit is durable" },
  "p7-one-write-at-a-time": { states: 70, property: "after a restart more is applied than the log holds" },
};
