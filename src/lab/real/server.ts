import type { ChildEnd, Launch } from "./launch.ts";
import { type Answers, type ChildSettings, type Measures, noMeasures, type Question } from "./protocol.ts";
import { type ProcessHooks, ServerProcess } from "./server-process.ts";

/** A server through all its lives: one process after the other on one directory. */
export class RealServer {
  readonly #launch: Launch;
  readonly #label: string;
  readonly #hooks: ProcessHooks;
  #process: ServerProcess | undefined;
  /** The process of the next life: it has its program, and touches neither disk nor port yet. */
  #next: ServerProcess | undefined;
  /** Of the lives that are over. */
  #past: Measures = noMeasures;

  constructor(launch: Launch, label: string, hooks: ProcessHooks) {
    this.#launch = launch;
    this.#label = label;
    this.#hooks = hooks;
  }

  /** It has a process that is it, or is becoming it. */
  get isAlive(): boolean {
    return this.#process !== undefined;
  }

  /** It does what it is asked. */
  get isOpen(): boolean {
    return this.#process !== undefined && this.#process.phase !== "opening";
  }

  /** It takes part in its group. */
  get isRunning(): boolean {
    return this.#process?.phase === "running";
  }

  /** Of all lives, as far as they have told; log and state are the present life's, or those of the last one. */
  get measures(): Measures {
    return this.#process === undefined ? this.#past : add(this.#past, this.#process.measures);
  }

  /** Starts a life, and waits until the server does what it is asked. The result says how it ended when it never came so far. */
  async start(settings: ChildSettings): Promise<ChildEnd | undefined> {
    const started = this.#next ?? this.#load();
    this.#next = undefined;
    this.#process = started;
    started.begin(settings);
    const end = await started.opened;
    // Ended on purpose while it was starting, it owes nobody an explanation.
    return this.#process === started ? end : undefined;
  }

  /**
   * Ends the process at once, if there is one, and waits until it is gone. Another one begins to load the program for the next life: a
   * crashed server comes back mostly, and it is the server's time that a case measures, not that of a program's start.
   */
  async kill(): Promise<void> {
    await this.#killProcess(() => {
      this.#next ??= this.#load();
    });
  }

  /** Ends everything, for good. */
  async end(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    await Promise.all([next?.kill(), this.#killProcess(() => {})]);
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

  #load(): ServerProcess {
    return new ServerProcess(this.#launch, this.#label, this.#hooks);
  }

  async #killProcess(killed: () => void): Promise<void> {
    const ending = this.#process;
    if (ending === undefined) return;
    this.#process = undefined;
    const gone = ending.kill();
    killed();
    await gone;
    this.#past = add(this.#past, ending.measures);
  }
}

/** What was used adds up; what there is counts as the later life has it. */
function add(past: Measures, { requests, bytes, cpuMs, ...present }: Measures): Measures {
  return { ...present, requests: past.requests + requests, bytes: past.bytes + bytes, cpuMs: past.cpuMs + cpuMs };
}
