import { createInterface, type Interface } from "node:readline";
import { KvorumError } from "../../client/errors.ts";
import { BadSetting } from "../../server/settings.ts";
import { commandOf, type ShellCall, type ShellCommand, type ShellWorld } from "./command.ts";
import { completions } from "./complete.ts";
import { History, historyLinesMax } from "./history.ts";
import { Misunderstood } from "./misunderstood.ts";
import { Patience } from "./patience.ts";
import { wordsOf } from "./words.ts";

/** Where a shell gets its lines and leaves what it says. */
export interface ShellStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly errors: NodeJS.WritableStream;
  /** Whether a person sits there: then there are a prompt, completion and a history. */
  readonly isTerminal: boolean;
}

/** What a shell is made of. */
export interface ShellParts {
  readonly commands: readonly ShellCommand[];
  readonly world: ShellWorld;
  readonly streams: ShellStreams;
  /** Where earlier lines are. */
  readonly historyFile: string;
}

const prompt = "kvorum> ";

/** Lines that wait for the one before them; more are not read meanwhile. */
const waitingMax = 1000;

/** Reads lines and does what they say, one after the other, until there are no more. */
export class Shell {
  readonly #parts: ShellParts;
  readonly #lines: Interface;
  readonly #waiting: string[] = [];
  #running: AbortController | undefined;
  #hasFailed = false;
  #isClosed = false;
  #over: () => void = () => {};
  readonly #ended: Promise<void>;

  constructor(parts: ShellParts) {
    this.#parts = parts;
    this.#ended = new Promise((resolve) => (this.#over = resolve));
    this.#lines = parts.streams.isTerminal ? this.#forPeople() : createInterface({ input: parts.streams.input, terminal: false });
    // Nobody hears any more, as behind `head`.
    for (const stream of [parts.streams.output, parts.streams.errors]) stream.on("error", () => this.end());
    this.#lines.on("line", (line) => this.#take(line));
    this.#lines.on("close", () => this.#close());
  }

  /** Resolves when the shell has ended: whether all that a file asked for was done. A person has been told. */
  async run(): Promise<boolean> {
    this.#prompt();
    await this.#ended;
    return this.#parts.streams.isTerminal || !this.#hasFailed;
  }

  /** Says something that no line has asked for, without disturbing one that is being written. */
  say(text: string): void {
    const { errors, isTerminal } = this.#parts.streams;
    const isAtPrompt = isTerminal && this.#running === undefined && !this.#isClosed;
    // Carriage return, and clear to the end of the screen.
    errors.write(isAtPrompt ? `\r\u001b[J${text}\n` : `${text}\n`);
    if (isAtPrompt) this.#lines.prompt(true);
  }

  /** Ends the shell: what is being done is given up, and what waits is not done. */
  end(): void {
    this.#waiting.length = 0;
    this.#running?.abort(new Error("the shell ends"));
    if (!this.#isClosed) this.#lines.close();
  }

  #forPeople(): Interface {
    const { commands, world, streams, historyFile } = this.#parts;
    const history = new History(historyFile, (sentence) => streams.errors.write(`${sentence}\n`));
    const lines = createInterface({
      input: streams.input,
      output: streams.output,
      terminal: true,
      prompt,
      history: history.read(),
      historySize: historyLinesMax,
      removeHistoryDuplicates: true,
      completer: (line: string, done: (error: Error | null, result: [string[], string]) => void) => {
        void completions(line, commands, world).then((result) => done(null, result));
      },
    });
    lines.on("history", (kept) => history.write(kept));
    lines.on("SIGINT", () => this.#interrupt());
    return lines;
  }

  /** Ctrl-C: gives up what waits; else the line that is being written; else the shell. */
  #interrupt(): void {
    this.#waiting.length = 0;
    if (this.#running !== undefined) {
      this.#running.abort(new Error("Ctrl-C"));
      return;
    }
    if (this.#lines.line === "") return this.end();
    this.#parts.streams.output.write("^C\n");
    // To the end of the line, and away with what is before that.
    this.#lines.write(null, { ctrl: true, name: "e" });
    this.#lines.write(null, { ctrl: true, name: "u" });
  }

  #take(line: string): void {
    this.#waiting.push(line);
    if (!this.#parts.streams.isTerminal && this.#waiting.length >= waitingMax) this.#lines.pause();
    if (this.#running === undefined) void this.#work();
  }

  #close(): void {
    this.#isClosed = true;
    const { isTerminal, output } = this.#parts.streams;
    if (isTerminal) output.write("\n");
    // A person who leaves does not wait; what a file says is done to its end.
    if (isTerminal) this.#running?.abort(new Error("the shell ends"));
    if (this.#running === undefined) this.#over();
  }

  /** Does what waits, a line after the other. */
  async #work(): Promise<void> {
    for (let line = this.#waiting.shift(); line !== undefined; line = this.#waiting.shift()) {
      const running = new AbortController();
      this.#running = running;
      // oxlint-disable-next-line no-await-in-loop
      await this.#run(line, running.signal);
      this.#running = undefined;
      if (!this.#isClosed) this.#lines.resume();
    }
    if (this.#isClosed) this.#over();
    else this.#prompt();
  }

  async #run(line: string, signal: AbortSignal): Promise<void> {
    const { commands, world, streams } = this.#parts;
    const patience = new Patience(
      () => Promise.resolve("No answer has come."),
      (why) => streams.errors.write(`Waiting. ${why}${streams.isTerminal ? " Ctrl-C gives up." : ""}\n`),
    );
    try {
      const words = wordsOf(line);
      if (words.length === 0) return;
      const [command, behind] = commandOf(words, commands);
      const call: ShellCall = {
        ...world,
        words: behind,
        options: { signal },
        print: (text) => streams.output.write(`${text}\n`),
        explain: (why) => patience.explain(why),
        quit: () => this.end(),
      };
      await command.run(call);
    } catch (error) {
      this.#hasFailed = true;
      streams.errors.write(`${sentenceOf(error, signal)}\n`);
    } finally {
      patience.stop();
    }
  }

  #prompt(): void {
    if (this.#parts.streams.isTerminal && !this.#isClosed) this.#lines.prompt();
  }
}

/** What became of a line that was not done; a bug is thrown on. */
function sentenceOf(error: unknown, signal: AbortSignal): string {
  if (error instanceof Misunderstood) return `${capital(error.message)}${/[.?!]$/.test(error.message) ? "" : "."}`;
  if (error instanceof KvorumError || error instanceof BadSetting) return error.message;
  if (signal.aborted) return "Given up.";
  // The machine's, such as a disk that is full.
  if (error instanceof Error && "syscall" in error) return `${error.message}.`;
  throw error;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
