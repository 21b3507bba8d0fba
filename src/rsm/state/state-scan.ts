import { present } from "../../base/assert.ts";
import { afterPrefix } from "../../base/bytes.ts";
import type { KeyRange, PageLimits, Row, Storage, StorageView } from "../../env/storage.ts";
import { decodeApplied, type Keys, stateKeyOffset } from "../log/rows.ts";

/** Takes a page of rows, and what is left to ask for. */
export type TakePage = (rows: readonly Row[], rest: KeyRange | undefined) => void;

/**
 * Reads ranges of the machine's rows, by the machine's own keys, from one snapshot of the storage. It is of the moment at which it
 * was made or of a later one, when the storage has written out what it had been given.
 */
export class StateScan {
  readonly #prefix: Uint8Array;
  #view: StorageView | undefined;
  /** What waits for the snapshot. */
  #waiting: ((view: StorageView) => void)[] = [];
  #closed = false;

  constructor(storage: Storage, keys: Keys) {
    const applied = present(storage.get(keys.applied), "a state that is read has an applied row");
    this.#prefix = keys.generation(decodeApplied(applied).generation);
    storage.snapshot((view) => this.#opened(view));
  }

  /** As `StorageView.scan`; `page` does not run once this is closed. */
  read(range: KeyRange, limits: PageLimits, page: TakePage): void {
    if (this.#closed) return;
    const own: KeyRange = { from: this.#outside(range.from), to: range.to === undefined ? this.#end() : this.#outside(range.to) };
    const scan = (view: StorageView): void =>
      view.scan(own, limits, (rows, rest) => {
        if (!this.#closed) page(rows.map(inside), rest && { from: rest.from.subarray(stateKeyOffset), to: range.to });
      });
    if (this.#view === undefined) this.#waiting.push(scan);
    else scan(this.#view);
  }

  /** Lets go of the snapshot. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting = [];
    this.#view?.close();
  }

  #opened(view: StorageView): void {
    if (this.#closed) {
      view.close();
      return;
    }
    this.#view = view;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const scan of waiting) scan(view);
  }

  #outside(key: Uint8Array): Uint8Array {
    const row = new Uint8Array(this.#prefix.length + key.length);
    row.set(this.#prefix);
    row.set(key, this.#prefix.length);
    return row;
  }

  #end(): Uint8Array {
    return present(afterPrefix(this.#prefix), "the rows of a generation have an end");
  }
}

function inside({ key, value }: Row): Row {
  return { key: key.subarray(stateKeyOffset), value };
}
