import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The checkout: from here `tsx` is found, which the children are run with. */
const top = fileURLToPath(new URL("../../../", import.meta.url));

/** The words that run a program from its source. */
export function sourceWords(file: string): string[] {
  return ["--import", "tsx", file];
}

/** How a process ended, and what it said. */
export interface Ending {
  /** Its exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals | undefined;
  readonly stderr: string;
}

/** Of what a child says so much is kept. */
const keptMax = 64 * 1024;

/** Children that have not ended. None outlives this process. */
const living = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of living) child.kill("SIGKILL");
});

/** A program that was started by a rig. It talks in lines: to stdout what the rig waits for, to stderr what people read. */
export class Child {
  readonly process: ChildProcess;
  readonly ended: Promise<Ending>;
  #stdout = "";
  #stderr = "";
  #over: Ending | undefined;
  #changed: (() => void)[] = [];

  constructor(command: string, words: readonly string[], options: SpawnOptions = {}) {
    const child = spawn(command, words, { cwd: top, stdio: ["pipe", "pipe", "pipe"], ...options });
    this.process = child;
    living.add(child);
    // A child whose stdin has ended has lost its rig; writing to one that is gone is no failure of the rig.
    child.stdin?.on("error", () => {});
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout = (this.#stdout + text).slice(-keptMax);
      this.#tell();
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptMax);
      this.#tell();
    });
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => {
        living.delete(child);
        this.#over = { code: code ?? signal ?? undefined, stderr: this.#stderr };
        this.#tell();
        resolve(this.#over);
      });
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Undefined while it lives. */
  get over(): Ending | undefined {
    return this.#over;
  }

  /** Waits until `condition` holds; false when the process ends without it. */
  async until(condition: () => boolean): Promise<boolean> {
    while (!condition()) {
      if (this.#over !== undefined) return false;
      await new Promise<void>((resolve) => void this.#changed.push(resolve));
    }
    return true;
  }

  /** Waits for a line of stdout. */
  says(line: string): Promise<boolean> {
    return this.until(() => `\n${this.#stdout}`.includes(`\n${line}\n`));
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Ends it at once. */
  async end(): Promise<Ending> {
    this.kill("SIGKILL");
    return this.ended;
  }

  #tell(): void {
    const told = this.#changed;
    this.#changed = [];
    for (const tell of told) tell();
  }
}

/** A program of this folder, run from its source with `settings` as its one argument. */
export function startProgram(name: string, settings: unknown, wrap: readonly string[] = []): Child {
  const file = fileURLToPath(new URL(name, import.meta.url));
  const [command, ...words] = [...wrap, process.execPath, ...sourceWords(file), JSON.stringify(settings)];
  return new Child(command ?? process.execPath, words);
}

/** For a child: its rig is gone when its stdin ends, and then it ends too, whatever it is doing. */
export function endWithRig(): void {
  process.stdin.on("end", () => process.kill(process.pid, "SIGKILL")).on("error", () => process.kill(process.pid, "SIGKILL"));
  process.stdin.resume();
}

/** Waits for `done`, but not for ever: a rig that waits says what it has waited for. This bounds only what hangs. */
export async function within<T>(ms: number, what: string, done: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not come to an end within ${ms / 1000} seconds`)), ms);
  });
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
