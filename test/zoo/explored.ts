/** What exploring every interleaving of a core with the bug takes, in states, and what it breaks. */
export interface Explored {
  readonly states: number;
  readonly property: string;
}

/** By the bug's id: those that random walks do not find, and the rules of sessions. */
export const explored: Readonly<Record<string, Explored>> = {
  "p2-unfinished-write": { states: 421, property: "commit is durable" },
  "p7-one-write-at-a-time": { states: 70, property: "after a restart more is applied than the log holds" },
  "s1-validity-by-server": { states: 489, property: "an operation is executed twice" },
  "s1-validity-renewed": { states: 5112, property: "an operation is executed twice" },
  "s2-validity-falls": { states: 1023, property: "a number below the floor is executed" },
  "s3-time-falls": { states: 879, property: "an operation is executed twice" },
  "s4-accepted-late": { states: 418, property: "an operation is executed twice" },
  "s4-dropped-unchecked": { states: 27, property: "an operation is executed twice" },
  "s4-dropped-while-valid": { states: 185, property: "an operation is executed twice" },
  "s5-floor-not-kept": { states: 65, property: "a number below the floor is executed" },
  "s5-large-result-forgotten": { states: 7, property: "an operation is executed twice" },
  "s5-room-made-by-forgetting": { states: 41, property: "an operation is executed twice" },
  "s6-floor-above-the-unsent": { states: 15, property: "what its client waits for is refused as given up" },
  "s9-doubled-packets-forgotten": { states: 259, property: "what was definitely refused is executed" },
  "s9-last-refusal-is-definite": { states: 259, property: "what was definitely refused is executed" },
};
