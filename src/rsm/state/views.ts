import { compareBytes } from "../../base/bytes.ts";
import { isWithin, type KeyRange, type PageLimits, type Row, type Storage } from "../../env/storage.ts";
import { keyText } from "./key-text.ts";
import type { ReadRow } from "../machine.ts";
import type { Keys } from "../log/rows.ts";
import { StateScan, type TakePage } from "./state-scan.ts";
import type { StateView } from "./state.ts";

/** A row as it was at a view's moment; without a value it was not there. */
interface Was {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/**
 * The state as of one moment, for one query. Rows are read as they are now, or from a snapshot of the storage, which is of a later
 * moment: what has changed since this view's own moment is put back as it was.
 */
export class View implements StateView {
  readonly #views: Views;
  /** By the text of its key: every row that has changed since, as it was. */
  readonly #was = new Map<string, Was>();
  #scan: StateScan | undefined;
  #closed = false;

  constructor(views: Views) {
    this.#views = views;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const was = this.#was.size === 0 ? undefined : this.#was.get(keyText(key));
    return was === undefined ? this.#views.read(key) : was.value;
  }

  scan(range: KeyRange, limits: PageLimits, page: TakePage): void {
    if (this.#closed) return;
    this.#scan ??= this.#views.scan();
    this.#scan.read(range, limits, (rows, rest) => {
      const found = this.#asItWas({ from: range.from, to: rest?.from ?? range.to }, rows);
      // What stands there now was not there yet; a page holds at least one row if any is left.
      if (found.length === 0 && rest !== undefined) this.scan(rest, limits, page);
      else page(found, rest);
    });
  }

  /** A row is about to change. */
  changing(text: string, was: Was): void {
    if (!this.#was.has(text)) this.#was.set(text, was);
  }

  close(): void {
    this.#closed = true;
    this.#scan?.close();
    this.#views.closed(this);
  }

  /** The rows of a range, with those that have changed since as they were. */
  #asItWas(range: KeyRange, rows: readonly Row[]): readonly Row[] {
    const was = [...this.#was.values()].filter(({ key }) => isWithin(key, range));
    if (was.length === 0) return rows;
    const changed = new Set(was.map(({ key }) => keyText(key)));
    const all = rows.filter(({ key }) => !changed.has(keyText(key)));
    for (const { key, value } of was) if (value !== undefined) all.push({ key, value });
    return all.toSorted((a, b) => compareBytes(a.key, b.key));
  }
}

/** The views that queries have open. */
export class Views {
  readonly #storage: Storage;
  readonly #keys: Keys;
  readonly #open = new Set<View>();
  readonly read: ReadRow;
  /** For `StateRows.begin`. */
  readonly changing = (key: Uint8Array, before: Uint8Array | undefined): void => {
    const text = keyText(key);
    for (const view of this.#open) view.changing(text, { key, value: before });
  };

  /** `read` gives the machine's rows as of everything applied. */
  constructor(storage: Storage, keys: Keys, read: ReadRow) {
    this.#storage = storage;
    this.#keys = keys;
    this.read = read;
  }

  /** Whether anybody has to hear of rows that change. */
  get any(): boolean {
    return this.#open.size > 0;
  }

  /** A view of this moment. Until it is kept open it is good for this turn alone. */
  make(): View {
    return new View(this);
  }

  /** The view outlives this turn: until it is closed it hears of everything that changes. */
  keepOpen(view: View): void {
    this.#open.add(view);
  }

  /** The state is replaced: nobody reads on in the old one. */
  closeAll(): void {
    for (const view of this.#open) view.close();
  }

  closed(view: View): void {
    this.#open.delete(view);
  }

  scan(): StateScan {
    return new StateScan(this.#storage, this.#keys);
  }
}
