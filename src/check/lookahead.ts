import { unreachable } from "../base/assert.ts";
import { type Events, noEvent } from "./events.ts";
import type { Value } from "./history.ts";
import type { State } from "./model.ts";
import type { KeyOperation } from "./partition.ts";

/**
 * Sees that a state leads nowhere before the search has tried everything from there. The next operation to return that told a value
 * must still find that value, made of the present one by appends, or of one that another operation writes before. If none of
 * these is a beginning of what was told, no order goes on from here. And versions only rise, so that it must not be too late for the
 * next version that was told. Where writes tell nothing, as in the public data, this is what keeps their many orders from being tried
 * one by one; where they tell versions, it keeps pending ones from being tried in places where there is no room for them.
 */
export class Lookahead {
  readonly #events: Events;
  /** What each operation leaves whatever was there before; undefined for what keeps it, or only adds to it. */
  readonly #leaves: readonly (Value | undefined)[];
  /** What each operation told that the key held just before; undefined where it did not. */
  readonly #found: readonly (Value | undefined)[];
  /** Of each operation, the highest version that the key can have had before it, if that is known. */
  readonly #versionMax: readonly (number | undefined)[];
  readonly #tellsVersions: boolean;

  constructor(events: Events, operations: readonly KeyOperation[]) {
    this.#events = events;
    this.#leaves = operations.map(leftBy);
    this.#found = operations.map(({ told }) => told.value);
    this.#versionMax = operations.map(versionMaxBefore);
    this.#tellsVersions = this.#versionMax.some((version) => version !== undefined);
  }

  /** Whether no order goes on from here, once `placed` has left the key in this state. */
  isHopeless(placed: number, state: State): boolean {
    return (this.#tellsVersions && this.#isTooLate(placed, state)) || this.#isNeverFound(placed, state.value);
  }

  #isTooLate(placed: number, { version, floor = 0 }: State): boolean {
    const { operationAt } = this.#events;
    const end = this.#nextThat(placed, this.#versionMax);
    return end !== noEvent && Math.max(version, floor) > (this.#versionMax[-1 - (operationAt[end] as number)] as number);
  }

  #isNeverFound(placed: number, value: Value): boolean {
    const { next, operationAt, pendingHead } = this.#events;
    const end = this.#nextThat(placed, this.#found);
    if (end === noEvent) return false;
    const found = this.#found[-1 - (operationAt[end] as number)] as Value;
    if (isBeginning(value, found)) return false;
    return !this.#canLeave(placed, next[noEvent] as number, end, found) && !this.#canLeave(placed, next[pendingHead] as number, end, found);
  }

  /** The first return of an operation, other than `placed`, of which something is known. */
  #nextThat(placed: number, known: readonly unknown[]): number {
    const { next, operationAt } = this.#events;
    let event = next[noEvent] as number;
    for (; event !== noEvent; event = next[event] as number) {
      const returning = -1 - (operationAt[event] as number);
      if (returning >= 0 && returning !== placed && known[returning] !== undefined) break;
    }
    return event;
  }

  /** Whether an operation in this ring, called before `end`, could leave a beginning of what was found. */
  #canLeave(placed: number, first: number, end: number, found: Value): boolean {
    const { next, operationAt } = this.#events;
    for (let event = first; event < end; event = next[event] as number) {
      const operation = operationAt[event] as number;
      const left = operation < 0 || operation === placed ? undefined : this.#leaves[operation];
      if (left !== undefined && isBeginning(left, found)) return true;
    }
    return false;
  }
}

function leftBy({ command }: KeyOperation): Value | undefined {
  switch (command.op) {
    case "get":
    case "append":
    case "query":
    case "join":
    case "leave":
    case "move":
      return undefined;
    case "delete":
      return null;
    case "put":
    case "swap":
    case "cas":
    case "put_version":
      return command.value;
    default:
      return unreachable(command);
  }
}

function versionMaxBefore({ command, told: { done, version } }: KeyOperation): number | undefined {
  // Version 0 says that the key holds nothing, and nothing of the versions that it had.
  if (command.op === "put_version" && done === true && command.version > 0) return command.version;
  if (version === undefined || version === 0) return undefined;
  return command.op === "get" || command.op === "query" || done === false ? version : version - 1;
}

/** Whether appends can make the one of the other. Nothing at all is the beginning of everything. */
function isBeginning(value: Value, whole: Value): boolean {
  if (value === null) return true;
  return whole !== null && whole.startsWith(value);
}
