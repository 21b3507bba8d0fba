import { afterPrefix } from "../base/bytes.ts";
import type { ByteLimits } from "../shardkv/checks.ts";
import type { Bound } from "../shardkv/rows.ts";
import type { ScanResult } from "../shardkv/results.ts";
import type { Data, Scan, ScanRow } from "./client.ts";
import type { Encoding } from "./encoding.ts";
import { fields, fittingKey, flag, invalid, optionalWhole } from "./input.ts";

/** A range of keys as the store understands it, and how much is wanted of it. */
export interface CheckedRange {
  readonly start: Bound | undefined;
  readonly end: Bound | undefined;
  readonly limit: number | undefined;
  readonly pageRows: number | undefined;
}

/** The range that a caller gave; throws `invalid`. */
export function checkedRange<T extends Data>(given: unknown, encoding: Encoding<T>, limits: ByteLimits): CheckedRange {
  const range = fields(given, "The range of a scan was");
  const limit = optionalWhole(range["limit"], "limit", 1);
  const pageRows = optionalWhole(range["pageRows"], "pageRows", 1);
  const bound = (name: "start" | "end", byDefault: boolean): Bound | undefined => {
    const inclusive = flag(range[`${name}Inclusive`], `${name}Inclusive`, byDefault);
    const key = range[name];
    return key === undefined ? undefined : { key: fittingKey(encoding.encode(key, `The ${name} of a scan was`), limits), inclusive };
  };
  const [start, end] = [bound("start", true), bound("end", false)];
  if (range["prefix"] === undefined) return { start, end, limit, pageRows };
  if (start !== undefined || end !== undefined)
    throw invalid("A scan was given a prefix and a start or an end; one or the other is allowed.");
  const prefix = fittingKey(encoding.encode(range["prefix"], "The prefix of a scan was"), limits);
  const after = afterPrefix(prefix);
  return { start: { key: prefix, inclusive: true }, end: after && { key: after, inclusive: false }, limit, pageRows };
}

/** What a page is asked for. */
export type PageWish = Pick<CheckedRange, "start" | "end" | "limit"> & { readonly cursor: Uint8Array | undefined };

/** A scan that asks for its pages as they are wanted. */
export class PagedScan<T extends Data> implements Scan<T> {
  readonly #range: CheckedRange;
  readonly #encoding: Encoding<T>;
  readonly #ask: (wish: PageWish) => Promise<ScanResult>;

  constructor(range: CheckedRange, encoding: Encoding<T>, ask: (wish: PageWish) => Promise<ScanResult>) {
    this.#range = range;
    this.#encoding = encoding;
    this.#ask = ask;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ScanRow<T>, void, undefined> {
    for await (const page of this.pages()) yield* page;
  }

  async *pages(): AsyncGenerator<readonly ScanRow<T>[], void, undefined> {
    const { start, end, limit = Infinity, pageRows = Infinity } = this.#range;
    let left = limit;
    let cursor: Uint8Array | undefined;
    do {
      const most = Math.min(left, pageRows);
      const page = await this.#ask({ start, end, limit: most === Infinity ? undefined : most, cursor });
      left -= page.rows.length;
      cursor = page.cursor;
      // A page may be short, or empty, and not be the last one.
      if (page.rows.length > 0) yield page.rows.map((row) => this.#decoded(row));
    } while (cursor !== undefined && left > 0);
  }

  #decoded({ key, value, version }: ScanResult["rows"][number]): ScanRow<T> {
    return { key: this.#encoding.decode(key, "A key is"), value: this.#encoding.decode(value, "A value is"), version };
  }
}
