/** What exploring every interleaving of a core with the bug takes, in states, and what it breaks. */
export interface Explored {
  readonly states: number;
  readonly property: string;
}

/** By the bug's id: those that random walks do not find. */
export const explored: Readonly<Record<string, Explored>> = {};
