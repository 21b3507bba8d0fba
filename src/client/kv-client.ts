import type { Cancel } from "../env/clock.ts";
import type { ByteLimits } from "../shardkv/checks.ts";
import type { KvCommand } from "../shardkv/commands.ts";
import type { Scan as ScanQuery } from "../shardkv/queries.ts";
import type { GetResult, KvResult, OldValueResult, ScanResult } from "../shardkv/results.ts";
import { Calls, type CallsContext } from "./calls.ts";
import type {
  CallOptions,
  CasResult,
  Client,
  Data,
  DeleteResult,
  OldValue,
  PutResult,
  PutVersionResult,
  Scan,
  ScanRange,
  Versioned,
} from "./client.ts";
import type { Encoding } from "./encoding.ts";
import { callOptions, fittingKey, fittingValue, whole } from "./input.ts";
import type { CallOutcome } from "./outcome.ts";
import { checkedRange, PagedScan, type PageWish } from "./scan.ts";

/** What asks a group, or several, on behalf of a client: see `KvCaller` and `RoutedCaller`. */
export interface StoreCaller {
  execute(command: KvCommand, deadlineMs: number, done: (outcome: CallOutcome<KvResult>) => void): Cancel;
  get(key: Uint8Array, deadlineMs: number, done: (outcome: CallOutcome<GetResult>) => void): Cancel;
  scanPage(scan: Omit<ScanQuery, "op">, deadlineMs: number, done: (outcome: CallOutcome<ScanResult>) => void): Cancel;
}

/** What a client is made of. */
export interface KvClientParts<T extends Data> {
  readonly caller: StoreCaller;
  readonly encoding: Encoding<T>;
  readonly limits: ByteLimits;
  readonly calls: CallsContext;
  /** Lets go of what the client was made of. */
  readonly close: () => void;
}

/** The result of a command. */
type ResultOf<Op extends KvCommand["op"]> = Op extends "append" | "swap" ? OldValueResult : Extract<KvResult, { readonly op: Op }>;

/** The client of a store: checks what it is given, and turns outcomes into promises. */
export class KvClient<T extends Data> implements Client<T> {
  readonly #caller: StoreCaller;
  readonly #encoding: Encoding<T>;
  readonly #limits: ByteLimits;
  readonly #calls: Calls;
  readonly #close: () => void;

  constructor({ caller, encoding, limits, calls, close }: KvClientParts<T>) {
    this.#caller = caller;
    this.#encoding = encoding;
    this.#limits = limits;
    this.#calls = new Calls(calls);
    this.#close = close;
  }

  async get(key: T, options?: CallOptions): Promise<T | undefined> {
    return this.#value((await this.#get(key, options)).value);
  }

  async getWithVersion(key: T, options?: CallOptions): Promise<Versioned<T>> {
    const { value, version } = await this.#get(key, options);
    return { value: this.#value(value), version };
  }

  async put(key: T, value: T, options?: CallOptions): Promise<PutResult> {
    const command = { op: "put", key: this.#keyBytes(key), value: this.#valueBytes(value) } as const;
    const { existed, version } = await this.#execute(command, options);
    return { existed, version };
  }

  async append(key: T, value: T, options?: CallOptions): Promise<OldValue<T>> {
    const command = { op: "append", key: this.#keyBytes(key), value: this.#valueBytes(value) } as const;
    const { old, version } = await this.#execute(command, options);
    return { old: this.#value(old), version };
  }

  async swap(key: T, value: T, options?: CallOptions): Promise<OldValue<T>> {
    const command = { op: "swap", key: this.#keyBytes(key), value: this.#valueBytes(value) } as const;
    const { old, version } = await this.#execute(command, options);
    return { old: this.#value(old), version };
  }

  async delete(key: T, options?: CallOptions): Promise<DeleteResult> {
    const { existed } = await this.#execute({ op: "delete", key: this.#keyBytes(key) }, options);
    return { existed };
  }

  async cas(key: T, expected: T | undefined, value: T | undefined, options?: CallOptions): Promise<CasResult<T>> {
    const bytes = (given: T | undefined): Uint8Array | undefined => (given === undefined ? undefined : this.#valueBytes(given));
    const command = { op: "cas", key: this.#keyBytes(key), expected: bytes(expected), value: bytes(value) } as const;
    const result = await this.#execute(command, options);
    const { version } = result;
    return result.done ? { done: true, version } : { done: false, version, current: this.#value(result.current) };
  }

  async putVersion(key: T, version: number, value: T, options?: CallOptions): Promise<PutVersionResult> {
    const command = {
      op: "put_version",
      key: this.#keyBytes(key),
      version: whole(version, "version", 0),
      value: this.#valueBytes(value),
    } as const;
    const { done, version: now } = await this.#execute(command, options);
    return { done, version: now };
  }

  scan(range: ScanRange<T> = {}, options: CallOptions = {}): Scan<T> {
    const checked = callOptions(options);
    return new PagedScan(checkedRange(range, this.#encoding, this.#limits), this.#encoding, (wish) => this.#page(wish, checked));
  }

  close(): Promise<void> {
    this.#calls.close();
    this.#close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- asking

  async #get(given: T, options: CallOptions = {}): Promise<GetResult> {
    const key = this.#keyBytes(given);
    const begin = (deadlineMs: number, done: (outcome: CallOutcome<GetResult>) => void): Cancel => this.#caller.get(key, deadlineMs, done);
    return this.#calls.run({ name: "get", changes: false, bytes: key.length, begin }, callOptions(options));
  }

  #execute<Op extends KvCommand["op"]>(command: KvCommand & { readonly op: Op }, options: CallOptions = {}): Promise<ResultOf<Op>> {
    const begin = (deadlineMs: number, done: (outcome: CallOutcome<ResultOf<Op>>) => void): Cancel =>
      // The caller has seen to it that the result is that of the command's operation.
      this.#caller.execute(command, deadlineMs, done as (outcome: CallOutcome<KvResult>) => void);
    return this.#calls.run({ name: names[command.op], changes: true, bytes: sizeOf(command), begin }, callOptions(options));
  }

  #page(wish: PageWish, options: CallOptions): Promise<ScanResult> {
    const begin = (deadlineMs: number, done: (outcome: CallOutcome<ScanResult>) => void): Cancel =>
      this.#caller.scanPage({ ...wish, shards: "all" }, deadlineMs, done);
    return this.#calls.run({ name: "scan", changes: false, bytes: 0, begin }, options);
  }

  // ---- what is given and taken

  #keyBytes(key: T): Uint8Array {
    return fittingKey(this.#encoding.encode(key, "A key was"), this.#limits);
  }

  #valueBytes(value: T): Uint8Array {
    return fittingValue(this.#encoding.encode(value, "A value was"), this.#limits);
  }

  #value(stored: Uint8Array | undefined): T | undefined {
    return stored === undefined ? undefined : this.#encoding.decode(stored, "A value is");
  }
}

/** What the methods are called. */
const names: Readonly<Record<KvCommand["op"], string>> = {
  put: "put",
  append: "append",
  swap: "swap",
  delete: "delete",
  cas: "cas",
  put_version: "putVersion",
};

function sizeOf(command: KvCommand): number {
  const value = "value" in command ? (command.value?.length ?? 0) : 0;
  const expected = command.op === "cas" ? (command.expected?.length ?? 0) : 0;
  return command.key.length + value + expected;
}
