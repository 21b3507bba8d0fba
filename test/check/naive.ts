import type { Bytes } from "../../src/check/byte-string.ts";
import type { StoreCommand, History, KeyCommand, ModelName, Operation, Row, Told } from "../../src/check/history.ts";
import { isMasterCommand } from "../../src/check/master/words.ts";

/** A row; one that was deleted is remembered, without a value, for its last version. */
interface NaiveRow {
  readonly value: string | null;
  readonly version: number;
}

/** A store as a beginner would write it: it does one command after the other and tells everything. */
export class NaiveStore {
  readonly model: ModelName;
  readonly rows: Map<string, NaiveRow>;

  constructor(model: ModelName, rows: NaiveStore["rows"] = new Map()) {
    this.model = model;
    this.rows = rows;
  }

  copy(): NaiveStore {
    return new NaiveStore(this.model, new Map(this.rows));
  }

  /** A key that held nothing gets a version that is higher by `skip` than it need be. */
  execute(command: StoreCommand, skip = 0): Told {
    if (command.op === "scan") return { rows: this.#scan(command) };
    const row = this.rows.get(command.key) ?? { value: this.model === "kv" ? "" : null, version: 0 };
    const version = row.value === null ? 0 : row.version;
    const conditional = command.op === "cas" || command.op === "put_version";
    const done = (command.op !== "cas" || row.value === command.expected) && (command.op !== "put_version" || version === command.version);
    const told = { value: row.value as Bytes | null, existed: row.value !== null, ...(conditional ? { done } : {}) };
    const value = command.op === "get" || !done ? row.value : valueAfter(command, row.value);
    if (command.op === "get" || !done || (value === null && row.value === null)) return { ...told, version };
    const next = row.version + 1 + (row.value === null ? skip : 0);
    this.rows.set(command.key, { value, version: value === null ? row.version : next });
    return { ...told, version: value === null ? 0 : next };
  }

  #scan(command: StoreCommand & { op: "scan" }): Row[] {
    const rows: Row[] = [];
    for (const [key, { value, version }] of [...this.rows].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (value !== null && inRange(command, key)) rows.push({ key: key as Bytes, value: value as Bytes, version });
    }
    return rows.slice(0, command.limit ?? rows.length);
  }
}

function valueAfter(command: Exclude<KeyCommand, { op: "get" }>, before: string | null): string | null {
  if (command.op === "append") return (before ?? "") + command.value;
  return "value" in command ? command.value : null;
}

export function inRange({ from, after, to, before }: StoreCommand & { op: "scan" }, key: string): boolean {
  if (from !== undefined && key < from) return false;
  if (after !== undefined && key <= after) return false;
  if (to !== undefined && key > to) return false;
  return before === undefined || key < before;
}

/** One operation as the oracle sees it: at what times it may take effect, what it does, and what it told. */
interface Deed {
  readonly call: number;
  readonly returned: number;
  readonly command: KeyCommand;
  readonly told: Told;
}

/**
 * Whether a history is linearizable, by trying every order of all its operations that agrees with their times: no keys apart, no
 * memory, no shortcut. Scans are taken apart into reads of keys, as promised; where a key begins to hold something, every version is
 * tried that somebody could notice. For histories of few operations.
 */
export function isLinearizable(history: History): boolean {
  const deeds = deedsOf(history);
  if (deeds === undefined) return false;
  const versions = deeds.flatMap(({ command, told }) => [command.op === "put_version" ? command.version : 0, told.version ?? 0]);
  return someOrder(deeds, new NaiveStore(history.model), Math.max(0, ...versions));
}

function someOrder(left: readonly Deed[], store: NaiveStore, skipMax: number): boolean {
  if (left.every(({ returned }) => returned === Infinity)) return true;
  return left.some((deed) => {
    if (left.some((other) => other.returned < deed.call)) return false;
    return Array.from({ length: skipMax + 1 }, (_, skip) => skip).some((skip) => {
      const after = store.copy();
      const told = after.execute(deed.command, skip);
      const begins = told.existed === false && after.rows.get(deed.command.key)?.value != null;
      if (skip > 0 && !begins) return false;
      return (
        agrees(told, deed.told) &&
        someOrder(
          left.filter((other) => other !== deed),
          after,
          skipMax,
        )
      );
    });
  });
}

function agrees(all: Told, told: Told): boolean {
  return Object.entries(told).every(([name, value]) => all[name as keyof Told] === value);
}

function ofStore(command: Operation["command"]): StoreCommand {
  if (isMasterCommand(command)) throw new Error("this oracle knows stores");
  return command;
}

/** Undefined when a scan's answer is wrong in itself. */
function deedsOf({ operations }: History): Deed[] | undefined {
  const keys = new Set<string>();
  for (const { command, outcome } of operations) {
    if (outcome === "failed") continue;
    const asked = ofStore(command);
    if (asked.op !== "scan") keys.add(asked.key);
    else if (outcome !== "unknown") for (const { key } of outcome.rows ?? []) keys.add(key);
  }
  const deeds: Deed[] = [];
  for (const { call, returned, command: any, outcome } of operations) {
    if (outcome === "failed") continue;
    const command = ofStore(any);
    if (command.op !== "scan") {
      if (outcome === "unknown") deeds.push({ call, returned: Infinity, command, told: {} });
      else deeds.push({ call, returned: returned ?? Infinity, command, told: outcome });
    } else if (outcome !== "unknown") {
      const reads = readsOf(command, outcome, keys);
      if (reads === undefined) return undefined;
      deeds.push(...reads.map(([key, told]) => ({ call, returned: returned ?? Infinity, command: { op: "get", key } as const, told })));
    }
  }
  return deeds;
}

function readsOf(command: StoreCommand & { op: "scan" }, { rows = [] }: Told, keys: ReadonlySet<string>): [Bytes, Told][] | undefined {
  const names = rows.map(({ key }) => key as string);
  if (names.some((name, at) => !inRange(command, name) || names.indexOf(name) !== at || (names[at - 1] ?? "") > name)) return undefined;
  if (rows.length > (command.limit ?? Infinity)) return undefined;
  const full = rows.length === command.limit;
  return [...keys]
    .filter((key) => inRange(command, key) && (!full || (key <= (names.at(-1) ?? "") && rows.length > 0)))
    .map((key) => {
      const row = rows.find((each) => each.key === key);
      if (row === undefined) return [key as Bytes, { value: null }];
      return [key as Bytes, row.version === undefined ? { value: row.value } : { value: row.value, version: row.version }];
    });
}

/** The operations with other outcomes or times. */
export function changed(history: History, at: number, change: Partial<Operation>): History {
  return { ...history, operations: history.operations.map((each, index) => (index === at ? { ...each, ...change } : each)) };
}
