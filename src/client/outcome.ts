import { unreachable } from "../base/assert.ts";
import { Malformed } from "../base/codec.ts";
import type { Ending, Outcome } from "../rsm/caller/operation.ts";
import type { RefusalCode, Refused } from "../rsm/state/state-machine.ts";

/** What became of an operation. `refused`: it was not executed and never will be. `unknown`: it may have been, or may yet be. */
export type CallOutcome<R> =
  | { readonly kind: "result"; readonly result: R }
  /** It was executed, once; its result is lost. */
  | { readonly kind: "lost" }
  | { readonly kind: "refused"; readonly why: RefusalCode | "never_sent"; readonly detail: string }
  | { readonly kind: "unknown"; readonly detail: string };

/** What every machine's results have. */
interface Result {
  readonly ok: true;
  readonly op: string;
}

/** Reads the results of one machine; throws `Malformed` for bytes that are none. */
export type Decode = (bytes: Uint8Array) => Result | Refused;

/** What became of a command that should end in a result of `op`. */
export function commandOutcome<R extends Result>(op: R["op"], outcome: Outcome, decode: Decode): CallOutcome<R> {
  return outcome.kind === "result" ? read(op, outcome.bytes, decode) : outcome;
}

/** What became of a query that should end in a result of `op`. */
export function queryOutcome<R extends Result>(op: R["op"], ending: Ending, decode: Decode): CallOutcome<R> {
  switch (ending.kind) {
    case "result":
      return read(op, ending.bytes, decode);
    case "lost":
      return ending;
    case "refused":
      return refusedFor(ending.refusal);
    case "given_up":
      return { kind: "unknown", detail: ending.last === undefined ? ending.why : `${ending.last.why}: ${ending.last.detail}` };
    case "barred":
      return { kind: "refused", why: "never_sent", detail: ending.detail };
    default:
      return unreachable(ending);
  }
}

/** What the bytes of a result say. A group that answers what we cannot read has done we do not know what. */
function read<R extends Result>(op: R["op"], bytes: Uint8Array, decode: Decode): CallOutcome<R> {
  let result: Result | Refused;
  try {
    result = decode(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { kind: "unknown", detail: `The answer cannot be read: ${error.message}` };
  }
  if (!result.ok) return refusedFor(result);
  if (result.op === op) return { kind: "result", result: result as R };
  return { kind: "unknown", detail: `The answer is that of another operation: ${result.op} for ${op}.` };
}

function refusedFor({ why, detail }: Refused): { readonly kind: "refused"; readonly why: RefusalCode; readonly detail: string } {
  return { kind: "refused", why, detail };
}
