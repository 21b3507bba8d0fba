import type { Line } from "../../client/line-request.ts";
import { parseLine, stopText } from "../../client/line-request.ts";
import { LineSplitter } from "../../client/line-splitter.ts";
import type { LineClient } from "./line-client.ts";
import type { LineInput, LineOutput } from "../../real/line-streams.ts";

/** A value has at most a megabyte, a key a few thousand bytes. */
const lineLengthMax = 4 * 1024 * 1024;
/** So many lines may wait before nothing more is read. */
const waitingMax = 1000;
/** Who has closed our input waits no longer for any answer. */
const lingerMs = 60_000;

/** The line protocol: one request after the other, in the order of the lines, until STOP or the end of the input. */
export class LineProcess {
  readonly #client: LineClient;
  readonly #input: LineInput;
  readonly #output: LineOutput;
  readonly #complain: (sentence: string) => void;
  readonly #splitter = new LineSplitter(lineLengthMax);
  readonly #waiting: (string | undefined)[] = [];
  #isPaused = false;
  /** A request is under way, or the last one is over. */
  #isBusy = false;
  #hasEnded = false;
  #linger: NodeJS.Timeout | undefined;
  #done: (code: number) => void = () => {};

  constructor(client: LineClient, input: LineInput, output: LineOutput, complain: (sentence: string) => void) {
    this.#client = client;
    this.#input = input;
    this.#output = output;
    this.#complain = complain;
  }

  /** Resolves with an exit code: 0 when everything was answered. */
  run(): Promise<number> {
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#output.open(() => resolve(1));
      this.#input.open(
        (piece) => this.#take(this.#splitter.push(piece)),
        () => this.#end(),
      );
    });
  }

  #take(lines: readonly (string | undefined)[]): void {
    for (const line of lines) this.#waiting.push(line);
    if (!this.#isBusy) this.#work();
    if (this.#waiting.length <= waitingMax || this.#isPaused) return;
    this.#isPaused = true;
    this.#input.pause();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const rest = this.#splitter.end();
    this.#take(rest === undefined ? [] : [rest]);
    if (this.#isBusy) this.#lingerOn();
  }

  /** Goes on with the lines that wait, up to one whose answer has to be waited for. */
  #work(): void {
    while (this.#waiting.length > 0) {
      const text = this.#waiting.shift();
      const line: Line | undefined = text === undefined ? tooLong : parseLine(text);
      if (line === undefined) continue;
      if (line.op === "malformed") this.#complain(line.why);
      else {
        this.#isBusy = true;
        return line.op === "STOP" ? this.#stop() : this.#client.answer(line, this.#answered);
      }
    }
    if (this.#hasEnded) return this.#output.flush(() => this.#done(0));
    if (!this.#isPaused) return undefined;
    this.#isPaused = false;
    return this.#input.resume();
  }

  readonly #answered = (answer: string | undefined): void => {
    this.#isBusy = false;
    // One write for one answer.
    if (answer !== undefined) this.#output.write(answer);
    if (this.#hasEnded) this.#lingerOn();
    this.#work();
  };

  #stop(): void {
    this.#output.write(stopText);
    this.#output.flush(() => this.#done(0));
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
