import { eventsOf, type Events, lift, noEvent, putBack } from "./events.ts";
import { Lookahead } from "./lookahead.ts";
import { Memo, type MemoBudget } from "./memo.ts";
import { isSameState, type Model } from "./model.ts";
import { isPending, type KeyOperation, type Partition } from "./partition.ts";
import { Placed } from "./placed.ts";
import { noRoom, States } from "./states.ts";

/** An order of some operations that the model allows, and that no search could make longer. */
export interface PartialOrder {
  /** Places in the partition's list of operations. */
  readonly order: readonly number[];
  /** The operation that returns next and has no place: nothing that could come before it is allowed either. */
  readonly stuck: number;
}

/** How far a search has come. `full`: it would have to remember more than it may. */
export type SearchState = "running" | "legal" | "illegal" | "full";

/** So many of the longest orders are kept, each with another operation that has no place. */
const partialsMax = 8;
const none = -1;

/**
 * The search for an order of one key's operations that its model allows and that agrees with their times (Wing and Gong's, with the
 * memory that Lowe added). From the first event on it tries to place the next operation that was called. At the return of one that
 * has not been placed, it tries the pending ones: they come last, because most of them are never needed. Then it has gone wrong
 * somewhere, takes back the last one placed, and goes on behind it.
 *
 * Four things are left out, since they cannot change the verdict:
 * - other choices than a read that is allowed and tells nothing new: at once is the best place for it;
 * - pending operations that would change nothing;
 * - a pending operation before its twin, an equal one that was called earlier;
 * - a write after which the next operation to return could not find what it told (see `Lookahead`).
 */
export class Search {
  readonly #events: Events;
  readonly #lookahead: Lookahead | undefined;
  readonly #states: States;
  readonly #placed: Placed;
  readonly #memo: Memo;
  /** The twin of each pending operation; `none` for others. */
  readonly #twins: Int32Array;
  /** 1 for what never changes what the key holds, though it may tell more of it. */
  readonly #harmless: Uint8Array;
  // What has been placed, in order; the state before each; whether there was no other choice.
  readonly #order: Int32Array;
  readonly #before: Int32Array;
  readonly #forced: Uint8Array;
  /** What `#blocked` was when each was placed. */
  readonly #blockedAt: Int32Array;
  #depth = 0;
  #state = 0;
  /** What is looked at next. */
  #event: number;
  /** The return at which only pending operations are left to try; `noEvent` while there are others. */
  #blocked = noEvent;
  /** Operations that return and have not been placed. */
  #open: number;
  #longest = 0;
  #partials: PartialOrder[] = [];
  #outcome: SearchState = "running";

  /** Without `farsighted` it goes on from hopeless states too: to the same verdict, but with longer orders on the way. */
  constructor({ operations }: Partition, model: Model, budget: MemoBudget, farsighted = true) {
    this.#events = eventsOf(operations);
    this.#lookahead = farsighted ? new Lookahead(this.#events, operations) : undefined;
    this.#states = new States(model, operations, budget);
    this.#placed = new Placed(operations);
    this.#memo = new Memo(budget);
    this.#twins = twinsOf(operations);
    this.#harmless = Uint8Array.from(operations, (operation) => (isHarmless(operation) ? 1 : 0));
    this.#order = new Int32Array(operations.length);
    this.#before = new Int32Array(operations.length);
    this.#forced = new Uint8Array(operations.length);
    this.#blockedAt = new Int32Array(operations.length);
    this.#event = this.#events.next[noEvent] as number;
    this.#open = this.#placed.returning;
  }

  /** What has come out. */
  get outcome(): SearchState {
    return this.#outcome;
  }

  /** The longest orders found before it went wrong. */
  get partials(): readonly PartialOrder[] {
    return this.#partials;
  }

