import { assert, present } from "../../src/base/assert.ts";
import type { Refused, Shard } from "../../src/rsm/state/state-machine.ts";
import { encodeCommand, type KvCommand } from "../../src/shardkv/commands.ts";
import { KvMachine, type MoveEvents } from "../../src/shardkv/kv-machine.ts";
import type { KvOptions } from "../../src/shardkv/options.ts";
import { encodeQuery, type KvQuery, type Scan, type Shards } from "../../src/shardkv/queries.ts";
import { decodeResult, type FiguresResult, type KvResult, type ScanResult, type ScanRow } from "../../src/shardkv/results.ts";
import { shardKey } from "../../src/shardkv/rows.ts";
import { encodeShardRow, type ShardRow } from "../../src/shardkv/shard-row.ts";
import { MemoryState } from "./memory-state.ts";

/** The bytes of a text in which each character is a byte. */
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

/** The same back. */
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** Bytes as hexadecimal digits. */
export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A machine with its state: everything passes through the bytes that clients and servers exchange. */
export class Store {
  readonly machine: KvMachine;
  readonly state: MemoryState = new MemoryState();

  constructor(options: Partial<KvOptions> = {}, events?: MoveEvents) {
    this.machine = new KvMachine(options, events);
  }

  /** What a client that sends this command to its key's shard gets. */
  run(command: KvCommand, shard: Shard = this.machine.shardOf(command.key)): KvResult | Refused {
    const decoded = this.machine.decodeCommand(encodeCommand(command));
    if (!decoded.ok) return decoded;
    const home = this.machine.home(shard, this.state);
    return home.ok ? decodeResult(this.machine.execute(shard, decoded.value, this.state)) : home;
  }

  ask(query: KvQuery): KvResult | Refused {
    const decoded = this.machine.decodeQuery(encodeQuery(query));
    if (!decoded.ok) return decoded;
    const view = this.state.view();
    const answers: (Uint8Array | Refused)[] = [];
    this.machine.query(decoded.value, view, (result) => answers.push(result));
    view.drain();
    assert(answers.length === 1, "a query is answered once");
    const answer = present(answers[0], "an answer");
    return answer instanceof Uint8Array ? decodeResult(answer) : answer;
  }

  get(key: string): string | undefined {
    const result = this.ask({ op: "get", shard: this.machine.shardOf(bytesOf(key)), key: bytesOf(key) });
    assert(result.ok && result.op === "get", "a get is answered");
    return result.value && textOf(result.value);
  }

  put(key: string, value: string): KvResult | Refused {
    return this.run({ op: "put", key: bytesOf(key), value: bytesOf(value) });
  }

  delete(key: string): KvResult | Refused {
    return this.run({ op: "delete", key: bytesOf(key) });
  }

  page(scan: Partial<Scan> = {}): ScanResult {
    const result = this.ask({ ...everything, ...scan });
    assert(result.ok && result.op === "scan", `a scan is answered: ${JSON.stringify(result)}`);
    return result;
  }

  /** All pages of a scan. */
  scan(scan: Partial<Scan> = {}): ScanRow[] {
    const rows: ScanRow[] = [];
    for (let cursor = scan.cursor; ;) {
      const page = this.page({ ...scan, cursor });
      rows.push(...page.rows);
      if (page.cursor === undefined) return rows;
      cursor = page.cursor;
    }
  }

  /** All pages of a counting, added up: shard to keys and bytes. */
  figures(shards: Shards): Map<Shard, readonly [keys: number, bytes: number]> {
    const all = new Map<Shard, readonly [number, number]>();
    for (let cursor: Uint8Array | undefined; ;) {
      const page = this.ask({ op: "figures", shards, cursor }) as FiguresResult;
      for (const { shard, keys, bytes } of page.shards) {
        const [keysBefore, bytesBefore] = all.get(shard) ?? [0, 0];
        all.set(shard, [keysBefore + keys, bytesBefore + bytes]);
      }
      if (page.cursor === undefined) return all;
      cursor = page.cursor;
    }
  }

  /** Makes a shard's row what it will be when shards move; nothing takes it away. */
  setShard(shard: Shard, row: ShardRow | undefined): void {
    if (row === undefined) this.state.delete(shardKey(shard));
    else this.state.put(shardKey(shard), encodeShardRow(row));
  }
}

/** A scan of all there is. */
export const everything: Scan = { op: "scan", shards: "all", start: undefined, end: undefined, limit: undefined, cursor: undefined };

/** A shard that is served at an epoch, and nothing special about it. */
export const servedAt = (epoch: number): ShardRow => ({ phase: "serving", epoch, timeOffset: 0, versionFloor: 0 });
