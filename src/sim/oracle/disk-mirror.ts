import { chainHash } from "../../base/hash.ts";
import { replicaId } from "../../base/ids.ts";
import type { Row, WriteOp } from "../../env/storage.ts";
import type { LogIndex, Mark, Term } from "../../raft/types.ts";
import {
  type AppliedRow,
  decodeApplied,
  decodeHard,
  decodeLogRow,
  decodeMark,
  firstOfLogRow,
  type HardRow,
  type Keys,
  unpackVote,
} from "../../rsm/log/rows.ts";
import { quickLogRow, quickNumbers } from "./quick-read.ts";
import { fields, whole } from "../../rsm/fields.ts";

/** A log row on the disk: terms of its entries, and the hash after each. */
export interface DurableRow {
  readonly first: LogIndex;
  readonly chainBefore: number;
  readonly terms: readonly Term[];
  readonly chains: readonly number[];
}

const lastOf = (row: DurableRow): LogIndex => row.first + row.terms.length - 1;

/** What tells a group's rows apart: it stands behind the group's number in every key. */
const letterOf = (key: Uint8Array): number => key[4] ?? 0;

/** What a batch has changed, one bit each. */
export const changes = { hard: 1, mark: 2, applied: 4, log: 8, pin: 16, admitted: 32 } as const;

/** What the oracle knows of one server's durable rows: decoded as they became durable, batch by batch, with hashes of its own. */
export class DiskMirror {
  readonly #letters: Readonly<Record<"log" | "hard" | "applied" | "mark" | "admitted" | "pin", number>>;
  hard: HardRow | undefined;
  mark: Mark | undefined;
  applied: AppliedRow | undefined;
  /** The incarnation that this disk records as admitted. */
  admitted: number | undefined;
  /** The pinned incarnation of each member. */
  readonly pins: Map<number, number> = new Map();
  /** The member whose pin the last batch has replaced or deleted, if it has. */
  repinned: number | undefined;
  /** In the order of their indices. */
  #rows: DurableRow[] = [];
  /** Rows from this position on have changed with the last batch; those before it have not. */
  changedFrom = 0;

