import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** What a command of `kvorum` came to. */
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `kvorum`, and waits for its end. */
export function kvorum(
  words: readonly string[],
  { servers, input = "" }: { readonly servers?: string; readonly input?: string } = {},
): Ran {
  const env = { ...process.env, ...(servers === undefined ? {} : { KVORUM_SERVERS: servers }) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: "utf8", env, input });
  return { status, stdout, stderr };
}

/** `kvorum group`, running: three servers and who has started them. */
export class GroupProcess {
  readonly data: string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  #stdout = "";

  constructor(data: string, main: string = program) {
    this.data = data;
    this.#child = spawn(process.execPath, [main, "group", "--data", data, "--log-level", "debug"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    this.ended = new Promise((resolve) => this.#child.once("close", (code, signal) => resolve(code ?? signal)));
  }

  /** Waits until it says `text`. */
  async says(text: string): Promise<void> {
    const over = this.ended.then((code) => {
      if (!this.#stdout.includes(text)) throw new Error(`it ended with ${String(code)} and has said: ${this.#stdout}`);
    });
    while (!this.#stdout.includes(text)) await Promise.race([new Promise((resolve) => this.#child.stdout?.once("data", resolve)), over]);
  }

  /** The addresses, as a user would copy them. */
  get servers(): string {
    return /KVORUM_SERVERS=(\S+)/.exec(this.#stdout)?.[1] ?? "";
  }

  /** The process of each server. */
  get processes(): number[] {
    return [...this.#stdout.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
  }

  /** The replica that became a leader last, by its own log. */
  leader(): number {
    const times = this.processes.map((_, replica) => {
      const log = join(this.data, `${replica}.log`);
      const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n") : [];
      const last = lines.findLast((line) => line.includes('"to":"leader"')) ?? "{}";
      return Date.parse(String((JSON.parse(last) as { readonly time?: string }).time ?? 0));
    });
    return times.indexOf(Math.max(...times));
  }

  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** Ends whatever of it still lives. */
  async end(): Promise<void> {
    for (const pid of this.processes) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    await this.kill("SIGTERM");
  }
}
