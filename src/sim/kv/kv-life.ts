import { utf8, utf8Text } from "../../base/bytes.ts";
import type { Rng } from "../../base/rng.ts";
import type { KvCaller } from "../../client/kv-caller.ts";
import type { CallOutcome } from "../../client/outcome.ts";
import type { KvCommand } from "../../shardkv/commands.ts";
import type { KvResult, ScanResult } from "../../shardkv/results.ts";
import type { Life, LifeParts } from "../group/asking-client.ts";
import { isPlain, keyNames, type Seen, type Wish, Wishes } from "./draw.ts";
import type { Recording } from "./recording.ts";
import type { KvClientsPlan } from "./plan.ts";

/** What clients of the store have seen besides. */
export interface KvOutcomeCounts {
  /** Of conditions, those that were met. */
  done: number;
  /** Pages of scans that another one followed. */
  pages: number;
}

/** What it asks with: of one group, or of all that have shards. */
export type StoreCaller = Pick<KvCaller, "execute" | "get" | "scanPage">;

export interface KvLifeParts {
  readonly plan: KvClientsPlan;
  readonly recording: Pick<Recording, "command" | "get" | "scanPage">;
  readonly counts: KvOutcomeCounts;
}

/** What a client of the store does in one life. */
export class KvLife implements Life {
  readonly #own: LifeParts<StoreCaller>;
  readonly #parts: KvLifeParts;
  readonly #seen = new Map<string, Seen>();
  readonly #wishes: Wishes;

  constructor(own: LifeParts<StoreCaller>, parts: KvLifeParts) {
    this.#own = own;
    this.#parts = parts;
    this.#wishes = new Wishes(parts.plan, own.rng, own.name, this.#seen);
  }

  ask(deadlineMs: number): void {
    this.#wish(this.#wishes.next(), deadlineMs);
  }

  /** Writes to a key. */
  probe(rng: Rng, deadlineMs: number, done: () => void): void {
    this.#wish(this.#wishes.put(rng.pick(keyNames(this.#parts.plan))), deadlineMs, done);
  }

  /** Reads every key. */
  readAll(deadlineMs: number, done: () => void): void {
    let left = this.#parts.plan.keys;
    for (const key of keyNames(this.#parts.plan)) {
      this.#wish({ kind: "get", key }, deadlineMs, () => {
        left -= 1;
        if (left === 0) done();
      });
    }
  }

  #wish(wish: Wish, deadlineMs: number, done?: () => void): void {
    this.#own.act((caller) => {
      if (wish.kind === "command") this.#execute(caller, wish, deadlineMs, done);
      else if (wish.kind === "get") this.#get(caller, wish.key, deadlineMs, done);
      else this.#scan(caller, wish.scan, deadlineMs);
    });
  }

  #execute(caller: StoreCaller, { command, key }: Extract<Wish, { kind: "command" }>, deadlineMs: number, done?: () => void): void {
    const { name: client, world } = this.#own;
    this.#own.command(`${command.op} of ${key}`, ({ name, ended }) => {
      const end = this.#parts.recording.command(client, world.now, command, isPlain(key), name);
      caller.execute(command, deadlineMs, (outcome) => {
        ended(outcome);
        end(world.now, outcome);
        if (outcome.kind !== "result") return;
        this.#learn(key, command, outcome.result);
        done?.();
      });
    });
  }

  #get(caller: StoreCaller, key: string, deadlineMs: number, done?: () => void): void {
    const { name: client, world } = this.#own;
    const bytes = utf8(key);
    const end = this.#parts.recording.get(client, world.now, bytes, isPlain(key));
    const ended = this.#own.question(`get of ${key}`);
    caller.get(bytes, deadlineMs, (outcome) => {
      ended(outcome);
      end(world.now, outcome);
      if (outcome.kind !== "result") return;
      this.#seen.set(key, outcome.result);
      done?.();
    });
  }

  #scan(caller: StoreCaller, scan: Extract<Wish, { kind: "scan" }>["scan"], deadlineMs: number): void {
    const { name: client, world } = this.#own;
    const { recording, counts } = this.#parts;
    const start = scan.cursor === undefined ? scan.start : { key: scan.cursor, inclusive: false };
    const end = recording.scanPage(client, world.now, start, scan.end);
    const ended = this.#own.question("scan");
    caller.scanPage(scan, deadlineMs, (outcome: CallOutcome<ScanResult>) => {
      ended(outcome);
      end(world.now, outcome);
      if (outcome.kind !== "result") return;
      const { rows, cursor } = outcome.result;
      for (const { key, value, version } of rows) this.#seen.set(utf8Text(key), { value, version });
      const limit = scan.limit === undefined ? undefined : scan.limit - rows.length;
      if (cursor === undefined || limit === 0) return;
      counts.pages += 1;
      this.#scan(caller, { ...scan, limit, cursor }, deadlineMs);
    });
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
