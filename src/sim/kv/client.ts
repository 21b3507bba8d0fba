import type { Operation } from "../../rsm/caller/operation.ts";
import { decodeRequest, type Request } from "../../rsm/session/request.ts";
import { utf8Text } from "../../base/bytes.ts";
import type { Rng } from "../../base/rng.ts";
import type { KvCaller, KvOutcome } from "../../client/kv-caller.ts";
import type { KvCommand } from "../../shardkv/commands.ts";
import type { KvResult, ScanResult } from "../../shardkv/results.ts";
import type { SimClient } from "../group/sim-client.ts";
import type { World } from "../world.ts";
import { isPlain, type Seen, type Wish, Wishes } from "./draw.ts";
import type { Recording } from "./history.ts";
import type { ClientsPlan } from "./plan.ts";
import { requestName, type SessionLaw } from "./oracle/session-law.ts";

/** How operations of clients have ended. */
export interface OutcomeCounts {
  called: number;
  result: number;
  lost: number;
  refused: number;
  unknown: number;
  /** Results of reads. */
  reads: number;
  /** Of conditions, those that were met. */
  done: number;
  /** Pages of scans that another one followed. */
  pages: number;
}

export interface ClientParts {
  readonly world: World;
  readonly client: SimClient;
  readonly plan: ClientsPlan;
  readonly rng: Rng;
  readonly recording: Recording;
  readonly law: SessionLaw;
  readonly counts: OutcomeCounts;
}

/** What one client does: it asks, writes down what it is told, and remembers it for what it asks next. */
export class AskingClient {
  readonly #parts: ClientParts;
  /** Of the present life. */
  #name = "";
  #wishes: Wishes;
  #seen = new Map<string, Seen>();
  /** What has not ended, of the present life, in words. */
  readonly #pending = new Map<object, string>();
  #lives = 0;
  /** Hears of the operation for which the client is about to ask. */
  #asking: ((operation: Operation) => void) | undefined;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#wishes = this.#begin();
  }

  get alive(): boolean {
    return this.#parts.client.alive;
  }

  /** Something that it has asked for and that has not ended. */
  get pending(): string | undefined {
    const [first] = this.#pending.values();
    return first && `${this.#name} has not heard what became of ${first}`;
  }

  get sim(): SimClient {
    return this.#parts.client;
  }

  /** The client has made an operation of what it asks for. */
  operation(operation: Operation): void {
    this.#asking?.(operation);
  }

  /** Begins a life: it remembers nothing. */
  start(): void {
    this.#parts.client.start();
    this.#wishes = this.#begin();
  }

  crash(): void {
    this.#parts.client.crash();
    this.#pending.clear();
  }

  /** Asks for something, unless as much as it may have is under way. */
  ask(): void {
    if (this.#pending.size < this.#parts.plan.inFlightMax)
      this.#wish(this.#wishes.next(), this.#parts.rng.pick(this.#parts.plan.deadlinesMs));
  }

  /** Writes to a key; `done` runs when that has had its effect. */
  probe(key: string, deadlineMs: number, done: () => void): void {
    this.#wish(this.#wishes.put(key), deadlineMs, done);
  }

  /** Reads a key. */
  read(key: string, deadlineMs: number): void {
    this.#wish({ kind: "get", key }, deadlineMs);
  }

  #begin(): Wishes {
    const { client, plan, rng } = this.#parts;
    this.#lives += 1;
    this.#name = this.#lives === 1 ? client.id : `${client.id}-${this.#lives}`;
    this.#seen = new Map();
    this.#pending.clear();
    return new Wishes(plan, rng.fork(`life ${this.#lives}`), this.#name, this.#seen);
  }

  #wish(wish: Wish, deadlineMs: number, done?: () => void): void {
    this.#parts.client.act((caller) => {
      this.#parts.counts.called += 1;
      if (wish.kind === "command") this.#execute(caller, wish, deadlineMs, done);
      else if (wish.kind === "get") this.#get(caller, wish.key, deadlineMs);
      else this.#scan(caller, wish.scan, deadlineMs);
    });
  }

  #execute(caller: KvCaller, { command, key }: Extract<Wish, { kind: "command" }>, deadlineMs: number, done?: () => void): void {
    const { recording, world, law } = this.#parts;
    const client = this.#name;
    let name: string | undefined;
    const end = recording.command(client, world.now, command, isPlain(key), () => name);
    const ended = this.#under(`its ${command.op} of ${key}`);
    this.#asking = (operation) =>
      onAttempt(operation, (request) => {
        name = requestName(request);
      });
    caller.execute(command, deadlineMs, (outcome) => {
      ended(outcome);
      end(world.now, outcome);
      if (outcome.kind === "refused" && name !== undefined) law.refused(name, client);
      if (outcome.kind !== "result") return;
      this.#learn(key, command, outcome.result);
      done?.();
    });
    this.#asking = undefined;
  }

  #get(caller: KvCaller, key: string, deadlineMs: number): void {
    const { recording, world, counts } = this.#parts;
    const bytes = new TextEncoder().encode(key);
    const end = recording.get(this.#name, world.now, bytes, isPlain(key));
    const ended = this.#under(`its get of ${key}`);
    caller.get(bytes, deadlineMs, (outcome) => {
      ended(outcome);
      end(world.now, outcome);
      if (outcome.kind !== "result") return;
      counts.reads += 1;
      this.#seen.set(key, outcome.result);
    });
  }

  #scan(caller: KvCaller, scan: Extract<Wish, { kind: "scan" }>["scan"], deadlineMs: number): void {
    const { recording, world, counts } = this.#parts;
    const start = scan.cursor === undefined ? scan.start : { key: scan.cursor, inclusive: false };
    const end = recording.scanPage(this.#name, world.now, start, scan.end);
    const ended = this.#under("its scan");
    caller.scanPage(scan, deadlineMs, (outcome: KvOutcome<ScanResult>) => {
      ended(outcome);
      end(world.now, outcome);
      if (outcome.kind !== "result") return;
      counts.reads += 1;
      const { rows, cursor } = outcome.result;
      for (const { key, value, version } of rows) this.#seen.set(utf8Text(key), { value, version });
      const limit = scan.limit === undefined ? undefined : scan.limit - rows.length;
      if (cursor === undefined || limit === 0) return;
      counts.pages += 1;
      counts.called += 1;
      this.#scan(caller, { ...scan, limit, cursor }, deadlineMs);
    });
  }

  /** Notes that something is under way; what is returned notes how it ended. */
  #under(what: string): (outcome: KvOutcome<unknown>) => void {
    const { counts } = this.#parts;
    const call = {};
    this.#pending.set(call, what);
    return (outcome) => {
      this.#pending.delete(call);
      counts[outcome.kind] += 1;
    };
  }

  #learn(key: string, command: KvCommand, result: KvResult): void {
    if ("done" in result && result.done) this.#parts.counts.done += 1;
    if (!("version" in result)) {
      this.#seen.delete(key);
      return;
    }
    if (result.op === "cas" && !result.done) this.#seen.set(key, { value: result.current, version: result.version });
    else if (
      command.op === "put" ||
      command.op === "swap" ||
      command.op === "cas" ||
      (command.op === "put_version" && "done" in result && result.done)
    )
      this.#seen.set(key, { value: command.value, version: result.version });
    else this.#seen.delete(key);
  }
}

/** Tells the request with every attempt that is made of an operation. */
function onAttempt(operation: Operation, told: (request: Request) => void): void {
  const attempt = operation.attempt.bind(operation);
  operation.attempt = () => {
    const bytes = attempt();
    told(decodeRequest(bytes));
    return bytes;
  };
}
