import { unreachable } from "../../base/assert.ts";
import type { Client } from "../../client/client.ts";
import { KvorumError } from "../../client/errors.ts";
import { foundText, type LineRequest, type LineRow, scanText, valueText } from "../../client/line-request.ts";

/** How long it rests before it asks again for what was refused. */
const restMs = 200;

/** Takes the whole answer, as it is to be written; undefined when there is none, and somebody was told why. */
export type TakeAnswer = (answer: string | undefined) => void;

/** Does what lines ask for. Whoever asks is not told of trouble: it is tried until it is done. */
export class LineClient {
  readonly #client: Client;
  readonly #complain: (sentence: string) => void;
  readonly #options: { readonly timeoutMs?: number };

  /**
   * `client` takes each character of a line for a byte. With a deadline an operation is given up when it has passed: that is complained
   * of, and not answered.
   */
  constructor(client: Client, complain: (sentence: string) => void, deadlineMs: number | undefined) {
    this.#client = client;
    this.#complain = complain;
    this.#options = deadlineMs === undefined ? {} : { timeoutMs: deadlineMs };
  }

  /** `done` runs once, later. */
  answer(request: LineRequest, done: TakeAnswer): void {
    this.#ask(request).then(done, (error: unknown) => this.#failed(request, error, done));
  }

  #failed(request: LineRequest, error: unknown, done: TakeAnswer): void {
    if (!(error instanceof KvorumError)) throw error;
    this.#complain(`${request.op}: ${error.message}`);
    if (this.#options.timeoutMs !== undefined || error.code === "invalid") done(undefined);
    else setTimeout(() => this.answer(request, done), restMs);
  }

  #ask(request: LineRequest): Promise<string> {
    const client = this.#client;
    const options = this.#options;
    const { op } = request;
    switch (op) {
      case "PUT":
        return client.put(request.key, request.value, options).then(({ existed }) => foundText(op, request.key, existed));
      case "SWAP":
        return client.swap(request.key, request.value, options).then(({ old }) => valueText(op, request.key, old));
      case "GET":
        return client.get(request.key, options).then((value) => valueText(op, request.key, value));
      case "DELETE":
        return client.delete(request.key, options).then(({ existed }) => foundText(op, request.key, existed));
      case "SCAN":
        return this.#scan(request.start, request.end);
      default:
        return unreachable(request);
    }
  }

  async #scan(start: string, end: string): Promise<string> {
    const scan = this.#client.scan({ start, end, endInclusive: true }, this.#options);
    const rows: LineRow[] = [];
    for await (const page of scan.pages()) rows.push(...page);
    return scanText(start, end, rows);
  }
}
