import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** How a process has ended: its exit code, or the signal that it was killed with. */
export type ServerEnd = number | NodeJS.Signals | null;

/** What a process has of the machine's memory, in megabytes. */
export interface Memory {
  /** Now. */
  readonly residentMb: number;
  /** The most that it ever had. */
  readonly peakMb: number;
  /** Of what it has now, pages that are no file's: those that the system cannot take back. */
  readonly ownMb: number;
}

/** Processes that have not ended. None outlives this one. */
const living = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/**
 * One server of a rig, as it was built, through its lives: a process that is started and ended, over one data directory. It ends with
 * the rig, however the rig ends.
 */
export class RigServer {
  readonly #words: readonly string[];
  readonly #log: string;
  #child: ChildProcess | undefined;
  #ended: Promise<ServerEnd> = Promise.resolve(null);
  /** What the present life has said. */
  #said = "";
  /** The line that it has not ended yet. */
  #line = "";
  #changed: (() => void)[] = [];
  #leadsIn = 0;

  /** `words` follow `kvorum serve`. */
  constructor(words: readonly string[], log: string) {
    this.#words = words;
    this.#log = log;
  }

  /** Whether its process lives. */
  get lives(): boolean {
    return this.#child !== undefined;
  }

  /** The term that it leads as far as it has said; 0 when it leads none. */
  get leadsIn(): number {
    return this.#leadsIn;
  }

  start(): void {
    const words = [program, "serve", ...this.#words, "--log-level", "debug", "--until-stdin-ends"];
    const child = spawn(process.execPath, words, { stdio: ["pipe", "ignore", "pipe"] });
    living.add(child);
    this.#child = child;
    this.#said = "";
    this.#line = "";
    child.stdin?.on("error", () => {});
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#hear(child, text));
    this.#ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        living.delete(child);
        this.#leadsIn = 0;
        if (this.#child === child) this.#child = undefined;
        this.#tell();
        resolve(code ?? signal);
      });
    });
  }

  /** Whether the present life has said `text`. */
  hasSaid(text: string): boolean {
    return this.#said.includes(text);
  }

  /** Waits until the present life has said `text`; false when it ends without. */
  says(text: string): Promise<boolean> {
    return this.saysEither(text, text);
  }

  /** Waits until it has said one or the other; whether it was the one. */
  async saysEither(one: string, other: string): Promise<boolean> {
    while (!this.hasSaid(one) && !this.hasSaid(other)) {
      if (this.#child === undefined) return false;
      // oxlint-disable-next-line no-await-in-loop
      await new Promise<void>((resolve) => void this.#changed.push(resolve));
    }
    return this.hasSaid(one);
  }

  /** Waits until it takes part; throws when it does not come to that. */
  async up(): Promise<void> {
    if (!(await this.says("The server is up."))) throw new Error(`a server has ended (${String(await this.#ended)}): ${this.#said}`);
  }

  end(signal: NodeJS.Signals): Promise<ServerEnd> {
    this.#child?.kill(signal);
    return this.#ended;
  }

  /** Of the present life; nothing where it is over. Linux only. */
  memory(): Memory {
    const status = this.#child?.pid === undefined ? "" : readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    const megabytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1024;
    return { residentMb: megabytes("VmRSS"), peakMb: megabytes("VmHWM"), ownMb: megabytes("RssAnon") };
  }

  #hear(child: ChildProcess, text: string): void {
    appendFileSync(this.#log, text);
    if (this.#child !== child) return;
    this.#said += text;
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) this.#learn(line);
    this.#tell();
  }

  #learn(line: string): void {
    const [, to, term] = /"to":"(\w+)","term":(\d+),"msg":"raft: role"/.exec(line) ?? [];
    if (to !== undefined) this.#leadsIn = to === "leader" ? Number(term) : 0;
  }

  #tell(): void {
    const told = this.#changed;
    this.#changed = [];
    for (const tell of told) tell();
  }
}
