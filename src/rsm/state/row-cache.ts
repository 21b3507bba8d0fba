import { keyText } from "./key-text.ts";

/** A row that is not there. */
const absent = null;
type Found = Uint8Array | typeof absent;

/** What an entry costs besides its bytes, roughly. */
const entryBytes = 120;

/**
 * The state's rows that were read or changed lately, so that a hot one is not read from disk for every command. It never differs from
 * the state: every change goes through it. Rows are in one of two halves. Who is asked for moves to the young one; when that is
 * full the other one is forgotten as a whole, and they change places.
 */
export class RowCache {
  readonly #halfBytes: number;
  #young = new Map<string, Found>();
  #old = new Map<string, Found>();
  #youngBytes = 0;

  /** `bytesMax` counts keys, values and what it costs to hold them. */
  constructor(bytesMax: number) {
    this.#halfBytes = bytesMax / 2;
  }

  /** The row, from here or from `fromDisk`. */
  read(key: Uint8Array, fromDisk: (key: Uint8Array) => Uint8Array | undefined): Uint8Array | undefined {
    const text = keyText(key);
    const young = this.#young.get(text);
    if (young !== undefined) return young ?? undefined;
    const old = this.#old.get(text);
    if (old !== undefined) {
      this.#keep(text, old);
      return old ?? undefined;
    }
    const found = fromDisk(key);
    this.#keep(text, found ?? absent);
    return found;
  }

  /** The row is `value` from here on. */
  changed(key: Uint8Array, value: Uint8Array | undefined): void {
    const text = keyText(key);
    // The bytes may be a part of much larger ones, which are not to live for as long as the row is hot.
    this.#keep(text, value === undefined ? absent : value.slice());
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
    this.#youngBytes = 0;
  }

  #keep(text: string, found: Found): void {
    const before = this.#young.get(text);
    this.#young.set(text, found);
    if (before === undefined) this.#youngBytes += entryBytes + text.length;
    else this.#youngBytes -= lengthOf(before);
    this.#youngBytes += lengthOf(found);
    if (this.#youngBytes <= this.#halfBytes) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}

function lengthOf(found: Found): number {
  return found === absent ? 0 : found.length;
}
