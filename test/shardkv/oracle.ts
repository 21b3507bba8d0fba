import { unreachable } from "../../src/base/assert.ts";
import type { Refused, Shard } from "../../src/rsm/state/state-machine.ts";
import type { KvCommand } from "../../src/shardkv/commands.ts";
import type { Scan } from "../../src/shardkv/queries.ts";
import type { KvResult } from "../../src/shardkv/results.ts";
import { bytesOf, textOf } from "./store.ts";

interface Held {
  readonly value: string;
  readonly version: number;
}

/** The store as one would write it down in a minute: a map, and for each shard the highest version that was deleted. */
export class Oracle {
  readonly #held = new Map<string, Held>();
  readonly #deleted = new Map<Shard, number>();
  readonly #shardOf: (key: Uint8Array) => Shard;
  readonly #valueBytesMax: number;

  constructor(shardOf: (key: Uint8Array) => Shard, valueBytesMax: number) {
    this.#shardOf = shardOf;
    this.#valueBytesMax = valueBytesMax;
  }

  run(command: KvCommand): KvResult | Refused {
    const key = textOf(command.key);
    const held = this.#held.get(key);
    const old = held && bytesOf(held.value);
    switch (command.op) {
      case "put":
        return { ok: true, op: "put", existed: held !== undefined, version: this.#set(key, textOf(command.value)) };
      case "swap":
        return { ok: true, op: "swap", old, version: this.#set(key, textOf(command.value)) };
      case "append": {
        const value = (held?.value ?? "") + textOf(command.value);
        if (value.length > this.#valueBytesMax) return { ok: false, why: "bad_request", detail: tooLong(command.value, value) };
        return { ok: true, op: "append", old, version: this.#set(key, value) };
      }
      case "delete":
        this.#delete(key);
        return { ok: true, op: "delete", existed: held !== undefined };
      case "cas": {
        const expected = command.expected && textOf(command.expected);
        if (held?.value !== expected) return { ok: true, op: "cas", done: false, version: held?.version ?? 0, current: old };
        if (command.value !== undefined) return { ok: true, op: "cas", done: true, version: this.#set(key, textOf(command.value)) };
        this.#delete(key);
        return { ok: true, op: "cas", done: true, version: 0 };
      }
      case "put_version": {
        const version = held?.version ?? 0;
        if (version !== command.version) return { ok: true, op: "put_version", done: false, version };
        return { ok: true, op: "put_version", done: true, version: this.#set(key, textOf(command.value)) };
      }
      default:
        return unreachable(command);
    }
  }

  get(key: Uint8Array): Held | undefined {
    return this.#held.get(textOf(key));
  }

  /** Every key in bytewise order. */
  keys(): string[] {
    return [...this.#held.keys()].toSorted((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)));
  }

  /** What a scan without pages and limits gives. */
  scan({ shards, start, end, cursor }: Scan): [key: string, value: string, version: number][] {
    return this.keys()
      .filter((key) => shards === "all" || shards.includes(this.#shardOf(bytesOf(key))))
      .filter((key) => start === undefined || Buffer.compare(bytesOf(key), start.key) >= (start.inclusive ? 0 : 1))
      .filter((key) => end === undefined || Buffer.compare(bytesOf(key), end.key) <= (end.inclusive ? 0 : -1))
      .filter((key) => cursor === undefined || Buffer.compare(bytesOf(key), cursor) > 0)
      .map((key) => [key, this.#held.get(key)?.value ?? "", this.#held.get(key)?.version ?? 0]);
  }

  figures(shard: Shard): readonly [keys: number, bytes: number] | undefined {
    const own = [...this.#held].filter(([key]) => this.#shardOf(bytesOf(key)) === shard);
    if (own.length === 0) return undefined;
    return [own.length, own.reduce((sum, [key, { value }]) => sum + key.length + value.length, 0)];
  }

  #set(key: string, value: string): number {
    const before = this.#held.get(key)?.version ?? this.#deleted.get(this.#shardOf(bytesOf(key))) ?? 0;
    this.#held.set(key, { value, version: before + 1 });
    return before + 1;
  }

  #delete(key: string): void {
    const shard = this.#shardOf(bytesOf(key));
    this.#deleted.set(shard, Math.max(this.#deleted.get(shard) ?? 0, this.#held.get(key)?.version ?? 0));
    this.#held.delete(key);
  }
}

function tooLong(more: Uint8Array, value: string): string {
  return `An append of ${more.length} bytes was given, which makes a value of ${value.length} bytes; 12 are allowed.`;
}
