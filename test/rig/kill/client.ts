import { unreachable } from "../../../src/base/assert.ts";
import type { Rng } from "../../../src/base/rng.ts";
import { textBytes } from "../../../src/check/byte-string.ts";
import type { Command, Told, Value } from "../../../src/check/history.ts";
import type { HistoryRecorder } from "../../../src/check/recorder.ts";
import type { Client } from "../../../src/client/client.ts";
import { KvorumError } from "../../../src/client/errors.ts";
import { connect } from "../../../src/real/connect.ts";
import { type Eras, type Seen, type Wish, Wishes } from "./draw.ts";

/** What the clients of a rig share. */
export interface Shared {
  /** Whom clients ask. */
  readonly servers: { readonly group: readonly string[] } | { readonly masters: readonly string[] };
  /** Whether they scan: what is scanned in several groups is no operation of one moment. */
  readonly scans: boolean;
  readonly eras: Eras;
  readonly recorder: HistoryRecorder;
  /** When answers came, in their order. */
  readonly answers: number[];
  /** Operations that did not end with a result, each in a sentence. */
  readonly failures: string[];
}

/** One client: it asks one thing after the other, without any end, and writes down what it is told. */
export class RigClient {
  readonly #name: string;
  readonly #shared: Shared;
  readonly #client: Client;
  readonly #seen = new Map<string, Seen>();

  constructor(name: string, shared: Shared) {
    this.#name = name;
    this.#shared = shared;
    this.#client = connect(shared.servers);
  }

  /** Asks until `over` says so; what is under way then is waited for. */
  async run(rng: Rng, over: () => boolean): Promise<void> {
    const wishes = new Wishes(rng, { client: this.#name, scans: this.#shared.scans }, this.#shared.eras, this.#seen);
    // One operation after the other is what a client is.
    // oxlint-disable-next-line no-await-in-loop
    while (!over()) await this.ask(wishes.next());
  }

  /** Asks for one thing. */
  async ask(wish: Wish): Promise<void> {
    const { recorder, answers, failures } = this.#shared;
    const call = recorder.call(this.#name, performance.now(), commandOf(wish));
    try {
      const told = await this.#done(wish);
      const now = performance.now();
      call.answered(now, told);
      answers.push(now);
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      if (error.outcome === "not_done") call.failed();
      failures.push(`a ${wish.op} ended with ${error.code}: ${error.message}`);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #done(wish: Wish): Promise<Told> {
    const client = this.#client;
    switch (wish.op) {
      case "get": {
        const { value, version } = await client.getWithVersion(wish.key);
        this.#seen.set(wish.key, { value, version });
        return { value: valueOf(value), version };
      }
      case "put": {
        const { existed, version } = await client.put(wish.key, wish.value);
        this.#seen.set(wish.key, { value: wish.value, version });
        return { existed, version };
      }
      case "append":
      case "swap": {
        const { old, version } = await client[wish.op](wish.key, wish.value);
        this.#seen.set(wish.key, { value: wish.op === "swap" ? wish.value : (old ?? "") + wish.value, version });
        return { value: valueOf(old), version };
      }
      case "delete":
        this.#seen.delete(wish.key);
        return { existed: (await client.delete(wish.key)).existed };
      case "cas":
        return this.#cas(wish);
      case "put_version": {
        const { done, version } = await client.putVersion(wish.key, wish.version, wish.value);
        if (done) this.#seen.set(wish.key, { value: wish.value, version });
        return { done, version };
      }
      case "scan":
        return this.#scan(wish.prefix);
      default:
        return unreachable(wish);
    }
  }

  async #cas({ key, expected, value }: Extract<Wish, { op: "cas" }>): Promise<Told> {
    const result = await this.#client.cas(key, expected, value);
    const { done, version } = result;
    this.#seen.set(key, { value: done ? value : result.current, version });
    return done ? { done, version } : { done, version, value: valueOf(result.current) };
  }

  async #scan(prefix: string): Promise<Told> {
    const rows = [];
    for await (const { key, value, version } of this.#client.scan({ prefix })) {
      this.#seen.set(key, { value, version });
      rows.push({ key: textBytes(key), value: textBytes(value), version });
    }
    return { rows };
  }
}

function commandOf(wish: Wish): Command {
  if (wish.op === "scan") return { op: "scan", from: textBytes(wish.prefix), before: textBytes(behind(wish.prefix)) };
  const key = textBytes(wish.key);
  switch (wish.op) {
    case "get":
    case "delete":
      return { op: wish.op, key };
    case "cas":
      return { op: "cas", key, expected: valueOf(wish.expected), value: valueOf(wish.value) };
    case "put_version":
      return { op: "put_version", key, version: wish.version, value: textBytes(wish.value) };
    case "put":
    case "append":
    case "swap":
      return { op: wish.op, key, value: textBytes(wish.value) };
    default:
      return unreachable(wish);
  }
}

function valueOf(value: string | undefined): Value {
  return value === undefined ? null : textBytes(value);
}

/** The first text behind all that begin with `prefix`. */
function behind(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
