import { assert } from "../../src/base/assert.ts";
import type { KeyRange, Row } from "../../src/env/storage.ts";
import type { Shard } from "../../src/rsm/state/state-machine.ts";
import type { State, StateView } from "../../src/rsm/state/state.ts";
import { encodeCommand, type KvCommand } from "../../src/shardkv/commands.ts";
import { fnv1a64 } from "../../src/shardmaster/fnv.ts";
import { KvMachine } from "../../src/shardkv/kv-machine.ts";
import { encodeQuery, type KvQuery } from "../../src/shardkv/queries.ts";
import { dataKey, dataValue } from "../../src/shardkv/rows.ts";
import { type Case, repeated } from "./micro-run.ts";

/** What the cases below are about. */
export const kvSettings = { keyBytes: 24, valueBytes: 128, pageRows: 1000, packetBytes: 65_536 } as const;

const times = 1000;
const { keyBytes, valueBytes, pageRows, packetBytes } = kvSettings;
const key = Uint8Array.from(Buffer.from("usertable_user1234567890".slice(0, keyBytes)));
const value = new Uint8Array(valueBytes).fill(0x61);

/**
 * A state that answers every question with the same row, or none, and takes everything: what is left is the machine's own work.
 * A shard row is never there, as in a store in which nothing was deleted.
 */
class StillState implements State, StateView {
  readonly #row: Uint8Array | undefined;
  readonly #page: readonly Row[];
  puts = 0;

  constructor(row: Uint8Array | undefined, page: readonly Row[] = []) {
    this.#row = row;
    this.#page = page;
  }

  get(asked: Uint8Array): Uint8Array | undefined {
    return asked.length === 3 ? undefined : this.#row;
  }

  put(_: Uint8Array, row: Uint8Array): void {
    this.puts += row.length;
  }

  delete(): void {
    this.puts += 1;
  }

  /** At once: nothing here goes so deep that it matters. */
  scan(range: KeyRange, _: unknown, page: (rows: readonly Row[], rest: KeyRange | undefined) => void): void {
    page(range.from[0] === 0x64 ? this.#page : [], undefined);
  }
}

/** Bytes as they stand in a packet of many requests. */
function inPacket(bytes: Uint8Array): Uint8Array {
  const packet = new Uint8Array(packetBytes);
  packet.set(bytes, 1000);
  return packet.subarray(1000, 1000 + bytes.length);
}

/** What a replica does with a command: read its bytes, ask for the shard's home, execute it. */
function commandCase(name: string, command: KvCommand, row: Uint8Array | undefined): Case {
  const machine = new KvMachine();
  const state = new StillState(row);
  const bytes = inPacket(encodeCommand(command));
  const shard = machine.shardOf(command.key);
  return repeated(`kv: ${name}`, times, () => applyOne(machine, shard, bytes, state));
}

function applyOne(machine: KvMachine, shard: Shard, bytes: Uint8Array, state: State): void {
  const command = machine.decodeCommand(bytes);
  assert(command.ok, "the command is one");
  const home = machine.home(shard, state);
  assert(home.ok, "the shard is served");
  machine.execute(shard, command.value, state);
}

function queryCase(name: string, runs: number, query: KvQuery, view: StateView): Case {
  const machine = new KvMachine();
  const bytes = inPacket(encodeQuery(query));
  let answered = 0;
  const reply = (): void => void (answered += 1);
  return repeated(`kv: ${name}`, runs, () => {
    const asked = machine.decodeQuery(bytes);
    assert(asked.ok, "the query is one");
    machine.query(asked.value, view, reply);
  });
}

/** What single commands and queries cost in the machine, without the state behind it. */
export function kvCases(): Case[] {
  const machine = new KvMachine();
  const row = dataValue(7, value);
  const longRow = dataValue(7, new Uint8Array(4096));
  const put: KvCommand = { op: "put", key, value };
  const page = Array.from({ length: pageRows }, (_, i): Row => ({ key: dataKey(Uint8Array.of(...key, i >>> 8, i), 0), value: row }));
  const open = { shards: "all", start: undefined, end: undefined, limit: undefined, cursor: undefined } as const;
  const packet = inPacket(encodeCommand(put));
  const halves = new Uint32Array(2);
  return [
    repeated(`kv: FNV-1a-64 of ${keyBytes} bytes`, times, () => fnv1a64(key, halves)),
    repeated(`kv: the shard of a key of ${keyBytes} bytes`, times, () => void machine.shardOf(key)),
    repeated(`kv: decode a put of ${valueBytes} bytes`, times, () => void machine.decodeCommand(packet)),
    commandCase(`put of ${valueBytes} bytes to a key that is there`, put, row),
    commandCase(`put of ${valueBytes} bytes to a new key`, put, undefined),
    commandCase(`put of 16 KiB to a key that is there`, { ...put, value: new Uint8Array(16_384) }, row),
    commandCase(`append of 16 bytes to ${valueBytes}`, { op: "append", key, value: value.subarray(0, 16) }, row),
    commandCase("append of 16 bytes to 4 KiB", { op: "append", key, value: value.subarray(0, 16) }, longRow),
    commandCase("put at a version", { op: "put_version", key, version: 7, value }, row),
    commandCase("compare and set", { op: "cas", key, expected: value, value }, row),
    commandCase("delete", { op: "delete", key }, row),
    queryCase(`get of ${valueBytes} bytes`, times, { op: "get", shard: machine.shardOf(key), key }, new StillState(row)),
    queryCase(`scan of a page of ${pageRows} rows of ${valueBytes} bytes`, 1, { op: "scan", ...open }, new StillState(undefined, page)),
    queryCase(`figures of ${pageRows} rows`, 1, { op: "figures", shards: "all", cursor: undefined }, new StillState(undefined, page)),
  ];
}
