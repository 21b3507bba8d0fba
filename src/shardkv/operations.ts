import { unreachable } from "../base/assert.ts";
import { emptyBytes, equalBytes } from "../base/bytes.ts";
import type { Refused, Shard } from "../rsm/state/state-machine.ts";
import type { State } from "../rsm/state/state.ts";
import { badRequest } from "../rsm/request-fields.ts";
import type { Cas, KvCommand } from "./commands.ts";
import type { KvResult } from "./results.ts";
import { dataKey, dataValue, indexKey, shardKey, valueOfData, versionOfData } from "./rows.ts";
import { encodeShardRow, type Serving } from "./shard-row.ts";

/** What a command finds where its key belongs. */
interface Slot {
  readonly state: State;
  readonly shard: Shard;
  readonly serving: Serving;
  readonly key: Uint8Array;
  /** The key of the data row. */
  readonly place: Uint8Array;
  /** The data row; nothing when the key is absent. */
  readonly row: Uint8Array | undefined;
  /** The key's version; 0 when it is absent. */
  readonly version: number;
}

/** Executes a command whose key is in `shard`, which is served. A refusal has changed nothing. */
export function execute(shard: Shard, serving: Serving, command: KvCommand, state: State, valueBytesMax: number): KvResult | Refused {
  const slot = slotOf(shard, serving, command.key, state);
  switch (command.op) {
    case "put":
      return { ok: true, op: "put", existed: slot.row !== undefined, version: write(slot, command.value) };
    case "append":
      return append(slot, command.value, valueBytesMax);
    case "swap":
      return { ok: true, op: "swap", old: valueIn(slot), version: write(slot, command.value) };
    case "delete":
      remove(slot);
      return { ok: true, op: "delete", existed: slot.row !== undefined };
    case "cas":
      return compareAndSet(slot, command);
    case "put_version":
      if (slot.version !== command.version) return { ok: true, op: "put_version", done: false, version: slot.version };
      return { ok: true, op: "put_version", done: true, version: write(slot, command.value) };
    default:
      return unreachable(command);
  }
}

function slotOf(shard: Shard, serving: Serving, key: Uint8Array, state: State): Slot {
  const place = dataKey(key, serving.epoch);
  const row = state.get(place);
  return { state, shard, serving, key, place, row, version: row === undefined ? 0 : versionOfData(row) };
}

function append(slot: Slot, more: Uint8Array, bytesMax: number): KvResult | Refused {
  const old = valueIn(slot);
  const length = (old?.length ?? 0) + more.length;
  if (length > bytesMax) {
    return badRequest(`An append of ${more.length} bytes was given, which makes a value of ${length} bytes; ${bytesMax} are allowed.`);
  }
  const version = old === undefined ? write(slot, more) : write(slot, old, more);
  return { ok: true, op: "append", old, version };
}

function compareAndSet(slot: Slot, { expected, value }: Cas): KvResult {
  const current = valueIn(slot);
  if (!isSame(current, expected)) return { ok: true, op: "cas", done: false, version: slot.version, current };
  if (value !== undefined) return { ok: true, op: "cas", done: true, version: write(slot, value) };
  remove(slot);
  return { ok: true, op: "cas", done: true, version: 0 };
}

function isSame(current: Uint8Array | undefined, expected: Uint8Array | undefined): boolean {
  return current === undefined || expected === undefined ? current === expected : equalBytes(current, expected);
}

function valueIn(slot: Slot): Uint8Array | undefined {
  return slot.row === undefined ? undefined : valueOfData(slot.row);
}

/** Gives the key a value, in two parts that are both copied; its new version. */
function write(slot: Slot, value: Uint8Array, more?: Uint8Array): number {
  const { state, shard, serving, key, place, row } = slot;
  const version = row === undefined ? serving.versionFloor + 1 : slot.version + 1;
  if (row === undefined) state.put(indexKey(shard, serving.epoch, key), emptyBytes);
  state.put(place, dataValue(version, value, more));
  return version;
}

/** Takes the key away, if it is there. */
function remove(slot: Slot): void {
  const { state, shard, serving, key, place, row, version } = slot;
  if (row === undefined) return;
  state.delete(indexKey(shard, serving.epoch, key));
  state.delete(place);
  // This is what a deletion costs, so that no put has to: see `versionFloor`.
  if (version > serving.versionFloor) state.put(shardKey(shard), encodeShardRow({ ...serving, versionFloor: version }));
}
