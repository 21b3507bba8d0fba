/** What a case checks did not hold. The message is the reason that is printed: a clause without a full stop. */
export class CaseFailure extends Error {
  override readonly name = "CaseFailure";
  /** Evidence of several lines, such as a dead server's last words. */
  readonly evidence: string | undefined;

  constructor(reason: string, evidence?: string) {
    super(reason);
    this.evidence = evidence;
  }
}

/** Ends a case: `reason` is printed behind its number. */
export function fail(reason: string): never {
  throw new CaseFailure(reason);
}

export function check(condition: boolean, reason: string): asserts condition {
  if (!condition) fail(reason);
}
