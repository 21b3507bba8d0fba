import type { LineRequest } from "../../client/line-request.ts";
import { type LineAnswer, parseResponse, requestLine } from "../../client/line-response.ts";
import { ClientProcess, type CommandWords } from "../line/client-process.ts";
import { ScenarioFailed } from "./demand.ts";

/** The course's harness gives a client up that has not answered for so long. */
const answerMaxMs = 60_000;

/** A client of a service as a process, with whom one talks: a request, and its answer. */
export class Talker {
  readonly #client: ClientProcess;
  #answered: (answer: Buffer) => void = () => {};
  #lost: (error: Error) => void = () => {};
  #isAsking = false;

  constructor(name: string, command: CommandWords) {
    this.#client = new ClientProcess(name, command, {
      answered: (answer) => this.#answered(answer),
      lost: (why) => this.#lost(new ScenarioFailed(`The client is lost: ${why}.`)),
    });
  }

  /** Whether a request is under way. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Resolves with the answer; rejects when there is none for too long, or another one. */
  async ask(request: LineRequest): Promise<LineAnswer> {
    this.#isAsking = true;
    let timer: NodeJS.Timeout | undefined;
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#answered = resolve;
      this.#lost = reject;
      timer = setTimeout(
        () => reject(new ScenarioFailed(`${requestLine(request).trim()} was not answered for ${answerMaxMs / 1000} seconds.`)),
        answerMaxMs,
      );
    });
    this.#client.ask(requestLine(request), request.op === "SCAN");
    try {
      return parseResponse(request, (await answer).toString("latin1"));
    } finally {
      clearTimeout(timer);
      this.#isAsking = false;
    }
  }

  async put(key: string, value: string): Promise<boolean | undefined> {
    return (await this.ask({ op: "PUT", key, value })).found;
  }

  async swap(key: string, value: string): Promise<string | null | undefined> {
    return (await this.ask({ op: "SWAP", key, value })).value;
  }

  async delete(key: string): Promise<boolean | undefined> {
    return (await this.ask({ op: "DELETE", key })).found;
  }

  async get(key: string): Promise<string | null | undefined> {
    return (await this.ask({ op: "GET", key })).value;
  }

  /** Each pair as `key value`. */
  async scan(start: string, end: string): Promise<string> {
    const { rows = [] } = await this.ask({ op: "SCAN", start, end });
    return rows.map(({ key, value }) => `${key} ${value}`).join(", ");
  }

  /** Has it end by itself. */
  async stop(): Promise<void> {
    const fault = await this.#client.stop();
    if (fault !== undefined) throw new ScenarioFailed(`The client ended badly: ${fault}.`);
  }

  kill(): void {
    this.#client.kill();
  }
}
