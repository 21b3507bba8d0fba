import { unreachable } from "../base/assert.ts";
import type { RefusalCode } from "../rsm/state/state-machine.ts";
import { type ErrorCode, KvorumError } from "./errors.ts";
import type { CallOutcome } from "./outcome.ts";

/** What ended a call from this side. */
export interface Stop {
  readonly code: "timeout" | "aborted" | "closed";
  /** How it goes on behind "because". */
  readonly sentence: string;
  readonly cause?: unknown;
}

/** A call that has ended without a result, for the sentence about it. */
export interface Failed {
  /** The name of the operation. */
  readonly name: string;
  /** Whether it changes anything when it is executed. */
  readonly changes: boolean;
  readonly stop: Stop | undefined;
  /** What keeps the group from answering, in a sentence, if that is known. */
  readonly trouble: string | undefined;
}

/** What the caller is told of an operation without a result. */
export function failureOf(call: Failed, outcome: Exclude<CallOutcome<unknown>, { readonly kind: "result" }>): KvorumError {
  const { name, changes, stop } = call;
  switch (outcome.kind) {
    case "lost":
      return new KvorumError(
        "result_lost",
        `The ${name} was done, once; its result was too large to be kept, and the first answer was lost.`,
      );
    case "refused":
      return refusedBy(call, outcome.why, outcome.detail);
    case "unknown":
      if (!changes && stop !== undefined) return stopped(call, stop, new Error(outcome.detail));
      return unknown(call, outcome.detail);
    default:
      return unreachable(outcome);
  }
}

function refusedBy(call: Failed, why: RefusalCode | "never_sent", detail: string): KvorumError {
  const { name, stop } = call;
  if (why === "bad_request") return new KvorumError("invalid", detail);
  const source = why === "never_sent" ? undefined : new Error(`${why}: ${detail}`);
  if (stop !== undefined) return stopped(call, stop, source);
  if (why === "never_sent") return new KvorumError("refused", `The ${name} was not done: ${detail}`);
  const code: ErrorCode = why === "overloaded" ? "overloaded" : "refused";
  return new KvorumError(code, `The ${name} was not done: the group refuses it (${why}: ${detail}).`, source);
}

function unknown(call: Failed, detail: string): KvorumError {
  const { name, stop } = call;
  const why = stop === undefined ? detail : `${stop.sentence} before an answer came`;
  const sentence = `It is not known whether the ${name} was done: ${why.replace(/\.$/, "")}.`;
  return new KvorumError("unknown_outcome", told(call, sentence), stop?.cause ?? new Error(detail));
}

/** A call that was ended from this side before anything of it could be executed. */
export function stopped(call: Failed, stop: Stop, source?: unknown): KvorumError {
  const what = call.changes ? "was not done" : "was not answered";
  return new KvorumError(stop.code, told(call, `The ${call.name} ${what}: ${stop.sentence}.`), stop.cause ?? source);
}

function told({ stop, trouble }: Failed, sentence: string): string {
  return trouble === undefined || stop?.code !== "timeout" ? sentence : `${sentence} ${trouble}`;
}
