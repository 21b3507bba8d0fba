import { type ChildProcess, fork, type ForkOptions } from "node:child_process";
import { present } from "../../../src/base/assert.ts";
import { processCpuSeconds } from "./cpu.ts";

/** The processes of a store under load. */
export class Children {
  readonly #children: ChildProcess[] = [];

  /** Starts a Node program. What it says on stderr is shown. */
  start(program: string, words: readonly string[], options: Pick<ForkOptions, "execArgv"> = {}): ChildProcess {
    const child = fork(program, words, { stdio: ["ignore", "ignore", "inherit", "ipc"], ...options });
    this.#children.push(child);
    return child;
  }

  cpuSeconds(): number {
    return this.#children.reduce((sum, { pid }) => sum + processCpuSeconds(present(pid, "a child has been started")), 0);
  }

  /** Ends all that were started here, and waits until they are gone. */
  async stop(): Promise<void> {
    const gone = this.#children.map(
      (child) => new Promise<void>((resolve) => void (child.exitCode === null ? child.once("exit", () => resolve()) : resolve())),
    );
    for (const child of this.#children) child.kill("SIGTERM");
    await Promise.all(gone);
  }
}

/** The first message of a program; rejects if it ends before. */
export function firstMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`a server ended with code ${code}`)));
  });
}
