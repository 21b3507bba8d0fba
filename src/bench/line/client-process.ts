import { type ChildProcess, spawn } from "node:child_process";
import { ResponseReader } from "./response-reader.ts";

/** A program and its arguments, as they are started: no shell reads them. */
export type CommandWords = readonly [program: string, ...words: string[]];

/** Who hears a client. Each is called once for each question: with the answer, or that there will be none. */
export interface ClientListener {
  answered(answer: Buffer): void;
  /** It will not answer any more; the end of a sentence says why. */
  lost(why: string): void;
}

/** So long may a client take to end after `STOP`. */
const stopMs = 10_000;

/**
 * A client of a store as a process of its own, that is asked in lines on its stdin and answers on its stdout. One question is under way
 * at most. What it says on stderr is shown.
 */
export class ClientProcess {
  readonly name: string;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #listener: ClientListener;
  readonly #reader = new ResponseReader();
  #askedAt: number | undefined;
  #hasAnswered = false;
  #stopping: ((answer: Buffer) => void) | undefined;
  #isLost = false;

  constructor(name: string, [program, ...words]: CommandWords, listener: ClientListener) {
    this.name = name;
    this.#listener = listener;
    this.#child = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    // A pipe to a process that has gone is told of by its end.
    this.#child.stdin?.on("error", () => {});
    this.#child.stdout?.on("data", (chunk: Buffer) => this.#hear(chunk));
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#lose(`${program} cannot be started: ${error.message}`);
        resolve();
      });
      this.#child.once("close", (code, signal) => {
        this.#lose(`it ended with ${String(signal ?? code)}`);
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** When the question was asked that it has not answered, in the milliseconds of `performance.now`; undefined without one. */
  get askedAt(): number | undefined {
    return this.#askedAt;
  }

  /** Whether it has answered anything: it has started, then, and found its service. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** Asks. `line` has its end; `scan` says what kind of answer is to come. */
  ask(line: string, scan: boolean): void {
    this.#reader.expect(scan);
    this.#askedAt = performance.now();
    this.#child.stdin?.write(line, "latin1");
  }

  /** Has it end by itself; resolves with the end of a sentence where it did not. Nothing is under way then. */
  async stop(): Promise<string | undefined> {
    if (this.#isLost) return undefined;
    const answer = new Promise<Buffer>((resolve) => {
      this.#stopping = resolve;
    });
    this.ask("STOP\n", false);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.kill();
    }, stopMs);
    const said = await Promise.race([answer, this.ended]);
    await this.ended;
    clearTimeout(timer);
    return !isLate && said?.toString("latin1").trim() === "STOP" ? undefined : "it did not answer STOP, and end, within 10 seconds";
  }

  /** Takes its pipes away, which ends it, and ends it where that does not. */
  kill(): void {
    this.#isLost = true;
    this.#child.stdin?.destroy();
    this.#child.kill("SIGKILL");
  }

  #hear(chunk: Buffer): void {
    if (this.#askedAt === undefined)
      return this.#lose(`it has said what nobody asked for: ${JSON.stringify(chunk.toString("latin1", 0, 120))}`);
    const answer = this.#reader.take(chunk);
    if (answer === undefined) return undefined;
    this.#askedAt = undefined;
    this.#hasAnswered = true;
    if (this.#stopping !== undefined) return this.#stopping(answer);
    return this.#listener.answered(answer);
  }

  #lose(why: string): void {
    if (this.#isLost) return;
    this.#isLost = true;
    if (this.#stopping === undefined) this.#listener.lost(why);
  }
}

/** The words of a command line, split at blanks: nothing quotes. */
export function commandWords(text: string): CommandWords | undefined {
  const [program, ...words] = text.split(/\s+/).filter((word) => word !== "");
  return program === undefined ? undefined : [program, ...words];
}
