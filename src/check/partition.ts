import { assert } from "../base/assert.ts";
import { type Bytes, textBytes } from "./byte-string.ts";
import { configFault } from "./master/config-fault.ts";
import { isMasterCommand, type MasterCommand, type ShardMap } from "./master/words.ts";
import { type History, type KeyCommand, type KeyRange, never, type Operation, type Row, type ScanCommand, type Told } from "./history.ts";

/** What one operation did to one key. A scan does something to each key in its range. */
export interface KeyOperation {
  readonly client: string;
  readonly call: number;
  /** `never` when the outcome is unknown: it may take effect at any time after its call, or not at all. */
  readonly returned: number;
  readonly command: KeyCommand | MasterCommand;
  readonly told: Told;
  /** The scan that this is a part of. */
  readonly scan?: ScanCommand;
  /** Why no state allows this answer, when none does. */
  readonly fault?: string;
}

/** All that was done to one key, in the order of the calls. */
export interface Partition {
  readonly key: Bytes;
  readonly operations: readonly KeyOperation[];
}

/** Whether an operation may take effect at any time, or never. */
export function isPending(operation: KeyOperation): boolean {
  return operation.returned === never;
}

/**
 * Splits a history by key, keys in bytewise order: a history is linearizable if and only if that of each key is. What says nothing
 * is left out: operations that failed, and reads of unknown outcome.
 *
 * A scan becomes a read of each key in its range that the history knows: of the row's value where there is a row, of nothing
 * where there is none. So it is checked that each of these keys held that at *some* instant between the scan's call and its
 * return, an instant of its own for each key; not that one instant fits them all.
 */
export function partition(history: History): Partition[] {
  return history.model === "shardmaster" ? [ofTheMaster(history)] : byKeys(history);
}

function byKeys(history: History): Partition[] {
  const byKey = new Map<Bytes, KeyOperation[]>();
  const scans: Operation[] = [];
  const telling = history.operations.filter(saysSomething).toSorted((a, b) => a.call - b.call);
  for (const operation of telling) {
    assertSense(operation);
    if (isMasterCommand(operation.command)) throw new RangeError(`the model ${history.model} has no ${operation.command.op}`);
    if (operation.command.op !== "scan") listOf(byKey, operation.command.key).push(keyOperation(operation, operation.command));
    else {
      scans.push(operation);
      for (const row of rowsOf(operation)) listOf(byKey, row.key);
    }
  }
  const keys = [...byKey.keys()].toSorted(compareKeys);
  for (const scan of scans) addScan(byKey, keys, scan);
  return keys.map((key) => ({ key, operations: inOrderOfCalls(listOf(byKey, key), scans.length > 0) }));
}

/** The shardmaster's configurations follow from each other: its history is not split. */
function ofTheMaster(history: History): Partition {
  const known = new Map<number, ShardMap>();
  const telling = history.operations.filter(saysSomething).toSorted((a, b) => a.call - b.call);
  const operations = telling.map((operation): KeyOperation => {
    assertSense(operation);
    const { command } = operation;
    if (!isMasterCommand(command)) throw new RangeError(`the model ${history.model} has no ${command.op}`);
    const each = keyOperation(operation, command);
    const fault = configFault(command, each.told, known);
    return fault === undefined ? each : { ...each, fault };
  });
  return { key: textBytes("configurations"), operations };
}

function saysSomething({ command, outcome }: Operation): boolean {
  if (outcome === "failed") return false;
  return outcome !== "unknown" || !readOnly.has(command.op);
}

/** What changes nothing. */
const readOnly: ReadonlySet<Operation["command"]["op"]> = new Set(["get", "scan", "query"]);

function assertSense({ call, returned, command: { op }, outcome }: Operation): void {
  assert(Number.isFinite(call), "an operation's call has a time");
  if (typeof outcome === "string") return;
  assert(returned !== undefined && Number.isFinite(returned), "an operation that was answered has a time of its return");
  assert(call <= returned, "an operation returns when it was called or later");
  if (op === "cas" || op === "put_version") assert(outcome.done !== undefined, "an operation with a condition tells whether it was met");
}

