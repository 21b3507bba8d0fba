import type { ServicePlace } from "../service/service.ts";

/** Plays one step: says what it demands, and that it holds when `play` is done. `number` is the scenario's, with a letter perhaps. */
export type Step = (number: string, demands: string, play: () => Promise<void>) => Promise<void>;

/** What a scenario is given. */
export interface Play {
  /** For data and logs, and the program that all nodes are. */
  readonly place: ServicePlace;
  readonly step: Step;
}

/** One or several of the course's graded scenarios that are one run: played here, or by the words of `kvorum fuzz-service`. */
export type Scenario = { readonly numbers: readonly number[] } & (
  | { readonly play: (play: Play) => Promise<void> }
  | { readonly fuzz: readonly string[] }
);
