import { compareBytes } from "../base/bytes.ts";
import type { Cancel } from "../env/clock.ts";
import type { Shard } from "../rsm/state/state-machine.ts";
import { encodeQuery, type Scan } from "../shardkv/queries.ts";
import { decodeResult, type ScanResult } from "../shardkv/results.ts";
import { type CallOutcome, queryOutcome } from "./outcome.ts";
import { RoutedCall, type Route, type RoutedParts } from "./routed-call.ts";
import { routeOf } from "./route.ts";

/** Hears of a page, or why there is none. */
type Done = (outcome: CallOutcome<ScanResult>) => void;

/**
 * One page of a scan over all groups. Every group is asked for a page of the shards that it has, and the page goes as far as the shortest
 * of them: so it is in the order of its keys, and each shard is looked at exactly once from cursor to cursor, wherever it moves.
 */
export class RoutedPage {
  readonly #parts: RoutedParts;
  readonly #scan: Omit<Scan, "op">;
  readonly #deadline: number;
  readonly #done: Done;
  readonly #pages: ScanResult[] = [];
  readonly #open = new Set<Cancel>();
  #ended = false;

  private constructor(parts: RoutedParts, scan: Omit<Scan, "op">, deadlineMs: number, done: Done) {
    this.#parts = parts;
    this.#scan = scan;
    this.#deadline = parts.clock.now() + deadlineMs;
    this.#done = done;
  }

  static start(parts: RoutedParts, scan: Omit<Scan, "op">, deadlineMs: number, done: Done): Cancel {
    const page = new RoutedPage(parts, scan, deadlineMs, done);
    for (const shards of page.#byOwner()) page.#ask(shards);
    return () => {
      for (const cancel of page.#open) cancel();
    };
  }

  /** The shards of the scan, by who seems to have them; undefined for all, when it is not known yet which these are. */
  #byOwner(): (readonly Shard[] | undefined)[] {
    const all = this.#shards();
    const { config } = this.#parts.cache;
    if (all === undefined || config === undefined) return [undefined];
    const owned = new Map<number, Shard[]>();
    for (const shard of all) {
      const gid = config.shards[shard]?.gid ?? 0;
      const own = owned.get(gid);
      if (own === undefined) owned.set(gid, [shard]);
      else own.push(shard);
    }
    return [...owned.values()];
  }

  #shards(): readonly Shard[] | undefined {
    const { shards, start, end, cursor } = this.#scan;
    if (shards !== "all") return shards;
    const found = this.#parts.cache.shardsBetween(cursor ?? start?.key, end?.key);
    return found.length === 0 ? undefined : found;
  }

  /** Asks for a page of these shards: of those that the owner of the first one has, and then of the others. */
  #ask(given: readonly Shard[] | undefined): void {
    let asked: readonly Shard[] = [];
    const route = (): Route | undefined => {
      const found = this.#route(given ?? this.#shards() ?? []);
      asked = found?.asked ?? [];
      return found?.route;
    };
    const leftMs = this.#deadline - this.#parts.clock.now();
    let own: Cancel | undefined;
    own = RoutedCall.start(this.#parts, leftMs, route, (ending) => {
      if (own !== undefined) this.#open.delete(own);
      this.#answered(given ?? this.#shards() ?? [], asked, queryOutcome<ScanResult>("scan", ending, decodeResult));
    });
    this.#open.add(own);
  }

  #route(shards: readonly Shard[]): { readonly route: Route; readonly asked: readonly Shard[] } | undefined {
    const { config } = this.#parts.cache;
    const [first] = shards;
    const found = config === undefined || first === undefined ? undefined : routeOf(config, first);
    if (config === undefined || found === undefined) return undefined;
    const asked = shards.filter((shard) => config.shards[shard]?.gid === found.owner.gid);
    const bytes = encodeQuery({ ...this.#scan, op: "scan", shards: asked });
    // The shards of one group come from several others: none of these has them all.
    return { asked, route: { ...found, source: undefined, ask: (client, ms, ended) => client.query(bytes, ms, ended) } };
  }

  #answered(shards: readonly Shard[], asked: readonly Shard[], outcome: CallOutcome<ScanResult>): void {
    if (this.#ended) return;
    if (outcome.kind !== "result") {
      this.#end(outcome);
      return;
    }
    this.#pages.push(outcome.result);
    const seen = new Set(asked);
    const rest = shards.filter((shard) => !seen.has(shard));
    if (rest.length > 0) this.#ask(rest);
    else if (this.#open.size === 0) this.#end({ kind: "result", result: merged(this.#pages, this.#scan.limit) });
  }

  #end(outcome: CallOutcome<ScanResult>): void {
    this.#ended = true;
    for (const cancel of this.#open) cancel();
    this.#done(outcome);
  }
}

/** One page out of several of the same range: as far as all of them have looked. */
export function merged(pages: readonly ScanResult[], limit: number | undefined): ScanResult {
  let end: Uint8Array | undefined;
  for (const { cursor } of pages) if (cursor !== undefined && (end === undefined || compareBytes(cursor, end) < 0)) end = cursor;
  const within = (key: Uint8Array): boolean => end === undefined || compareBytes(key, end) <= 0;
  const rows = pages.flatMap((page) => page.rows.filter(({ key }) => within(key))).toSorted((a, b) => compareBytes(a.key, b.key));
  if (limit === undefined || rows.length <= limit) return { ok: true, op: "scan", rows, cursor: end };
  const few = rows.slice(0, limit);
  return { ok: true, op: "scan", rows: few, cursor: few.at(-1)?.key };
}
