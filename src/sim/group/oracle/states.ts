import { equalBytes, getU32 } from "../../../base/bytes.ts";
import type { Row, WriteOp } from "../../../env/storage.ts";
import { decodeApplied, type Keys, stateKeyOffset } from "../../../rsm/log/rows.ts";
import type { Ledger } from "../../oracle/ledger.ts";
import { violate } from "../../oracle/violation.ts";
import type { Reference } from "./reference.ts";
import { RowSet } from "./row-set.ts";

/** What one server's storage has taken of states. */
interface Stored {
  readonly generations: Map<number, RowSet>;
  /** The one that is the state; undefined before there is one. */
  live: number | undefined;
}

/**
 * Whenever a storage takes a batch that says how far the state goes, and whenever a server starts, the rows of that state are those of
 * the reference at that index: all keys, all sessions, derived rows too (R5, R11, and with them C3 and C5 on every replica).
 */
export class States {
  readonly #reference: Reference;
  readonly #ledger: Ledger;
  readonly #keys: Keys;
  readonly #servers: Stored[];
  readonly #nameOf: (server: number) => string;
  #checked = 0;
  #installed = 0;

  /** `servers` are their names. */
  constructor(reference: Reference, ledger: Ledger, keys: Keys, servers: readonly string[]) {
    this.#reference = reference;
    this.#ledger = ledger;
    this.#keys = keys;
    this.#servers = servers.map(() => ({ generations: new Map(), live: undefined }));
    this.#nameOf = (at) => servers[at] ?? "";
  }

  /** How often a whole state was compared. */
  get checked(): number {
    return this.#checked;
  }

  /** How often one that had arrived as a snapshot was. */
  get installed(): number {
    return this.#installed;
  }

  /** A server begins a life on these rows. */
  started(at: number, rows: Iterable<Row>): void {
    const own: Stored = { generations: new Map(), live: undefined };
    this.#servers[at] = own;
    let applied: Uint8Array | undefined;
    for (const { key, value } of rows) {
      if (this.#isState(key)) rowsOf(own, key).put(key.subarray(stateKeyOffset), value);
      else if (equalBytes(key, this.#keys.applied)) applied = value;
    }
    if (applied !== undefined) this.#check(at, own, applied, "comes back with");
  }

  /** The storage of a server has taken a batch. */
  accepted(at: number, ops: readonly WriteOp[]): void {
    const own = this.#servers[at] as Stored;
    let applied: Uint8Array | undefined;
    for (const op of ops) {
      if (this.#isState(op.key)) change(own, op);
      else if (op.op === "put" && equalBytes(op.key, this.#keys.applied)) applied = op.value;
    }
    if (applied !== undefined) this.#check(at, own, applied, "stores");
  }

  #check(at: number, own: Stored, row: Uint8Array, does: string): void {
    const { index, generation } = decodeApplied(row);
    const isInstalled = own.live !== undefined && own.live !== generation;
    own.live = generation;
    for (const older of own.generations.keys()) if (older < generation) own.generations.delete(older);
    if (index > this.#ledger.commit)
      violate("R5", `${this.#nameOf(at)} ${does} the state at ${index}, and only ${this.#ledger.commit} is committed`);
    this.#checked += 1;
    if (isInstalled) this.#installed += 1;
    if ((own.generations.get(generation)?.digest ?? 0) === this.#reference.digestAt(index)) return;
    const what = isInstalled ? "a state from a snapshot" : "a state";
    violate(
      does === "stores" && !isInstalled ? "R5" : "R11",
      `${this.#nameOf(at)} ${does} ${what} at ${index} that is not what was committed makes`,
    );
  }

  #isState(key: Uint8Array): boolean {
    const { statePrefix } = this.#keys;
    return key.length >= stateKeyOffset && statePrefix.every((byte, place) => key[place] === byte);
  }
}

function change(own: Stored, op: WriteOp): void {
  const key = op.key.subarray(stateKeyOffset);
  if (op.op === "put") rowsOf(own, op.key).put(key, op.value);
  else rowsOf(own, op.key).delete(key);
}

/** The rows of the generation that the key belongs to. */
function rowsOf({ generations }: Stored, key: Uint8Array): RowSet {
  const generation = getU32(key, stateKeyOffset - 4);
  let rows = generations.get(generation);
  if (rows === undefined) {
    rows = new RowSet();
    generations.set(generation, rows);
  }
  return rows;
}
