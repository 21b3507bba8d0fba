import { present } from "../../base/assert.ts";
import { afterPrefix, concat, emptyBytes } from "../../base/bytes.ts";
import type { KeyRange, Row } from "../../env/storage.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import type { StateView } from "../../rsm/state/state.ts";
import { dataKey, indexPrefix, sessionPrefix } from "../rows.ts";
import type { Item } from "./chunk.ts";

/** How much one page holds; one row is always allowed. */
export interface ChunkLimits {
  readonly chunkRowsMax: number;
  readonly chunkBytesMax: number;
}

/** Some rows of one copy of a shard. */
export interface CopyPage {
  readonly sessions: readonly Item[];
  readonly data: readonly Item[];
  /** Where the rest begins; undefined when this is the end. */
  readonly next: Uint8Array | undefined;
}

/** A cursor is one of these and what comes next: a client's id or a key. Empty, it stands before all. */
const parts = { sessions: 0, data: 1 } as const;

/**
 * Reads a page of one copy of a shard, from `cursor` on: first sessions, then data. `done` runs once, now or later. For a copy that
 * does not change, a cursor means the same to every replica, whatever their pages. With "names only" rows of data have no values, which are
 * not looked up.
 */
export function readPage(
  view: StateView,
  shard: Shard,
  epoch: number,
  cursor: Uint8Array,
  limits: ChunkLimits,
  done: (page: CopyPage) => void,
  values: "values" | "names only" = "values",
): void {
  const prefixes = [sessionPrefix(shard, epoch), indexPrefix(shard, epoch)] as const;
  const found: { sessions: Item[]; data: Item[] } = { sessions: [], data: [] };
  let rowsLeft = limits.chunkRowsMax;
  let bytesLeft = limits.chunkBytesMax;

  const dataItem = (name: Uint8Array): Item => {
    if (values === "names only") return { name, value: emptyBytes };
    return { name, value: present(view.get(dataKey(name, epoch)), "a key in the index has a data row") };
  };
  /** Whether the row goes on the page. */
  const take = (items: Item[], item: Item): boolean => {
    const bytes = item.name.length + item.value.length;
    const isFirst = found.sessions.length + found.data.length === 0;
    if (!isFirst && (rowsLeft < 1 || bytes > bytesLeft)) return false;
    rowsLeft -= 1;
    bytesLeft -= bytes;
    items.push(item);
    return true;
  };
  const read = (part: 0 | 1, name: Uint8Array): void => {
    const prefix = prefixes[part];
    const range: KeyRange = { from: concat([prefix, name]), to: afterPrefix(prefix) };
    // Rows of the index are small, whatever their keys stand for: what the page has room for is seen row by row.
    view.scan(range, { rowsMax: Math.max(rowsLeft, 0) + 1, bytesMax: Math.max(bytesLeft, 0) + 1 }, (rows, rest) => {
      for (const row of rows) {
        const item = part === parts.sessions ? sessionItem(row, prefix) : dataItem(row.key.subarray(prefix.length));
        const items = part === parts.sessions ? found.sessions : found.data;
        if (!take(items, item)) return done({ ...found, next: concat([Uint8Array.of(part), item.name]) });
      }
      if (rest !== undefined) return read(part, rest.from.subarray(prefix.length));
      return part === parts.sessions ? read(parts.data, emptyBytes) : done({ ...found, next: undefined });
    });
  };
  read(cursor[0] === parts.data ? parts.data : parts.sessions, cursor.subarray(1));
}

function sessionItem({ key, value }: Row, prefix: Uint8Array): Item {
  return { name: key.subarray(prefix.length), value };
}
