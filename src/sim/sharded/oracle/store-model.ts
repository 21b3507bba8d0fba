import { unreachable } from "../../../base/assert.ts";
import { concat, equalBytes, utf8Text } from "../../../base/bytes.ts";
import { keyText } from "../../../rsm/state/key-text.ts";
import type { Shard } from "../../../rsm/state/state-machine.ts";
import type { KvCommand } from "../../../shardkv/commands.ts";
import type { KvResult } from "../../../shardkv/results.ts";

/** What a key has. */
export interface Held {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly version: number;
}

/** One shard, wherever it is. */
interface ShardModel {
  readonly keys: Map<string, Held>;
  /** No key was ever deleted at a higher version. */
  floor: number;
}

/** What a command tells of what it found and left, as far as its result has room for it. */
interface Told {
  readonly existed: boolean;
  readonly old: Uint8Array | undefined;
  readonly done: boolean;
  readonly version: number;
}

/** The store as one map in which every command that is executed has its effect at once, whichever group executes it. */
export class StoreModel {
  readonly #shards = new Map<Shard, ShardModel>();

  /** Of all keys of a shard. */
  held(shard: Shard): readonly Held[] {
    return [...this.#shard(shard).keys.values()];
  }

  /** What a key has. */
  of(shard: Shard, key: Uint8Array): Held | undefined {
    return this.#shard(shard).keys.get(keyText(key));
  }

  floor(shard: Shard): number {
    return this.#shard(shard).floor;
  }

  /** Has the command its effect; what is wrong with the result that its client gets, if anything is. */
  execute(shard: Shard, command: KvCommand, result: KvResult): string | undefined {
    const told = this.#execute(this.#shard(shard), command);
    const wrong = difference(told, result);
    return wrong === undefined ? undefined : `a ${command.op} of ${utf8Text(command.key)} tells ${wrong}`;
  }

  #execute(shard: ShardModel, command: KvCommand): Told {
    const name = keyText(command.key);
    const held = shard.keys.get(name);
    const before = { existed: held !== undefined, old: held?.value };
    const stays = { ...before, done: false, version: held?.version ?? 0 };
    const put = (value: Uint8Array): Told => {
      const version = (held?.version ?? shard.floor) + 1;
      shard.keys.set(name, { key: command.key, value, version });
      return { ...before, done: true, version };
    };
    const remove = (): Told => {
      shard.keys.delete(name);
      shard.floor = Math.max(shard.floor, held?.version ?? 0);
      return { ...before, done: true, version: 0 };
    };
    switch (command.op) {
      case "put":
      case "swap":
        return put(command.value);
      case "append":
        return put(held === undefined ? command.value : concat([held.value, command.value]));
      case "delete":
        return remove();
      case "cas":
        if (!isSame(held?.value, command.expected)) return stays;
        return command.value === undefined ? remove() : put(command.value);
      case "put_version":
        return command.version === (held?.version ?? 0) ? put(command.value) : stays;
      default:
        return unreachable(command);
    }
  }

  #shard(shard: Shard): ShardModel {
    let model = this.#shards.get(shard);
    if (model === undefined) {
      model = { keys: new Map(), floor: 0 };
      this.#shards.set(shard, model);
    }
    return model;
  }
}

function difference(told: Told, result: KvResult): string | undefined {
  if ("version" in result && result.version !== told.version) return `version ${result.version} in place of ${told.version}`;
  if ("existed" in result && result.existed !== told.existed) return `that the key was ${told.existed ? "absent" : "there"}`;
  if ("done" in result && result.done !== told.done) return `that its condition was ${told.done ? "not " : ""}met`;
  if ("old" in result && !isSame(result.old, told.old)) return `that it found ${text(result.old)} in place of ${text(told.old)}`;
  if ("current" in result && !isSame(result.current, told.old))
    return `that it found ${text(result.current)} in place of ${text(told.old)}`;
  return undefined;
}

export function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one === undefined || other === undefined ? one === other : equalBytes(one, other);
}

/** A value in a sentence. */
export function text(value: Uint8Array | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(utf8Text(value));
}
