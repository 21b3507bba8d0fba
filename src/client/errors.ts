/**
 * Why a call did not end with a result. All are definite but the last: see `KvorumError.outcome`.
 */
export type ErrorCode =
  /** What was asked for is not allowed, whoever asks and whenever: the message says what was given and what is allowed. */
  | "invalid"
  /** The deadline passed before anything was sent, or while every attempt was refused. */
  | "timeout"
  /** The caller's signal, at such a moment. */
  | "aborted"
  /** The client was closed, at such a moment. */
  | "closed"
  /** The group refuses it for a reason that may pass; `cause` says which. */
  | "refused"
  /** More calls of this client are waiting than `connect` allows. */
  | "overloaded"
  /** The bytes that are stored are not UTF-8 text, and text was asked for. */
  | "not_text"
  /** It was executed, once; its result was too large to keep for another attempt, and the first answer was lost. */
  | "result_lost"
  /** It may have been executed, or not, or may yet be until it is no longer valid. It is never executed twice. */
  | "unknown_outcome";

/** What a code says about the operation. */
export type OutcomeKind = "not_done" | "done" | "unknown";

const meanings: Readonly<Record<ErrorCode, { readonly outcome: OutcomeKind; readonly retryable: boolean }>> = {
  invalid: { outcome: "not_done", retryable: false },
  timeout: { outcome: "not_done", retryable: true },
  aborted: { outcome: "not_done", retryable: true },
  closed: { outcome: "not_done", retryable: true },
  refused: { outcome: "not_done", retryable: true },
  overloaded: { outcome: "not_done", retryable: true },
  not_text: { outcome: "done", retryable: false },
  result_lost: { outcome: "done", retryable: false },
  unknown_outcome: { outcome: "unknown", retryable: false },
};

/** What a `Client` rejects with. `cause` is what it came from, where there is something: an abort reason, a refusal. */
export class KvorumError extends Error {
  override readonly name = "KvorumError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }

  /** Whether the operation took effect. */
  get outcome(): OutcomeKind {
    return meanings[this.code].outcome;
  }

  /** Whether the same call, made again, may succeed and cannot take effect twice. */
  get retryable(): boolean {
    return meanings[this.code].retryable;
  }
}
