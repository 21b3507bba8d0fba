import { assert } from "../base/assert.ts";
import type { Failure } from "./check.ts";
import { whyNot } from "./describe.ts";
import { MemoBudget } from "./memo.ts";
import type { State } from "./model.ts";
import { isPending, type KeyOperation } from "./partition.ts";
import { type PartialOrder, Search } from "./search.ts";

/** One operation in a longest order, and what the key holds after it. */
export interface PlacedOperation {
  readonly operation: number;
  readonly after: State;
}

/** An operation that could come next, as far as times go. */
export interface Candidate {
  readonly operation: number;
  /** Why it does not fit; undefined where it does, but nothing goes on behind it. */
  readonly why: string | undefined;
}

/** A longest order, replayed, and where it breaks. */
export interface Explanation {
  readonly placed: readonly PlacedOperation[];
  /** What the key holds where it breaks. */
  readonly state: State;
  /** What has no place, and returns before anything else that has none. */
  readonly stuck: Candidate;
  /** Everything else that could come next. */
  readonly others: readonly Candidate[];
  /** How many operations are called after the one without a place has returned. */
  readonly later: number;
}

/** A failure with all that a picture of it needs. */
export interface ExplainedFailure {
  readonly failure: Failure;
  /** The longest orders, each with another operation that has no place; none when the search never came that far. */
  readonly explanations: readonly Explanation[];
}

/** A picture is worth so many steps. */
const stepsMax = 300_000;
const memoMax = 500_000;

/**
 * Explains a failure. The search that decided saw most dead ends from afar; one that does not goes on until nothing fits at all, and
 * so comes to the operation that gave it away.
 */
export function explainFailure(failure: Failure): ExplainedFailure {
  const search = new Search(failure, failure.model, new MemoBudget(memoMax), false);
  search.run(stepsMax);
  const isLonger = lengthOf(failure, search.partials) >= lengthOf(failure, failure.partials);
  const partials = isLonger ? search.partials : failure.partials;
  return { failure, explanations: partials.map((partial) => replayed(failure, partial)) };
}

/** How many operations that returned have a place. */
function lengthOf({ operations }: Failure, [partial]: readonly PartialOrder[]): number {
  return partial === undefined ? -1 : partial.order.filter((operation) => !isPending(operations[operation] as KeyOperation)).length;
}

/** Replays one of the longest orders of a failure. */
function replayed({ model, operations }: Failure, { order, stuck }: PartialOrder): Explanation {
  let state = model.initial;
  const placed: PlacedOperation[] = [];
  for (const operation of order) {
    const after = model.step(state, operations[operation] as KeyOperation);
    assert(after !== undefined, "a longest order is one that the model allows");
    state = after;
    placed.push({ operation, after });
  }
  const taken = new Set(order);
  const left = [...operations.keys()].filter((operation) => !taken.has(operation));
  const end = (operations[stuck] as KeyOperation).returned;
  const candidate = (operation: number): Candidate => {
    const each = operations[operation] as KeyOperation;
    return { operation, why: model.why === undefined ? whyNot(state, model.step(state, each), each) : model.why(state, each) };
  };
  const near = left.filter((operation) => (operations[operation] as KeyOperation).call <= end);
  // What is certain to have happened says more than what may never have.
  const isSure = (operation: number): boolean => !isPending(operations[operation] as KeyOperation);
  const others = [...near.filter(isSure), ...near.filter((operation) => !isSure(operation))].filter((operation) => operation !== stuck);
  return { placed, state, stuck: candidate(stuck), others: others.map(candidate), later: left.length - near.length };
}
