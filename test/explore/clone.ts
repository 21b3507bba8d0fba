/** A permutation of the members: the new name of each. */
export type Renaming = readonly number[];

/** Fields that hold the id of a member. */
const idFields = new Set(["id", "vote", "leader", "from", "to"]);
/** Maps whose keys are, and lists whose items are, ids of members. */
const idKeys = new Set(["votes", "progress"]);
const idLists = new Set(["offers"]);

/** A copy that shares nothing that changes: entries, bytes, functions and what is frozen stay the same objects. */
export function cloned<T>(value: T): T {
  return copy(value, "", undefined) as T;
}

/** A copy in which every member has its new name. The members are all renamed, so a list of all of them stays as it is. */
export function renamed<T>(value: T, names: Renaming): T {
  return copy(value, "", names) as T;
}

function copy(value: unknown, field: string, names: Renaming | undefined): unknown {
  if (names !== undefined && typeof value === "number") return idFields.has(field) ? names[value] : value;
  if (typeof value !== "object" || value === null || Object.isFrozen(value) || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) {
    const isIds = names !== undefined && idLists.has(field);
    return value.map((item: unknown) => (isIds ? names[item as number] : copy(item, "", names)));
  }
  if (value instanceof Map) {
    const isIds = names !== undefined && idKeys.has(field);
    return new Map([...value].map(([key, item]) => [isIds ? names[key as number] : key, copy(item, "", names)]));
  }
  if ("data" in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item, key, names)]));
}

/**
 * Fields that decide nothing here: what only ticks read; what never changes; bytes, whose limits are far above what is explored.
 * Every other field counts, also one that the core gets later.
 */
const ignored = new Set(
  [
    "options trace membership random electionElapsed heartbeatElapsed electionTimeout stalled",
    "uncommittedBytes unstableBytes unwrittenBytes bytes inFlightBytes active snapshotTicks",
  ].flatMap((names) => names.split(" ")),
);
/** Numbers of writes; only those that are not durable yet matter, and only in relation to the last one that is. */
const writeNumbers = new Set(["nextWrite", "hardStateWrite", "persisted", "after", "number"]);
/** Lists in which the order decides nothing. */
const unordered = new Set(["held", "outbox"]);

/** An append carries an entry at least, so wider windows than there are entries are all alike. */
const widestWindow = 4;

/** A text that is the same for two replicas, messages and so on exactly if they behave the same. */
export function canonical(value: unknown, durable = 0): string {
  return text(value, "", durable);
}

function text(value: unknown, field: string, durable: number): string {
  if (typeof value === "number") {
    if (writeNumbers.has(field)) return String(Math.max(0, value - durable));
    return String(field === "window" ? Math.min(value, widestWindow) : value);
  }
  if (typeof value !== "object" || value === null) return value === undefined ? "-" : JSON.stringify(value);
  if (value instanceof Uint8Array) return `<${value.join(".")}>`;
  if (Array.isArray(value)) {
    const items = value.map((item) => text(item, "", durable));
    return `[${(unordered.has(field) ? items.toSorted() : items).join(",")}]`;
  }
  const pairs: [string, unknown][] = value instanceof Map ? [...value].map(([key, item]) => [String(key), item]) : Object.entries(value);
  return `{${pairs
    .filter(([key]) => !ignored.has(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${key}:${text(item, key, durable)}`)
    .join(",")}}`;
}
