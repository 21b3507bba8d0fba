import type { MemoBudget } from "./memo.ts";
import { type Model, type State, versionKey } from "./model.ts";
import type { KeyOperation } from "./partition.ts";

/** No number: the states may not grow any more. */
export const noRoom = -1;

/** A kept value counts as one remembered entry for so many of its bytes. */
const bytesOfEntry = 64;

/** The states of one key that a search has come through, each with a number, so that a state is compared and hashed as its number. */
export class States {
  readonly #model: Model;
  readonly #operations: readonly KeyOperation[];
  readonly #budget: MemoBudget;
  readonly #states: State[] = [];
  /** By value, then by version. */
  readonly #numbers = new Map<State["value"], Map<number | string, number>>();
  #taken = 0;

  constructor(model: Model, operations: readonly KeyOperation[], budget: MemoBudget) {
    this.#model = model;
    this.#operations = operations;
    this.#budget = budget;
    this.numberOf(model.initial);
  }

  /** The state with a number. */
  at(number: number): State {
    return this.#states[number] as State;
  }

  /** The state that `operation` leads to from the one with the number `from`; undefined when it is not allowed there. */
  after(from: number, operation: number): State | undefined {
    return this.#model.step(this.at(from), this.#operations[operation] as KeyOperation);
  }

  /** The number of a state; `noRoom` when it is new and the states may not grow any more. */
  numberOf(state: State): number {
    const key = versionKey(state);
    const versions = this.#numbers.get(state.value);
    const known = versions?.get(key);
    if (known !== undefined) return known;
    const cost = versions === undefined ? Math.floor((state.value?.length ?? 0) / bytesOfEntry) : 0;
    if (!this.#budget.take(cost)) return noRoom;
    this.#taken += cost;
    const number = this.#states.length;
    this.#states.push(state);
    if (versions === undefined) this.#numbers.set(state.value, new Map([[key, number]]));
    else versions.set(key, number);
    return number;
  }

  /** Gives back what was taken from the budget. */
  clear(): void {
    this.#budget.give(this.#taken);
    this.#taken = 0;
    this.#numbers.clear();
    this.#states.length = 0;
  }
}
