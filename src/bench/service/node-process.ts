import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { CommandWords } from "../line/client-process.ts";

/** One life of a node of a service, as a process. What it says on stderr is added to a file. */
export class NodeProcess {
  /** Resolves with its exit code, or what ended it, when it is gone. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;

  constructor([program, ...words]: CommandWords, log: string) {
    const file = openSync(log, "a");
    this.#child = spawn(program, words, { stdio: ["ignore", "ignore", file] });
    closeSync(file);
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("exit", (code, signal) => resolve(String(signal ?? code)));
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends it at once; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }
}
