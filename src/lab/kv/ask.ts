import { unreachable } from "../../base/assert.ts";
import { utf8 } from "../../base/bytes.ts";
import { byteString } from "../../check/byte-string.ts";
import type { Told } from "../../check/history.ts";
import type { KvCaller } from "../../client/kv-caller.ts";
import type { CallOutcome } from "../../client/outcome.ts";
import type { KvResult } from "../../shardkv/results.ts";
import type { KvAsk, KvReply } from "./world.ts";

/** Has a caller do what a case asks, in the words of the cases. */
export function askCaller(caller: Pick<KvCaller, "execute" | "get">, ask: KvAsk, deadlineMs: number, done: (reply: KvReply) => void): void {
  const key = utf8(ask.key);
  const ended = (outcome: CallOutcome<KvResult>): void => done(replyOf(outcome));
  if (ask.op === "get") caller.get(key, deadlineMs, ended);
  else caller.execute({ op: ask.op, key, value: utf8(ask.value) }, deadlineMs, ended);
}

function replyOf(outcome: CallOutcome<KvResult>): KvReply {
  switch (outcome.kind) {
    case "result":
      return { kind: "done", told: toldBy(outcome.result) };
    case "lost":
      return { kind: "done", told: {} };
    case "refused":
      return { kind: "refused", detail: `${outcome.why}: ${outcome.detail}` };
    case "unknown":
      return { kind: "unknown", detail: outcome.detail };
    default:
      return unreachable(outcome);
  }
}

function toldBy(result: KvResult): Told {
  if (result.op === "get") return { value: valueOf(result.value), version: result.version };
  if (result.op === "append") return { value: valueOf(result.old), version: result.version };
  if (result.op === "put") return { existed: result.existed, version: result.version };
  throw new Error(`no case asks for a ${result.op}`);
}

function valueOf(bytes: Uint8Array | undefined): Told["value"] & (string | null) {
  return bytes === undefined ? null : byteString(bytes);
}
