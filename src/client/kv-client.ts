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

  get(key: T, options?: CallOptions): Promise<T | undefined> {
    return attempt(() => this.#get(key, ({ value }) => this.#value(value), options));
  }

  getWithVersion(key: T, options?: CallOptions): Promise<Versioned<T>> {
    return attempt(() => this.#get(key, ({ value, version }) => ({ value: this.#value(value), version }), options));
  }

  put(key: T, value: T, options?: CallOptions): Promise<PutResult> {
    return attempt(() => this.#execute({ op: "put", key: this.#keyBytes(key), value: this.#valueBytes(value) }, putResult, options));
  }

  append(key: T, value: T, options?: CallOptions): Promise<OldValue<T>> {
    return attempt(() => this.#execute({ op: "append", key: this.#keyBytes(key), value: this.#valueBytes(value) }, this.#old, options));
  }

  swap(key: T, value: T, options?: CallOptions): Promise<OldValue<T>> {
    return attempt(() => this.#execute({ op: "swap", key: this.#keyBytes(key), value: this.#valueBytes(value) }, this.#old, options));
  }

  delete(key: T, options?: CallOptions): Promise<DeleteResult> {
    return attempt(() => this.#execute({ op: "delete", key: this.#keyBytes(key) }, deleteResult, options));
  }

  cas(key: T, expected: T | undefined, value: T | undefined, options?: CallOptions): Promise<CasResult<T>> {
    const bytes = (given: T | undefined): Uint8Array | undefined => (given === undefined ? undefined : this.#valueBytes(given));
    return attempt(() => {
      const command = { op: "cas", key: this.#keyBytes(key), expected: bytes(expected), value: bytes(value) } as const;
      return this.#execute(command, (result) => this.#casResult(result), options);
    });
  }

  putVersion(key: T, version: number, value: T, options?: CallOptions): Promise<PutVersionResult> {
    return attempt(() => {
      const known = whole(version, "version", 0);
      const command = { op: "put_version", key: this.#keyBytes(key), version: known, value: this.#valueBytes(value) } as const;
      return this.#execute(command, putVersionResult, options);
    });
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

  #get<R>(given: T, take: (result: GetResult) => R, options: CallOptions = {}): Promise<R> {
    const key = this.#keyBytes(given);
    const begin = (deadlineMs: number, done: (outcome: CallOutcome<GetResult>) => void): Cancel => this.#caller.get(key, deadlineMs, done);
    return this.#calls.run({ name: "get", changes: false, bytes: key.length, begin, take }, callOptions(options));
  }

  #execute<Op extends KvCommand["op"], R>(
    command: KvCommand & { readonly op: Op },
    take: (result: ResultOf<Op>) => R,
    options: CallOptions = {},
  ): Promise<R> {
    const begin = (deadlineMs: number, done: (outcome: CallOutcome<ResultOf<Op>>) => void): Cancel =>
      // The caller has seen to it that the result is that of the command's operation.
      this.#caller.execute(command, deadlineMs, done as (outcome: CallOutcome<KvResult>) => void);
    return this.#calls.run({ name: names[command.op], changes: true, bytes: sizeOf(command), begin, take }, callOptions(options));
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

  readonly #old = ({ old, version }: OldValueResult): OldValue<T> => ({ old: this.#value(old), version });

  #casResult(result: ResultOf<"cas">): CasResult<T> {
    const { version } = result;
    return result.done ? { done: true, version } : { done: false, version, current: this.#value(result.current) };
  }
}

/** What is wrong with what was given rejects the promise. */
function attempt<R>(begin: () => Promise<R>): Promise<R> {
  try {
    return begin();
  } catch (error) {
    return Promise.reject(error);
  }
}

const putResult = ({ existed, version }: ResultOf<"put">): PutResult => ({ existed, version });
const deleteResult = ({ existed }: ResultOf<"delete">): DeleteResult => ({ existed });
const putVersionResult = ({ done, version }: ResultOf<"put_version">): PutVersionResult => ({ done, version });

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
