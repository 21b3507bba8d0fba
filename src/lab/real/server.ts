import { type Answers, type ChildSettings, type Measures, noMeasures, type Question } from "./protocol.ts";
import type { ChildEnd, Launch } from "./launch.ts";
import { type ProcessHooks, ServerProcess } from "./server-process.ts";

/** A server through all its lives: one process after the other on one directory. */
export class RealServer {
  readonly #launch: Launch;
  readonly #hooks: ProcessHooks;
  #process: ServerProcess | undefined;
  /** Of the lives that are over. */
  #past: Measures = noMeasures;

  constructor(launch: Launch, hooks: ProcessHooks) {
    this.#launch = launch;
    this.#hooks = hooks;
  }

  /** It has a process, which may still be starting. */
  get isAlive(): boolean {
    return this.#process !== undefined;
  }

  get isOpen(): boolean {
    return this.#process !== undefined && this.#process.phase !== "opening";
  }

  /** It takes part in its group. */
  get isRunning(): boolean {
    return this.#process?.phase === "running";
  }

  /** Of all lives, as far as they have told; the log is the present life's, or that of the last one. */
  get measures(): Measures {
    const { requests, bytes, logBytes, cpuMs } = this.#process?.measures ?? { ...noMeasures, logBytes: this.#past.logBytes };
    const past = this.#past;
    return { requests: past.requests + requests, bytes: past.bytes + bytes, logBytes, cpuMs: past.cpuMs + cpuMs };
  }

  /** Starts a process, and waits until it does what it is asked. The result says how it ended when it never came so far. */
  async start(settings: ChildSettings): Promise<ChildEnd | undefined> {
    const started = new ServerProcess(this.#launch, settings, this.#hooks);
    this.#process = started;
    const end = await started.opened;
    // Ended on purpose while it was starting, it owes nobody an explanation.
    return this.#process === started ? end : undefined;
  }

  /** Ends the process at once, if there is one, and waits until it is gone. */
  async kill(): Promise<void> {
    const ending = this.#process;
    if (ending === undefined) return;
    this.#process = undefined;
    await ending.kill();
    const { requests, bytes, logBytes, cpuMs } = ending.measures;
    const past = this.#past;
    this.#past = { requests: past.requests + requests, bytes: past.bytes + bytes, logBytes, cpuMs: past.cpuMs + cpuMs };
  }

  /** The answer of a server that is open; undefined from any other. */
  async ask<K extends Question["kind"]>(question: Extract<Question, { readonly kind: K }>): Promise<Answers[K] | undefined> {
    return this.isOpen ? this.#process?.ask(question) : undefined;
  }

  /** Has a process that is still starting hear of it too, as soon as it can. */
  async tell<K extends Question["kind"]>(question: Extract<Question, { readonly kind: K }>): Promise<void> {
    const answered = this.#process?.ask(question);
    if (this.isOpen) await answered;
  }
}
