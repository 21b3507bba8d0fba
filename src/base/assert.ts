/** A broken invariant: our bug, never the user's. It stops the replica that found it. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Stops this replica's work when `condition` does not hold. On in production too. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** The value itself, for a place where it cannot be missing. */
export function present<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new AssertionError(message);
  return value;
}

/** The `default:` of an exhaustive switch: a new variant becomes a compile error here. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
