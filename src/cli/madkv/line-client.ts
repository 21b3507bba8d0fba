import { unreachable } from "../../base/assert.ts";
import type { Client } from "../../client/client.ts";
import { KvorumError } from "../../client/errors.ts";
import { foundText, type LineRequest, type LineRow, scanText, valueText } from "../../client/line-request.ts";

/** How long it rests before it asks again for what was refused. */
const restMs = 200;

/** Does what lines ask for. Whoever asks is not told of trouble: it is tried until it is done. */
export class LineClient {
  readonly #client: Client<Uint8Array>;
  readonly #complain: (sentence: string) => void;
  readonly #deadlineMs: number | undefined;

  /** With a deadline an operation is given up when it has passed: that is complained of, and not answered. */
  constructor(client: Client<Uint8Array>, complain: (sentence: string) => void, deadlineMs: number | undefined) {
    this.#client = client;
    this.#complain = complain;
    this.#deadlineMs = deadlineMs;
  }

  /** The whole answer, as it is to be written; undefined when there is none, and somebody was told why. */
  async answer(request: LineRequest): Promise<string | undefined> {
    for (;;) {
      try {
        return await this.#ask(request);
      } catch (error) {
        if (!(error instanceof KvorumError)) throw error;
        this.#complain(`${request.op}: ${error.message}`);
        if (this.#deadlineMs !== undefined || error.code === "invalid") return undefined;
      }
      await pass(restMs);
    }
  }

  async #ask(request: LineRequest): Promise<string> {
    const options = this.#deadlineMs === undefined ? {} : { timeoutMs: this.#deadlineMs };
    const client = this.#client;
    switch (request.op) {
      case "PUT":
        return foundText("PUT", request.key, (await client.put(bytesOf(request.key), bytesOf(request.value), options)).existed);
      case "SWAP":
        return valueText("SWAP", request.key, textOf((await client.swap(bytesOf(request.key), bytesOf(request.value), options)).old));
      case "GET":
        return valueText("GET", request.key, textOf(await client.get(bytesOf(request.key), options)));
      case "DELETE":
        return foundText("DELETE", request.key, (await client.delete(bytesOf(request.key), options)).existed);
      case "SCAN":
        return this.#scan(request.start, request.end, options);
      default:
        return unreachable(request);
    }
  }

  async #scan(start: string, end: string, options: { readonly timeoutMs?: number }): Promise<string> {
    const rows: LineRow[] = [];
    const range = { start: bytesOf(start), end: bytesOf(end), endInclusive: true };
    for await (const page of this.#client.scan(range, options).pages())
      for (const { key, value } of page) rows.push({ key: textOf(key), value: textOf(value) });
    return scanText(start, end, rows);
  }
}

/** Whatever bytes a line has pass as they are: a character stands for each. */
function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

function textOf(bytes: Uint8Array): string;
function textOf(bytes: Uint8Array | undefined): string | undefined;
function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function pass(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
