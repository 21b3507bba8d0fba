import type { Line } from "../../client/line-request.ts";
import { parseLine, stopText } from "../../client/line-request.ts";
import { LineSplitter } from "../../client/line-splitter.ts";
import type { LineClient } from "./line-client.ts";

/** A value has at most a megabyte, a key a few thousand bytes. */
const lineLengthMax = 4 * 1024 * 1024;
/** So many lines may wait before nothing more is read. */
const waitingMax = 1000;
/** Who has closed our input waits no longer for any answer. */
const lingerMs = 60_000;

/** The line protocol over streams: one request after the other, in the order of the lines, until STOP or the end of the input. */
export class LineProcess {
  readonly #client: LineClient;
  readonly #input: NodeJS.ReadableStream;
  readonly #output: NodeJS.WritableStream;
  readonly #complain: (sentence: string) => void;
  readonly #splitter = new LineSplitter(lineLengthMax);
  readonly #waiting: (string | undefined)[] = [];
  #isWorking = false;
  #hasEnded = false;
  #linger: NodeJS.Timeout | undefined;
  #done: (code: number) => void = () => {};

  constructor(client: LineClient, input: NodeJS.ReadableStream, output: NodeJS.WritableStream, complain: (sentence: string) => void) {
    this.#client = client;
    this.#input = input;
    this.#output = output;
    this.#complain = complain;
  }

  /** Resolves with an exit code: 0 when everything was answered. */
  run(): Promise<number> {
    return new Promise((resolve) => {
      this.#done = resolve;
      // Every byte is a character, and comes out as it went in.
      this.#input.setEncoding("latin1");
      this.#input.on("data", (text: string) => this.#take(this.#splitter.push(text)));
      this.#input.on("end", () => this.#end());
      this.#input.on("error", () => this.#end());
      // Nobody reads any more.
      this.#output.on("error", () => resolve(1));
    });
  }

  #take(lines: readonly (string | undefined)[]): void {
    for (const line of lines) this.#waiting.push(line);
    if (this.#waiting.length > waitingMax) this.#input.pause();
    if (!this.#isWorking) void this.#work();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const rest = this.#splitter.end();
    this.#take(rest === undefined ? [] : [rest]);
    if (this.#isWorking) this.#lingerOn();
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    while (this.#waiting.length > 0) {
      if (await this.#handle(this.#waiting.shift())) return this.#done(0);
      if (this.#waiting.length === 0 && !this.#hasEnded) this.#input.resume();
      if (this.#hasEnded) this.#lingerOn();
    }
    this.#isWorking = false;
    if (this.#hasEnded) this.#done(0);
  }

  /** Whether it was the last one. */
  async #handle(text: string | undefined): Promise<boolean> {
    const line: Line | undefined = text === undefined ? tooLong : parseLine(text);
    if (line === undefined) return false;
    if (line.op === "malformed") this.#complain(line.why);
    else if (line.op === "STOP") await this.#write(stopText);
    else {
      const answer = await this.#client.answer(line);
      if (answer !== undefined) this.#writeSoon(answer);
    }
    return line.op === "STOP";
  }

  /** One write for one answer. */
  #writeSoon(text: string): void {
    this.#output.write(text, "latin1");
  }

  #write(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#output.write(text, "latin1", () => resolve());
    });
  }

  /** Begins to count anew. */
  #lingerOn(): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => {
      this.#complain(`There was no answer in the ${lingerMs / 1000} seconds since the input has ended.`);
      this.#done(4);
    }, lingerMs);
    this.#linger.unref();
  }
}

const tooLong: Line = { op: "malformed", why: `A line of more than ${lineLengthMax} bytes was given, and is skipped.` };
