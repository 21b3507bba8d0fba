import { isPending, type KeyOperation } from "./partition.ts";

/** What stands before the first event of an operation that returns, and behind the last. */
export const noEvent = 0;

/**
 * The calls and returns of one key's operations, numbered in the order of their times from 1 on, as two doubly linked rings: what has
 * been placed is lifted out and put back. One ring holds the operations that return; their first event stands behind `noEvent`. The other
 * holds the calls of those that are pending, behind `pendingHead`, whose number is above all others.
 */
export interface Events {
  readonly pendingHead: number;
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** The operation that an event calls; -1 - operation for its return. */
  readonly operationAt: Int32Array;
  /** The event that calls each operation. */
  readonly callOf: Int32Array;
  /** The event at which each returns; `noEvent` for those that are pending. */
  readonly returnOf: Int32Array;
}

/** The events of operations that are in the order of their calls. At equal times calls come before returns. */
export function eventsOf(operations: readonly KeyOperation[]): Events {
  const returning = returnsInOrder(operations);
  const count = 1 + operations.length + returning.length;
  const operationAt = new Int32Array(count);
  const callOf = new Int32Array(operations.length);
  const returnOf = new Int32Array(operations.length);
  let called = 0;
  let returned = 0;
  for (let event = 1; event < count; event += 1) {
    const nextCall = operations[called];
    const returns = returning[returned];
    if (nextCall !== undefined && (returns === undefined || nextCall.call <= (operations[returns] as KeyOperation).returned)) {
      operationAt[event] = called;
      callOf[called] = event;
      called += 1;
    } else {
      operationAt[event] = -1 - (returns as number);
      returnOf[returns as number] = event;
      returned += 1;
    }
  }
  return { pendingHead: count, ...ringsOf(operationAt, returnOf), operationAt, callOf, returnOf };
}

function ringsOf(operationAt: Int32Array, returnOf: Int32Array): Pick<Events, "next" | "previous"> {
  const pendingHead = operationAt.length;
  const next = new Int32Array(pendingHead + 1);
  const previous = new Int32Array(pendingHead + 1);
  let last = noEvent;
  let lastPending = pendingHead;
  for (let event = 1; event < pendingHead; event += 1) {
    const operation = operationAt[event] as number;
    const isPendingCall = operation >= 0 && returnOf[operation] === noEvent;
    const before = isPendingCall ? lastPending : last;
    next[before] = event;
    previous[event] = before;
    if (isPendingCall) lastPending = event;
    else last = event;
  }
  next[last] = noEvent;
  previous[noEvent] = last;
  next[lastPending] = pendingHead;
  previous[pendingHead] = lastPending;
  return { next, previous };
}

/** The operations that return, by the times of their returns. */
function returnsInOrder(operations: readonly KeyOperation[]): Int32Array {
  const returning = Int32Array.from([...operations.keys()].filter((at) => !isPending(operations[at] as KeyOperation)));
  return returning.toSorted((a, b) => (operations[a] as KeyOperation).returned - (operations[b] as KeyOperation).returned || a - b);
}

/** Takes an operation's events out of the list. */
export function lift({ next, previous, callOf, returnOf }: Events, operation: number): void {
  unlink(next, previous, callOf[operation] as number);
  const event = returnOf[operation] as number;
  if (event !== noEvent) unlink(next, previous, event);
}

/** Puts an operation's events back. What was lifted last goes back first: its neighbours are then where they were. */
export function putBack({ next, previous, callOf, returnOf }: Events, operation: number): void {
  const event = returnOf[operation] as number;
  if (event !== noEvent) relink(next, previous, event);
  relink(next, previous, callOf[operation] as number);
}

function unlink(next: Int32Array, previous: Int32Array, event: number): void {
  const before = previous[event] as number;
  const behind = next[event] as number;
  next[before] = behind;
  previous[behind] = before;
}

function relink(next: Int32Array, previous: Int32Array, event: number): void {
  next[previous[event] as number] = event;
  previous[next[event] as number] = event;
}
