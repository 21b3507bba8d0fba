import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";

/** How a process has ended: with a code, or by a signal; neither when it could not be started. */
export type ServerEnd = number | NodeJS.Signals | null;

/** What a local server is. */
export interface LocalServerParts {
  /** What people call it. */
  readonly name: string;
  readonly address: string;
  /** The program and its words. */
  readonly command: readonly [string, ...string[]];
  /** What it says on stderr is put behind what is there. */
  readonly log: string;
  /** Hears of an end that nobody has asked for. */
  readonly onEnd?: (server: LocalServer, how: ServerEnd) => void;
}

/** What its last words are looked for in. */
const tailBytesMax = 8192;

/**
 * A server on this machine as a process, through its lives. None outlives this process, however this one ends: each ends with its
 * stdin, of which the other end is here. Signals from the terminal do not reach it.
 */
export class LocalServer {
  readonly name: string;
  readonly address: string;
  readonly log: string;
  readonly #parts: LocalServerParts;
  #child: ChildProcess | undefined;
  #ended: Promise<ServerEnd> = Promise.resolve(null);
  #isAskedToEnd = false;

  constructor(parts: LocalServerParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.address = parts.address;
    this.log = parts.log;
  }

  /** Of the present life; undefined when there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** How the present life ends, or the last one has. */
  get ended(): Promise<ServerEnd> {
    return this.#ended;
  }

  /** Begins another life, when there is none. */
  start(): void {
    if (this.#child !== undefined) return;
    const [program, ...words] = this.#parts.command;
    const stderr = openSync(this.log, "a");
    const child = spawn(program, [...words, "--until-stdin-ends"], { stdio: ["pipe", "ignore", stderr], detached: true });
    closeSync(stderr);
    // Who writes to one that is gone is told so; nobody writes.
    child.stdin?.on("error", () => {});
    this.#child = child;
    this.#isAskedToEnd = false;
    this.#ended = new Promise((resolve) => {
      const over = (how: ServerEnd): void => {
        this.#child = undefined;
        if (!this.#isAskedToEnd) this.#parts.onEnd?.(this, how);
        resolve(how);
      };
      // The one when it could not be started, the other for all else.
      child.once("error", () => over(null));
      child.once("exit", (code, signal) => over(code ?? signal));
    });
  }

  /** Ends the present life, if there is one; resolves when it is over. */
  end(signal: NodeJS.Signals): Promise<ServerEnd> {
    this.#isAskedToEnd = true;
    this.#child?.kill(signal);
    return this.#ended;
  }

  /** The last sentence in its log. */
  lastWords(): string {
    const line = tail(this.log).trimEnd().split("\n").at(-1) ?? "";
    return /"msg":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? line.replace(/^kvorum: /, "");
  }
}

function tail(path: string): string {
  if (!existsSync(path)) return "";
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, tailBytesMax));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("utf8");
  } finally {
    closeSync(file);
  }
}
