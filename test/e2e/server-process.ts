import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../src/real/free-ports.ts";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** What a server's process has besides the words of its command line. */
export interface ProcessGiven {
  /** For Node itself. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How a process has ended: its exit code, or the signal that it was killed with. */
export type ProcessEnd = number | NodeJS.Signals | null;

/** Servers of one test, as they were built, and a directory for what is theirs. */
export class Servers {
  readonly path: string = mkdtempSync(join(tmpdir(), "kvorum-serve-"));
  readonly #started: ServerProcess[] = [];

  start(words: readonly string[], given: ProcessGiven = {}): ServerProcess {
    const server = new ServerProcess(words, given);
    this.#started.push(server);
    return server;
  }

  /** The words that start each of three servers. */
  async trio(): Promise<string[][]> {
    const ports = await freePorts(3);
    const servers = ports.map((port) => `127.0.0.1:${port}`).join(",");
    return ports.map((_, at) => ["--replica", String(at), "--servers", servers, "--data", join(this.path, String(at)), "--create"]);
  }

  /** The words that start the one server of a group of one. */
  async single(): Promise<string[]> {
    const [port] = await freePorts(1);
    return ["--replica", "0", "--servers", `127.0.0.1:${port}`, "--data", join(this.path, "0"), "--create"];
  }

  async close(): Promise<void> {
    await Promise.all(this.#started.map((server) => server.kill("SIGKILL")));
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A server's process, and what it has said so far. */
export class ServerProcess {
  readonly #child: ChildProcess;
  #stderr = "";
  readonly ended: Promise<ProcessEnd>;

  constructor(words: readonly string[], { flags = [], env = {} }: ProcessGiven = {}) {
    this.#child = spawn(process.execPath, [...flags, program, "serve", "kv", ...words], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.ended = new Promise((resolve) => this.#child.on("close", (code, signal) => resolve(code ?? signal)));
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Waits until the log says `text`; rejects when the process ends before. */
  async says(text: string): Promise<void> {
    const over = this.ended.then((code) => {
      if (!this.#stderr.includes(text)) throw new Error(`it ended with ${String(code)} and has said: ${this.#stderr}`);
    });
    while (!this.#stderr.includes(text)) await Promise.race([new Promise((resolve) => this.#child.stderr?.once("data", resolve)), over]);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  kill(signal: NodeJS.Signals): Promise<ProcessEnd> {
    this.signal(signal);
    return this.ended;
  }
}
