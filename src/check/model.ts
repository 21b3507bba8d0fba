import type { Value } from "./history.ts";
import type { KeyOperation } from "./partition.ts";

/** What one key holds, and as much of its version as was told. */
export interface State {
  readonly value: Value;
  /** The version; 0 when the key holds nothing, or where versions are not counted. */
  readonly version: number;
  /** Where nobody told the version yet: it is `version` or more, but none of these. */
  readonly open?: readonly number[];
  /** When the key holds nothing: a version that it had. The next one is higher. */
  readonly floor?: number;
}

/** What tells a state from others with the same value. */
export function versionKey({ version, open, floor = 0 }: State): number | string {
  if (open !== undefined) return `${version}/${open.join()}`;
  return version === 0 ? -floor : version;
}

export function isSameState(a: State, b: State): boolean {
  return a === b || (a.value === b.value && versionKey(a) === versionKey(b));
}

/** What a key does, one operation after the other. */
export interface Model {
  readonly initial: State;
  /**
   * The state after `operation`; undefined when what it told is not what `before` would have told. Of an operation of unknown outcome
   * it is the state after it took effect.
   */
  readonly step: (before: State, operation: KeyOperation) => State | undefined;
  /** Why there is no such state, where the model can say it better than a comparison with `before` can. */
  readonly why?: (before: State, operation: KeyOperation) => string | undefined;
}
