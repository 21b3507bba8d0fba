import type { KeyRange, PageLimits, Row } from "../../env/storage.ts";

/** With this byte begin the keys of the rows that the replica itself keeps beside its machine's; no key of a machine does. */
export const ownRows = 0;

/** A machine's rows, by the machine's own keys, as of everything applied. What is read is not to be changed. */
export interface StateReader {
  get(key: Uint8Array): Uint8Array | undefined;
}

/** The rows while entries are applied: a read sees what was written before it. Everything of a batch goes to disk at once. */
export interface State extends StateReader {
  /** The state owns the bytes from here on. `isNew` promises that there is no such row: nobody has to look what it was. */
  put(key: Uint8Array, value: Uint8Array, isNew?: boolean): void;
  delete(key: Uint8Array): void;
}

/** The rows as of one moment, for a query: that moment does not move, however long the query takes. */
export interface StateView extends StateReader {
  /** The first page of `range`; `page` runs later, and never after the replica has lost the right to answer. */
  scan(range: KeyRange, limits: PageLimits, page: (rows: readonly Row[], rest: KeyRange | undefined) => void): void;
}
