import { eventsOf, noEvent } from "./events.ts";
import type { KeyOperation } from "./partition.ts";

/** One operation as a bar. Its ends are places in the order of all calls and returns, counted from 0. */
export interface Bar {
  /** Its place in the list of operations that was laid out. */
  readonly operation: number;
  readonly lane: number;
  readonly from: number;
  /** Undefined when it never returned. */
  readonly to: number | undefined;
}

/** Bars in lanes: a client has one lane, or more where its operations overlap. */
export interface Layout {
  /** The client of each lane. */
  readonly lanes: readonly string[];
  readonly bars: readonly Bar[];
  /** How many calls and returns there are. */
  readonly width: number;
}

/** Lays out operations, which are in the order of their calls. */
export function layOut(operations: readonly KeyOperation[]): Layout {
  const { callOf, returnOf } = eventsOf(operations);
  const free = new Map<string, { lane: number; until: number }[]>();
  const drafts = operations.map(({ client }, operation) => {
    const from = (callOf[operation] as number) - 1;
    const end = returnOf[operation] as number;
    const to = end === noEvent ? undefined : end - 1;
    const own = free.get(client) ?? [];
    free.set(client, own);
    const lane = own.find(({ until }) => until < from) ?? { lane: own.length, until: 0 };
    if (lane.lane === own.length) own.push(lane);
    lane.until = to ?? Number.POSITIVE_INFINITY;
    return { operation, client, own: lane.lane, from, to };
  });
  const clients = [...free.keys()].toSorted(byName);
  const firsts = new Map<string, number>();
  const lanes: string[] = [];
  for (const client of clients) {
    firsts.set(client, lanes.length);
    for (const _ of free.get(client) ?? []) lanes.push(client);
  }
  const bars = drafts.map(({ operation, client, own, from, to }) => ({ operation, lane: (firsts.get(client) as number) + own, from, to }));
  const returns = drafts.filter(({ to }) => to !== undefined).length;
  return { lanes, bars, width: operations.length + returns };
}

/** Numbers in numeric order, before all other names. */
function byName(a: string, b: string): number {
  const [x, y] = [/^\d+$/.test(a) ? Number(a) : Infinity, /^\d+$/.test(b) ? Number(b) : Infinity];
  if (x !== y) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
