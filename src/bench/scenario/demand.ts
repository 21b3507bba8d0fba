/** What a scenario demands does not hold. The message is a sentence. */
export class ScenarioFailed extends Error {}

/** Throws when it does not hold. */
export function demand(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new ScenarioFailed(sentence);
}

/** Throws when the two differ. */
export function demandSame<T>(is: T, wanted: T, what: string): void {
  demand(is === wanted, `${what} is ${JSON.stringify(is)}, and was to be ${JSON.stringify(wanted)}.`);
}
