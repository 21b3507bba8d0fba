import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { LocalPlan } from "../../src/server/local-plan.ts";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** `kvorum up`, running: a small cluster and its shell, which gets its lines through a pipe. */
export class UpProcess {
  readonly data: string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(data: string, words: readonly string[]) {
    this.data = data;
    this.#child = spawn(process.execPath, [program, "up", "--data", data, ...words], { stdio: "pipe" });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => this.#child.once("close", (code, signal) => resolve(code ?? signal)));
  }

  /** Gives it lines. */
  write(...lines: string[]): void {
    this.#child.stdin?.write(lines.map((line) => `${line}\n`).join(""));
  }

  /** Gives it its last lines; how it ends. */
  end(...lines: string[]): Promise<number | NodeJS.Signals | null> {
    this.write(...lines);
    this.#child.stdin?.end();
    return this.ended;
  }

  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** Waits until it says `text`. */
  async says(text: string): Promise<void> {
    const over = this.ended.then((code) => {
      if (!this.stdout.includes(text)) throw new Error(`it ended with ${String(code)} and has said: ${this.stdout}${this.stderr}`);
    });
    while (!this.stdout.includes(text)) await Promise.race([new Promise((resolve) => this.#child.stdout?.once("data", resolve)), over]);
  }

  /** What is remembered of the cluster. */
  get plan(): LocalPlan {
    return JSON.parse(readFileSync(join(this.data, "cluster.json"), "utf8")) as LocalPlan;
  }

  /** Every process that it has said it started. */
  get processes(): number[] {
    const tabled = this.stdout.matchAll(/^[m\d]+\.\d+ +127\.0\.0\.1:\d+ +(\d+)$/gm);
    const started = this.stdout.matchAll(/ runs, process (\d+)\.$/gm);
    return [...tabled, ...started].map(([, pid]) => Number(pid));
  }

  /** Waits until none of them lives. */
  async gone(): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop
    while (this.processes.some(isAlive)) await sleep(20);
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
