import type { History, Outcome } from "../../check/history.ts";
import type { CallOutcome } from "../../client/outcome.ts";
import { decodeConfig } from "../../shardmaster/config-bytes.ts";
import { configBytes, latestOf } from "../../shardmaster/history.ts";
import { type ChangedResult, type ConfigResult, decodeMasterResult } from "../../shardmaster/results.ts";
import type { Executed } from "../group/oracle/session-law.ts";
import { RecordedCalls } from "../group/recorded-calls.ts";
import type { CommittedLog } from "../group/universe.ts";
import type { AdminCommand } from "./draw.ts";
import { shardMapOf } from "./words.ts";

/** Ends an operation: tells what its client was told, at the time of the world. */
export type End<R> = (at: number, outcome: CallOutcome<R>) => void;

/** What clients of the shardmaster have seen, in the words of the checker. */
export class MasterRecording {
  readonly #calls: RecordedCalls;

  /** `premature` says of a result whether it was a refusal of what came before the cluster was initialised. */
  constructor(premature: (result: Uint8Array) => boolean) {
    this.#calls = new RecordedCalls("shardmaster", (found) => (premature(found.result) ? "failed" : fromLog(found)));
  }

  /** A client calls; `name` is that of the request, once there was an attempt. */
  command(client: string, at: number, command: AdminCommand, name: () => string | undefined): End<ChangedResult> {
    const recorded = this.#calls.call(client, at, command, name);
    return (returned, outcome) => {
      if (outcome.kind === "result") recorded.end(returned, { done: outcome.result.changed, version: outcome.result.number });
      // What is wrong in itself or as things are; whether it was, and when, the log says where it came so far.
      else if (outcome.kind === "refused" && outcome.why === "bad_request") recorded.end(returned, { refused: true });
      else recorded.end(returned, outcome.kind === "refused" ? "failed" : "unknown");
    };
  }

  query(client: string, at: number, number: number): End<ConfigResult> {
    const recorded = this.#calls.call(client, at, { op: "query", number });
    return (returned, outcome) => {
      if (outcome.kind !== "result") recorded.end(returned, outcome.kind === "refused" ? "failed" : "unknown");
      else recorded.end(returned, { config: shardMapOf(outcome.result.config), version: outcome.result.latest });
    };
  }

  /** What clients saw, and in the end every configuration as the group has it: so it is known of each what it was made of. */
  history({ executed, state }: CommittedLog, tight: boolean): History {
    const seen = this.#calls.history(executed, tight);
    const latest = latestOf(state);
    if (latest === undefined) return seen;
    const end = seen.operations.reduce((last, { call, returned = 0 }) => Math.max(last, call, returned), 0) + 1;
    const all = Array.from({ length: latest.number + 1 }, (_, number) => ({
      client: "the group itself",
      call: end + number,
      returned: end + number,
      command: { op: "query", number } as const,
      outcome: { config: shardMapOf(decodeConfig(configBytes(state, latest, number))), version: latest.number },
    }));
    return { ...seen, operations: [...seen.operations, ...all] };
  }
}

function fromLog({ result }: Executed): Outcome {
  const decoded = decodeMasterResult(result);
  if (!decoded.ok) return { refused: true };
  return decoded.op === "changed" ? { done: decoded.changed, version: decoded.number } : "unknown";
}