function listOf(byKey: Map<Bytes, KeyOperation[]>, key: Bytes): KeyOperation[] {
  const known = byKey.get(key);
  if (known !== undefined) return known;
  const list: KeyOperation[] = [];
  byKey.set(key, list);
  return list;
}

function compareKeys(a: Bytes, b: Bytes): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function inOrderOfCalls(operations: KeyOperation[], mixed: boolean): KeyOperation[] {
  return mixed ? operations.toSorted((a, b) => a.call - b.call) : operations;
}

function keyOperation({ client, call, returned, outcome }: Operation, command: KeyOperation["command"]): KeyOperation {
  if (typeof outcome === "string") return { client, call, returned: never, command, told: {} };
  return { client, call, returned: returned ?? never, command, told: outcome };
}

// ---- scans

function rowsOf({ outcome }: Operation): readonly Row[] {
  return typeof outcome === "string" ? [] : (outcome.rows ?? []);
}

/** Adds what a scan read to the list of each key that it covers. */
function addScan(byKey: Map<Bytes, KeyOperation[]>, keys: readonly Bytes[], operation: Operation): void {
  const scan = operation.command as ScanCommand;
  const { client, call } = operation;
  const returned = operation.returned ?? never;
  const rows = rowsOf(operation);
  const add = (key: Bytes, told: Told, fault: string | undefined): void => {
    const read = { client, call, returned, command: { op: "get", key }, told, scan } as const;
    listOf(byKey, key).push(fault === undefined ? read : { ...read, fault });
  };
  const seen = new Set<Bytes>();
  for (const [at, row] of rows.entries()) {
    add(row.key, row.version === undefined ? { value: row.value } : { value: row.value, version: row.version }, rowFault(scan, rows, at));
    seen.add(row.key);
  }
  const covered = coveredBy(scan, rows);
  for (let at = firstWithin(keys, covered); at < keys.length; at += 1) {
    const key = keys[at] as Bytes;
    if (isBehind(covered, key)) break;
    if (!seen.has(key)) add(key, { value: null }, undefined);
  }
}

/** Why a scan cannot have given this row; undefined when it can. */
function rowFault(scan: ScanCommand, rows: readonly Row[], at: number): string | undefined {
  const { key } = rows[at] as Row;
  const before = rows[at - 1];
  if (isBefore(scan, key) || isBehind(scan, key)) return "the row is outside the scan's range";
  if (before !== undefined && before.key === key) return "the scan gives the key twice";
  if (before !== undefined && before.key > key) return "the scan's rows are out of order";
  if (scan.limit !== undefined && at >= scan.limit) return "the scan gives more rows than its limit";
  return undefined;
}

/** The range about which a scan says something: up to its last row when it stopped at its limit. */
function coveredBy(scan: ScanCommand, rows: readonly Row[]): KeyRange {
  if (scan.limit === undefined || rows.length < scan.limit) return scan;
  const { from, after } = scan;
  const last = rows[scan.limit - 1];
  // A limit of no rows says nothing about any key.
  if (last === undefined) return { before: "" as Bytes };
  return { ...(from === undefined ? {} : { from }), ...(after === undefined ? {} : { after }), to: last.key };
}

function isBefore({ from, after }: KeyRange, key: Bytes): boolean {
  return (from !== undefined && key < from) || (after !== undefined && key <= after);
}

function isBehind({ to, before }: KeyRange, key: Bytes): boolean {
  return (to !== undefined && key > to) || (before !== undefined && key >= before);
}

/** The place of the first of the sorted `keys` that is not before the range. */
function firstWithin(keys: readonly Bytes[], range: KeyRange): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(range, keys[middle] as Bytes)) low = middle + 1;
    else high = middle;
  }
  return low;
}
