import { unreachable } from "../../base/assert.ts";
import { textBytes } from "../../check/byte-string.ts";
import type { StoreCommand, Told } from "../../check/history.ts";
import { HistoryRecorder, type RecordedCall } from "../../check/recorder.ts";
import type { LineRequest } from "../../client/line-request.ts";
import type { LineAnswer } from "../../client/line-response.ts";

/**
 * What clients asked and heard through the line protocol, as a history that the checker reads. Times are the order in which it all
 * happened in this one process, so that no two are equal.
 */
export class LineHistory {
  readonly #recorder = new HistoryRecorder();
  #time = 0;

  /** Before the question leaves. */
  asked(client: number, request: LineRequest): RecordedCall {
    this.#time += 1;
    return this.#recorder.call(String(client), this.#time, commandOf(request));
  }

  /** When the answer has come. */
  answered(call: RecordedCall, answer: LineAnswer): void {
    this.#time += 1;
    call.answered(this.#time, toldBy(answer));
  }

  history(): ReturnType<HistoryRecorder["history"]> {
    return this.#recorder.history();
  }
}

function commandOf(request: LineRequest): StoreCommand {
  switch (request.op) {
    case "PUT":
      return { op: "put", key: textBytes(request.key), value: textBytes(request.value) };
    case "SWAP":
      return { op: "swap", key: textBytes(request.key), value: textBytes(request.value) };
    case "GET":
      return { op: "get", key: textBytes(request.key) };
    case "DELETE":
      return { op: "delete", key: textBytes(request.key) };
    case "SCAN":
      return { op: "scan", from: textBytes(request.start), to: textBytes(request.end) };
    default:
      return unreachable(request);
  }
}

function toldBy({ found, value, rows }: LineAnswer): Told {
  if (rows !== undefined) return { rows: rows.map((row) => ({ key: textBytes(row.key), value: textBytes(row.value) })) };
  if (value !== undefined) return { value: value === null ? null : textBytes(value) };
  return found === undefined ? {} : { existed: found };
}
