import { assert } from "../base/assert.ts";
import { compareBytes } from "../base/bytes.ts";
import type { KeyRange } from "../env/storage.ts";
import type { Refused, Shard } from "../rsm/state/state-machine.ts";
import type { StateView } from "../rsm/state/state.ts";
import type { KvOptions } from "./options.ts";
import type { ShardOf } from "../shardmaster/partitioner.ts";
import type { Figures, Scan } from "./queries.ts";
import { encodeResult, type ScanRow, type ShardFigures } from "./results.ts";
import { dataRange, valueOfData, versionOfData } from "./rows.ts";
import { ServedShards } from "./served.ts";
import { type Visitor, Walk } from "./walk.ts";

/** Takes the answer to a query. */
export type Reply = (result: Uint8Array | Refused) => void;

/** What answers in pages need of the machine around them. */
export interface PageContext {
  readonly view: StateView;
  readonly options: KvOptions;
  readonly shardOf: ShardOf;
  readonly reply: Reply;
}

/** A page looks at so many times as much as it may hold before it comes back short. */
const lookedFactor = 4;

/** Answers with a page of keys, their values and versions, as of one moment; or refuses if one of the shards is not served. */
export function answerScan(scan: Scan, context: PageContext): void {
  const { pageRowsMax, pageBytesMax } = context.options;
  const rowsMax = Math.min(scan.limit ?? pageRowsMax, pageRowsMax);
  answer(scan, new ScanPage(rowsMax, pageBytesMax, context.reply), rangeOf(scan), context);
}

/** Answers with the numbers of keys and bytes in a part of the store; or refuses if one of the shards is not served. */
export function answerFigures(figures: Figures, context: PageContext): void {
  answer(figures, new FiguresPage(context.options, context.reply), dataRange(behind(figures.cursor), undefined), context);
}

function answer(query: Scan | Figures, visitor: Visitor, range: KeyRange, context: PageContext): void {
  const { view, options, shardOf, reply } = context;
  const lookedRowsMax = lookedFactor * options.pageRowsMax;
  const lookedBytesMax = lookedFactor * options.pageBytesMax;
  ServedShards.read(view, query.shards, options, (epochs) => {
    if ("why" in epochs) reply(epochs);
    else if (isEmpty(range)) visitor.end(undefined);
    else new Walk({ view, shardOf, epochs, visitor, lookedRowsMax, lookedBytesMax }).start(range);
  });
}

/** The rows from the scan's start, or from behind its cursor if that is further on, to its end. */
function rangeOf({ start, end, cursor }: Scan): KeyRange {
  const range = dataRange(start, end);
  const rest = dataRange(behind(cursor), end);
  return compareBytes(rest.from, range.from) > 0 ? rest : range;
}

function behind(cursor: Uint8Array | undefined): { readonly key: Uint8Array; readonly inclusive: false } | undefined {
  return cursor === undefined ? undefined : { key: cursor, inclusive: false };
}

/** Whether a range ends before it begins: storages are not asked for such ones. */
function isEmpty({ from, to }: KeyRange): boolean {
  return to !== undefined && compareBytes(from, to) >= 0;
}

class ScanPage implements Visitor {
  readonly #rowsMax: number;
  readonly #bytesMax: number;
  readonly #reply: Reply;
  readonly #rows: ScanRow[] = [];
  #bytes = 0;

  constructor(rowsMax: number, bytesMax: number, reply: Reply) {
    this.#rowsMax = rowsMax;
    this.#bytesMax = bytesMax;
    this.#reply = reply;
  }

  isFull(): boolean {
    return this.#rows.length >= this.#rowsMax;
  }

  take(key: Uint8Array, _: Shard, row: Uint8Array): boolean {
    assert(!this.isFull(), "a key has one live row");
    const value = valueOfData(row);
    const bytes = this.#bytes + key.length + value.length;
    if (bytes > this.#bytesMax && this.#rows.length > 0) return false;
    this.#bytes = bytes;
    this.#rows.push({ key, value, version: versionOfData(row) });
    return true;
  }

  rowsLeft(): number {
    return this.#rowsMax - this.#rows.length;
  }

  bytesLeft(): number {
    return this.#bytesMax - this.#bytes;
  }

  end(cursor: Uint8Array | undefined): void {
    this.#reply(encodeResult({ ok: true, op: "scan", rows: this.#rows, cursor }));
  }
}

/** Only what was looked at ends it. */
class FiguresPage implements Visitor {
  readonly #options: KvOptions;
  readonly #reply: Reply;
  readonly #figures = new Map<Shard, { shard: Shard; keys: number; bytes: number }>();

  constructor(options: KvOptions, reply: Reply) {
    this.#options = options;
    this.#reply = reply;
  }

  isFull(): boolean {
    return false;
  }

  take(key: Uint8Array, shard: Shard, row: Uint8Array): boolean {
    const figures = this.#figures.get(shard) ?? { shard, keys: 0, bytes: 0 };
    figures.keys += 1;
    figures.bytes += key.length + valueOfData(row).length;
    this.#figures.set(shard, figures);
    return true;
  }

  rowsLeft(): number {
    return this.#options.pageRowsMax;
  }

  bytesLeft(): number {
    return this.#options.pageBytesMax;
  }

  end(cursor: Uint8Array | undefined): void {
    const shards: ShardFigures[] = [...this.#figures.values()].toSorted((a, b) => a.shard - b.shard);
    this.#reply(encodeResult({ ok: true, op: "figures", shards, cursor }));
  }
}
