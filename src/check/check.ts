import { assert } from "../base/assert.ts";
import { appendOnlyOpinion, type Opinion } from "./append-only.ts";
import type { Bytes } from "./byte-string.ts";
import type { History } from "./history.ts";
import { MemoBudget } from "./memo.ts";
import type { Model } from "./model.ts";
import { modelOf } from "./models.ts";
import { type KeyOperation, partition, type Partition } from "./partition.ts";
import { type PartialOrder, Search } from "./search.ts";

/** `undecided`: a limit was reached before anything was known. It never means that all is well. */
export type Verdict = "linearizable" | "not linearizable" | "undecided";

/** How much a check may cost. */
export interface CheckOptions {
  /** The most steps of all searches together: some ten million take a few seconds. */
  readonly stepsMax: number;
  /** The most entries that all searches may remember together, of 64 bytes; a larger one counts as several. */
  readonly memoMax: number;
  /** Steps after which it is another key's turn, so that an easy refutation is found although another key is hard. */
  readonly sliceSteps: number;
}

const defaults: CheckOptions = { stepsMax: 200_000_000, memoMax: 5_000_000, sliceSteps: 20_000 };

/** Options with everything in them that was not given. */
export function checkOptions(given: Partial<CheckOptions> = {}): CheckOptions {
  const options = { ...defaults, ...given };
  for (const [name, value] of Object.entries(options)) {
    assert(Number.isSafeInteger(value) && value > 0, `${name} is a whole number, one or more`);
  }
  return Object.freeze(options);
}

/** Why a history is not linearizable: a key whose operations no order fits. */
export interface Failure {
  readonly key: Bytes;
  readonly model: Model;
  readonly operations: readonly KeyOperation[];
  /** The longest orders of a part of them, the first found first; all of the same length, not counting pending operations. */
  readonly partials: readonly PartialOrder[];
  /** What the second opinion says, where it has one. */
  readonly reason: string | undefined;
}

/** What a check has come to. */
export interface CheckResult {
  readonly verdict: Verdict;
  readonly keys: number;
  /** Operations of all keys; a scan counts once for each key that it covers, and what says nothing is not counted. */
  readonly operations: number;
  readonly steps: number;
  /** Keys about which nothing is known because a limit was reached, or because another key was refuted first. */
  readonly undecided: readonly Bytes[];
  readonly failure: Failure | undefined;
}

interface Task {
  readonly partition: Partition;
  readonly opinion: Opinion;
  search: Search | undefined;
}

function isRefuted({ opinion }: Task): boolean {
  return opinion.verdict === "not linearizable";
}

/**
 * Decides whether a history is linearizable. It runs in slices, so that its caller can say how far it has come, or stop. Keys take
 * turns; the first that is refuted ends it.
 */
export class Check {
  readonly #history: History;
  readonly #options: CheckOptions;
  readonly #budget: MemoBudget;
  readonly #keys: number;
  readonly #operations: number;
  /** Keys that are being searched, in the order of their turns. */
  #tasks: Task[];
  /** Keys that were given up. */
  readonly #givenUp: Task[] = [];
  #turn = 0;
  #steps = 0;
  #verdict: Verdict | undefined;
  #failure: Failure | undefined;

  constructor(history: History, options: CheckOptions = checkOptions()) {
    this.#history = history;
    this.#options = options;
    this.#budget = new MemoBudget(options.memoMax);
    const tasks = partition(history).map((each) => ({
      partition: each,
      opinion: appendOnlyOpinion(history.model, each),
      search: undefined,
    }));
    // What the second opinion refutes is searched first: that ends it soonest, with a picture of what is wrong.
    this.#tasks = [...tasks.filter(isRefuted), ...tasks.filter((task) => !isRefuted(task))];
    this.#keys = tasks.length;
    this.#operations = tasks.reduce((sum, task) => sum + task.partition.operations.length, 0);
  }

  /** How far it is: steps taken, keys that are decided, and how many keys there are. */
  get progress(): { readonly steps: number; readonly decided: number; readonly keys: number } {
    return { steps: this.#steps, decided: this.#keys - this.#tasks.length - this.#givenUp.length, keys: this.#keys };
  }

  /** Goes on for about so many steps; undefined when that was not enough. */
  run(steps: number): CheckResult | undefined {
    const end = this.#steps + steps;
    while (this.#verdict === undefined && this.#steps < end) this.#slice();
    return this.#verdict === undefined ? undefined : this.#result(this.#verdict);
  }

  #slice(): void {
    const task = this.#tasks[this.#turn];
    if (task === undefined) {
      if (this.#tasks.length === 0) this.#conclude();
      this.#turn = 0;
      return;
    }
    const left = this.#options.stepsMax - this.#steps;
    if (left === 0) {
      this.#givenUp.push(...this.#tasks.splice(0));
      return;
    }
    task.search ??= new Search(task.partition, modelOf(this.#history.model, task.partition), this.#budget);
    this.#steps += task.search.run(Math.min(left, this.#options.sliceSteps));
    this.#judge(task, task.search);
  }

  #judge(task: Task, { outcome, partials }: Search): void {
    switch (outcome) {
      case "running":
        this.#turn += 1;
        return;
      case "full":
        this.#givenUp.push(task);
        break;
      case "legal":
        assert(task.opinion.verdict !== "not linearizable", "the search and the second opinion agree");
        break;
      case "illegal":
        assert(task.opinion.verdict !== "linearizable", "the search and the second opinion agree");
        this.#fail(task, partials);
    }
    this.#tasks.splice(this.#turn, 1);
  }

  #fail({ partition: { key, operations }, opinion }: Task, partials: readonly PartialOrder[]): void {
    const reason = opinion.verdict === "not linearizable" ? opinion.reason : undefined;
    this.#failure = { key, model: modelOf(this.#history.model, { key, operations }), operations, partials, reason };
    this.#verdict = "not linearizable";
  }

  /** No key is left to search: for those that were given up, the second opinion counts where there is one. */
  #conclude(): void {
    const refuted = this.#givenUp.find(isRefuted);
    if (refuted !== undefined) {
      this.#fail(refuted, refuted.search?.partials ?? []);
      return;
    }
    const open = this.#givenUp.filter(({ opinion }) => opinion.verdict === "silent");
    this.#givenUp.splice(0, this.#givenUp.length, ...open);
    this.#verdict = open.length === 0 ? "linearizable" : "undecided";
  }

  #result(verdict: Verdict): CheckResult {
    const open = [...this.#tasks, ...this.#givenUp].map((task) => task.partition.key).filter((key) => key !== this.#failure?.key);
    return {
      verdict,
      keys: this.#keys,
      operations: this.#operations,
      steps: this.#steps,
      undecided: open.toSorted((a, b) => (a < b ? -1 : 1)),
      failure: this.#failure,
    };
  }
}

/** Decides whether a history is linearizable, in one go. */
export function checkHistory(history: History, given: Partial<CheckOptions> = {}): CheckResult {
  const options = checkOptions(given);
  const check = new Check(history, options);
  for (;;) {
    const result = check.run(options.stepsMax);
    if (result !== undefined) return result;
  }
}
