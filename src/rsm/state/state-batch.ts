import { assert } from "../../base/assert.ts";
import type { WriteOp } from "../../env/storage.ts";
import { keyText } from "./key-text.ts";
import type { ReadRow } from "../machine.ts";
import { ownRows, type State } from "./state.ts";

/** Hears of a row that is about to change, while it can still be read as it was. */
export type RowChanging = (text: string, key: Uint8Array) => void;

/**
 * The rows while a batch of entries is applied: what is written is kept here, seen by what is read after it, and given to the storage
 * at once when the batch is over. A cache of hot rows would stand here, between `get` and the storage.
 */
export class StateBatch implements State {
  readonly #read: ReadRow;
  /** The last change of each row, by the text of its key. */
  readonly #changes = new Map<string, WriteOp>();

  constructor(read: ReadRow) {
    this.#read = read;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const change = this.#changes.size === 0 ? undefined : this.#changes.get(keyText(key));
    if (change === undefined) return this.#read(key);
    return change.op === "put" ? change.value : undefined;
  }

  put(key: Uint8Array, value: Uint8Array): void {
    assert(key.length > 0 && key[0] !== ownRows, "a machine's rows are not those of the replica around it");
    this.#changes.set(keyText(key), { op: "put", key, value });
  }

  delete(key: Uint8Array): void {
    this.#changes.set(keyText(key), { op: "delete", key });
  }

  /** As `put`, for the rows of the replica itself. */
  putOwn(key: Uint8Array, value: Uint8Array): void {
    assert(key[0] === ownRows, "the replica's own rows stand apart");
    this.#changes.set(keyText(key), { op: "put", key, value });
  }

  /** Adds everything that has changed to `rows`; `changing` hears of each row first. */
  emit(rows: WriteOp[], changing: RowChanging | undefined): void {
    for (const [text, change] of this.#changes) {
      changing?.(text, change.key);
      rows.push(change);
    }
  }
}