  constructor(keys: Keys) {
    this.#letters = {
      log: letterOf(keys.logPrefix),
      hard: letterOf(keys.hard),
      applied: letterOf(keys.applied),
      mark: letterOf(keys.mark),
      admitted: letterOf(keys.admitted),
      pin: letterOf(keys.pin(replicaId(0))),
    };
  }

  get rows(): readonly DurableRow[] {
    return this.#rows;
  }

  get markIndex(): LogIndex {
    return this.mark?.index ?? 0;
  }

  get term(): Term {
    return this.hard?.term ?? 0;
  }

  get last(): LogIndex {
    const row = this.#rows[this.#rows.length - 1];
    return Math.max(this.markIndex, row === undefined ? 0 : lastOf(row));
  }

  /** The hash of the log up to `index`; undefined where nothing is known. */
  chainAt(index: LogIndex): number | undefined {
    if (index === this.markIndex) return this.mark?.chain ?? 0;
    const row = this.#rowOf(index);
    return row?.chains[index - row.first];
  }

  termAt(index: LogIndex): Term | undefined {
    if (index === this.markIndex) return this.mark?.term ?? 0;
    const row = this.#rowOf(index);
    return row?.terms[index - row.first];
  }

  /** The row with `index` in it. Most questions are about the last one. */
  #rowOf(index: LogIndex): DurableRow | undefined {
    const at = this.#positionOf(index + 1) - 1;
    const row = this.#rows[at];
    return row !== undefined && lastOf(row) >= index ? row : undefined;
  }

  /** How many rows begin before `index`. */
  #positionOf(index: LogIndex): number {
    let low = 0;
    let high = this.#rows.length;
    if (high > 0 && (this.#rows[high - 1] as DurableRow).first < index) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rows[middle] as DurableRow).first < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A batch has become durable; says what it changed. */
  apply(ops: readonly WriteOp[]): number {
    this.changedFrom = this.#rows.length;
    this.repinned = undefined;
    let changed = 0;
    for (const op of ops) changed |= this.#applyOne(op);
    return changed;
  }

  /** The whole image was replaced. */
  replace(rows: Iterable<Row>): number {
    this.hard = this.mark = this.applied = this.admitted = undefined;
    this.pins.clear();
    this.#rows = [];
    this.changedFrom = 0;
    let changed = 0;
    for (const { key, value } of rows) changed |= this.#applyOne({ op: "put", key, value });
    return changed;
  }

  #applyOne(op: WriteOp): number {
    const { key } = op;
    const value = op.op === "put" ? op.value : undefined;
    // State rows, the most of all, are nobody's business here.
    switch (letterOf(key)) {
      case this.#letters.log:
        if (value === undefined) this.#delete(firstOfLogRow(key));
        else this.#put(firstOfLogRow(key), value);
        return changes.log;
      case this.#letters.hard:
        this.hard = value && hardOf(value);
        return changes.hard;
      case this.#letters.applied:
        this.applied = value && appliedOf(value);
        return changes.applied;
      case this.#letters.mark:
        this.mark = value && decodeMark(value);
        return changes.mark;
      case this.#letters.admitted:
        this.admitted = value && whole(fields(value, 1, "admission")[0]);
        return changes.admitted;
      case this.#letters.pin:
        return this.#pin(key, value);
      default:
        return 0;
    }
  }

  #pin(key: Uint8Array, value: Uint8Array | undefined): number {
    const replica = key[5] ?? 0;
    const incarnation = value && whole(fields(value, 1, "pin")[0]);
    if (this.pins.has(replica) && this.pins.get(replica) !== incarnation) this.repinned = replica;
    if (incarnation === undefined) this.pins.delete(replica);
    else this.pins.set(replica, incarnation);
    return changes.pin;
  }

  #put(first: LogIndex, value: Uint8Array): void {
    const row = rowOf(first, value);
    const at = this.#positionOf(first);
    if (this.#rows[at]?.first === first) this.#rows[at] = row;
    else if (at === this.#rows.length) this.#rows.push(row);
    else this.#rows.splice(at, 0, row);
    this.changedFrom = Math.min(this.changedFrom, at);
  }

  #delete(first: LogIndex): void {
    const at = this.#positionOf(first);
    if (this.#rows[at]?.first !== first) return;
    this.#rows.splice(at, 1);
    // What stands behind a row that has gone has moved up by one.
    this.changedFrom = at === 0 ? Math.max(0, this.changedFrom - 1) : Math.min(this.changedFrom, at);
  }
}

function rowOf(first: LogIndex, value: Uint8Array): DurableRow {
  const terms: Term[] = [];
  const data: Uint8Array[] = [];
  let chainBefore = quickLogRow(value, terms, data);
  if (chainBefore < 0) {
    terms.length = data.length = 0;
    const row = decodeLogRow(value, first);
    chainBefore = row.chainBefore;
    for (const entry of row.entries) {
      terms.push(entry.term);
      data.push(entry.data);
    }
  }
  const chains: number[] = [];
  let chain = chainBefore;
  for (let i = 0; i < terms.length; i += 1) {
    chain = chainHash(chain, terms[i] as Term, data[i] as Uint8Array);
    chains.push(chain);
  }
  return { first, chainBefore, terms, chains };
}

function hardOf(value: Uint8Array): HardRow {
  const [term, vote, acknowledged, truncatedIn] = quickNumbers(value, 4) ?? [];
  if (term === undefined || vote === undefined || acknowledged === undefined || truncatedIn === undefined) return decodeHard(value);
  return { term, vote: unpackVote(vote), acknowledged, truncatedIn };
}

function appliedOf(value: Uint8Array): AppliedRow {
  const [index, term, chain, generation] = quickNumbers(value, 4) ?? [];
  if (index === undefined || term === undefined || chain === undefined || generation === undefined) return decodeApplied(value);
  return { index, term, chain, generation };
}