  /** Goes on for at most so many steps, and says how many it took. */
  run(stepsMax: number): number {
    const { next, operationAt, pendingHead } = this.#events;
    let steps = 0;
    while (this.#outcome === "running" && steps < stepsMax) {
      if (this.#open === 0) {
        this.#outcome = "legal";
        break;
      }
      steps += 1;
      if (this.#blocked !== noEvent && this.#event > this.#blocked) {
        this.#turnBack(-1 - (operationAt[this.#blocked] as number));
        continue;
      }
      const operation = operationAt[this.#event] as number;
      if (operation < 0) {
        this.#blocked = this.#event;
        this.#event = next[pendingHead] as number;
      } else if (!this.#tryToPlace(operation)) this.#event = next[this.#event] as number;
    }
    if (this.#outcome !== "running") this.#forget();
    return steps;
  }

  /** Places an operation if it is allowed here and leads anywhere new. Otherwise the next event is to be looked at. */
  #tryToPlace(operation: number): boolean {
    const twin = this.#twins[operation] as number;
    if (twin !== none && !this.#placed.has(twin)) return false;
    const state = this.#states.after(this.#state, operation);
    if (state === undefined) return false;
    const pending = this.#events.returnOf[operation] === noEvent;
    const idle = isSameState(state, this.#states.at(this.#state));
    if (idle ? pending : this.#lookahead?.isHopeless(operation, state) === true) return false;
    const after = idle ? this.#state : this.#states.numberOf(state);
    const forced = idle && this.#harmless[operation] === 1;
    this.#placed.add(operation);
    const remembered = after === noRoom ? "full" : this.#memo.add(this.#placed, after);
    if (remembered === "new") {
      this.#push(operation, after, forced, pending);
      return true;
    }
    this.#placed.remove(operation);
    if (remembered === "full") {
      this.#outcome = "full";
      return true;
    }
    // Where such an operation leads nowhere, nothing else does.
    if (forced) this.#takeBack();
    return forced;
  }

  #push(operation: number, after: number, forced: boolean, pending: boolean): void {
    this.#order[this.#depth] = operation;
    this.#before[this.#depth] = this.#state;
    this.#forced[this.#depth] = forced ? 1 : 0;
    this.#blockedAt[this.#depth] = this.#blocked;
    this.#depth += 1;
    this.#state = after;
    if (!pending) this.#open -= 1;
    lift(this.#events, operation);
    this.#blocked = noEvent;
    this.#event = this.#events.next[noEvent] as number;
  }

  /** At the return of an operation that has not been placed. */
  #turnBack(stuck: number): void {
    const length = this.#placed.returning - this.#open;
    if (length >= this.#longest) this.#keep(length, stuck);
    this.#takeBack();
  }

  /** Takes back the last choice, and all that had to follow from it. */
  #takeBack(): void {
    for (;;) {
      if (this.#depth === 0) {
        this.#outcome = "illegal";
        return;
      }
      this.#depth -= 1;
      const operation = this.#order[this.#depth] as number;
      this.#state = this.#before[this.#depth] as number;
      this.#placed.remove(operation);
      putBack(this.#events, operation);
      if (this.#events.returnOf[operation] !== noEvent) this.#open += 1;
      if (this.#forced[this.#depth] === 0) {
        this.#blocked = this.#blockedAt[this.#depth] as number;
        this.#event = this.#events.next[this.#events.callOf[operation] as number] as number;
        return;
      }
    }
  }

  #keep(length: number, stuck: number): void {
    if (length > this.#longest) {
      this.#longest = length;
      this.#partials = [];
    }
    const known = this.#partials.findIndex((partial) => partial.stuck === stuck);
    // Of two that are as long, the one with fewer pending operations says more plainly why nothing goes on.
    if (known === -1 ? this.#partials.length >= partialsMax : (this.#partials[known] as PartialOrder).order.length <= this.#depth) return;
    this.#partials.splice(known === -1 ? this.#partials.length : known, 1, { order: [...this.#order.subarray(0, this.#depth)], stuck });
  }

  /** Lets go of what only the search needs. */
  #forget(): void {
    this.#memo.clear();
    this.#states.clear();
  }
}

/** A read, or a write that told that it did nothing. A write that merely would do nothing now may be needed later. */
function isHarmless({ command, told }: KeyOperation): boolean {
  return (
    command.op === "get" ||
    command.op === "query" ||
    told.done === false ||
    told.refused === true ||
    (command.op === "delete" && told.existed === false)
  );
}

/** For each pending operation the last one before it that does the same; trying them in this order is enough. */
function twinsOf(operations: readonly KeyOperation[]): Int32Array {
  const last = new Map<string, number>();
  return Int32Array.from(operations, (operation, at) => {
    if (!isPending(operation)) return none;
    const same = JSON.stringify(operation.command);
    const twin = last.get(same) ?? none;
    last.set(same, at);
    return twin;
  });
}
