import { unreachable } from "../../base/assert.ts";
import { utf8 } from "../../base/bytes.ts";
import type { Rng } from "../../base/rng.ts";
import type { KvCommand } from "../../shardkv/commands.ts";
import type { Scan } from "../../shardkv/queries.ts";
import type { Bound } from "../../shardkv/rows.ts";
import { drawKind } from "../mixture.ts";
import { type KvClientsPlan, type OperationKind, operationKinds } from "./plan.ts";

/** What a client has last seen of a key. */
export interface Seen {
  readonly value: Uint8Array | undefined;
  readonly version: number;
}

/** What a client asks next. */
export type Wish =
  | { readonly kind: "command"; readonly command: KvCommand; readonly key: string }
  | { readonly kind: "get"; readonly key: string }
  | { readonly kind: "scan"; readonly scan: Omit<Scan, "op"> };

/** Every third key is only appended to and read, so that it can be judged in a second way. */
export function isPlain(key: string): boolean {
  return Number(key.slice(1)) % 3 === 2;
}

export function keyNames({ keys }: KvClientsPlan): string[] {
  return Array.from({ length: keys }, (_, number) => `k${number}`);
}

/** Draws what one client asks for. Every value begins with a token that no other value has. */
export class Wishes {
  readonly #plan: KvClientsPlan;
  readonly #rng: Rng;
  readonly #client: string;
  readonly #seen: ReadonlyMap<string, Seen>;
  #values = 0;

  constructor(plan: KvClientsPlan, rng: Rng, client: string, seen: ReadonlyMap<string, Seen>) {
    this.#plan = plan;
    this.#rng = rng;
    this.#client = client;
    this.#seen = seen;
  }

  next(): Wish {
    const kind = drawKind(this.#rng, operationKinds, this.#plan.mixture);
    const key = this.#rng.pick(keyNames(this.#plan));
    if (kind === "get") return { kind: "get", key };
    if (kind === "scan") return { kind: "scan", scan: this.#scan() };
    const command = this.#command(isPlain(key) ? "append" : kind, key);
    return { kind: "command", command, key };
  }

  /** A put, whatever the mixture says. */
  put(key: string): Wish {
    const command = this.#command(isPlain(key) ? "append" : "put", key);
    return { kind: "command", command, key };
  }

  #command(op: Exclude<OperationKind, "get" | "scan">, name: string): KvCommand {
    const key = utf8(name);
    const seen = this.#rng.chance(0.8) ? this.#seen.get(name) : undefined;
    switch (op) {
      case "delete":
        return { op, key };
      case "cas":
        return { op, key, expected: seen?.value, value: this.#rng.chance(0.15) ? undefined : this.#value() };
      case "put_version":
        return { op, key, version: seen?.version ?? 0, value: this.#value() };
      case "put":
      case "append":
      case "swap":
        return { op, key, value: this.#value() };
      default:
        return unreachable(op);
    }
  }

  #value(): Uint8Array {
    this.#values += 1;
    return utf8(`${this.#client}.${this.#values}${".".repeat(1 + this.#rng.int(0, this.#plan.valueBytesMax))}`);
  }

  #scan(): Omit<Scan, "op"> {
    const bound = (): Bound | undefined =>
      this.#rng.chance(0.5) ? undefined : { key: utf8(this.#rng.pick(keyNames(this.#plan))), inclusive: this.#rng.chance(0.5) };
    const limit = this.#rng.chance(0.5) ? undefined : this.#rng.int(1, 3);
    return { shards: "all", start: bound(), end: bound(), limit, cursor: undefined };
  }
}
