import type { MemberPhase } from "../../rsm/member.ts";
import type { ChildEnd, Child, Launch } from "./launch.ts";
import { type Answers, type ChildSettings, type FromChild, type Happening, type Measures, noMeasures, type Question } from "./protocol.ts";

/** A server that has not answered for so long never will. */
const answerMs = 10_000;

/** What the world around a server's process wants to hear of it. */
export interface ProcessHooks {
  happened(happening: Happening): void;
  /** It was open and has ended, and nobody had ordered that. */
  died(end: ChildEnd): void;
  /** It lives and does not answer. */
  silent(ms: number): void;
}

interface Waiting {
  readonly resolve: (answer: Answers[Question["kind"]]) => void;
  readonly timer: NodeJS.Timeout;
}

/** One life of a server: from the start of its process, which waits for `begin`, to its end. */
export class ServerProcess {
  /** Resolves when it has read its disk and does what it is asked; with how it ended if it never came so far. */
  readonly opened: Promise<ChildEnd | undefined>;
  readonly ended: Promise<ChildEnd>;
  readonly #hooks: ProcessHooks;
  readonly #child: Child;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #killed = false;
  #phase: MemberPhase = "opening";
  #measures: Measures = noMeasures;
  #resolveOpened: (end: ChildEnd | undefined) => void = () => {};
  #resolveEnded: (end: ChildEnd) => void = () => {};

  constructor(launch: Launch, label: string, hooks: ProcessHooks) {
    this.#hooks = hooks;
    this.opened = new Promise((resolve) => {
      this.#resolveOpened = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#child = launch(label, { message: (message) => this.#hear(message), ended: (end) => this.#end(end) });
  }

  /** How far its member has come. */
  get phase(): MemberPhase {
    return this.#phase;
  }

  /** As it last told. */
  get measures(): Measures {
    return this.#measures;
  }

  /** Has it read its disk and listen: once. */
  begin(settings: ChildSettings): void {
    this.#child.send({ kind: "begin", settings });
  }

  /** The answer; undefined when it ends before that, or has nothing to say. A process that is not open yet answers when it is. */
  ask<K extends Question["kind"]>(question: Extract<Question, { readonly kind: K }>): Promise<Answers[K]> {
    if (this.#phase === "stopped") return Promise.resolve(undefined as Answers[K]);
    this.#asked += 1;
    const number = this.#asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#hooks.silent(answerMs), answerMs);
      this.#waiting.set(number, { resolve: resolve as Waiting["resolve"], timer });
      this.#child.send({ kind: "ask", number, question });
    });
  }

  /** Ends it at once, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#killed = true;
    this.#child.kill();
    await this.ended;
  }

  #hear(message: FromChild): void {
    if (message.kind === "answer") {
      this.#answered(message.number, message.answer);
      return;
    }
    this.#measures = message.measures;
    for (const happening of message.happenings) {
      if (happening.kind === "phase") this.#reach(happening.phase);
      this.#hooks.happened(happening);
    }
  }

  #reach(phase: MemberPhase): void {
    this.#phase = phase;
    if (phase !== "opening") this.#resolveOpened(undefined);
  }

  #answered(number: number, answer: Answers[Question["kind"]]): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    clearTimeout(waiting?.timer);
    waiting?.resolve(answer);
  }

  #end(end: ChildEnd): void {
    const wasOpen = this.#phase !== "opening";
    this.#phase = "stopped";
    for (const number of this.#waiting.keys()) this.#answered(number, undefined);
    this.#resolveOpened(end);
    this.#resolveEnded(end);
    // Whoever has started it hears by himself that it did not come up.
    if (wasOpen && !this.#killed) this.#hooks.died(end);
  }
}
