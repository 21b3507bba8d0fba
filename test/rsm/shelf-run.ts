import { assert, present } from "../../src/base/assert.ts";
import { replicaId } from "../../src/base/ids.ts";
import type { WriteOp } from "../../src/env/storage.ts";
import type { Entry, HardState, LogIndex, Mark } from "../../src/raft/types.ts";
import { chainAfter, encodeApplied, encodeMark } from "../../src/rsm/log/rows.ts";
import { emptyMark, Shelf, trio } from "./shelf.ts";

/** What a run does next; the numbers choose among what is possible then. */
export interface Operation {
  readonly kind: "append" | "truncate" | "install" | "vote" | "apply" | "compact" | "acknowledge" | "wait" | "crash" | "cut";
  readonly a: number;
  readonly b: number;
}

/** Everything that a disk should hold, after some number of batches. */
interface Picture {
  readonly hardState: HardState;
  readonly mark: Mark;
  /** Behind the mark. */
  readonly entries: readonly Entry[];
  readonly applied: LogIndex;
}

/** A write that is not durable yet, and up to where it makes the log durable. */
interface Unfinished {
  highest: LogIndex;
  done: boolean;
}

/**
 * A log store beside a naive one: a list of entries, and a list of what the disk holds after each batch. After a crash the disk
 * must hold one of these pictures, and none from before the last batch that was reported safe.
 */
export class ShelfRun {
  reopenings = 0;
  readonly #shelf: Shelf;
  #pictures: Picture[];
  /** The disk holds at least this picture. */
  #safe = 0;
  #stable: LogIndex = 0;
  #durableApplied: LogIndex = 0;
  #unfinished: Unfinished[] = [];
  /** The bytes of each log row as of every batch that was given to the disk. */
  readonly #rowBytes = new Map<string, number>();

  constructor(seed: number) {
    this.#shelf = new Shelf(seed);
    this.#shelf.begin();
    this.#shelf.disk.observe({ onAccepted: (ops) => this.#accepted(ops) });
    this.#pictures = [{ hardState: { term: 0, vote: undefined }, mark: emptyMark, entries: [], applied: 0 }];
  }

  perform({ kind, a, b }: Operation): void {
    if (kind === "append") this.#append(a, b);
    else if (kind === "truncate") this.#truncate(a, b);
    else if (kind === "install") this.#install(a, b);
    else if (kind === "vote") this.#write({ hardState: { term: this.#now.hardState.term + 1, vote: replicaId(b % 3) } });
    else if (kind === "apply") this.#apply(a);
    else if (kind === "compact") this.#compact(a);
    else if (kind === "acknowledge") this.#acknowledge();
    else if (kind === "wait") this.#shelf.world.runFor(a);
    else this.#reopen(kind === "cut");
    this.#check();
  }

  #accepted(ops: readonly WriteOp[]): void {
    for (const op of ops) {
      if (!this.#shelf.isLog(op.key)) continue;
      if (op.op === "put") this.#rowBytes.set(String(op.key), op.key.length + op.value.length);
      else this.#rowBytes.delete(String(op.key));
    }
  }

  get #now(): Picture {
    return present(this.#pictures.at(-1), "the disk holds something");
  }

  get #last(): LogIndex {
    return this.#now.mark.index + this.#now.entries.length;
  }

  #picture(changes: Partial<Picture>): number {
    this.#pictures.push({ ...this.#now, ...changes });
    return this.#pictures.length - 1;
  }

  /** Gives the store one write that makes the disk look so. */
  #write(changes: Partial<Picture>, entries: readonly Entry[] = [], truncateFrom?: LogIndex, install?: Mark): void {
    if (install !== undefined) for (const write of this.#unfinished) write.highest = 0;
    if (truncateFrom !== undefined) for (const write of this.#unfinished) write.highest = Math.min(write.highest, truncateFrom - 1);
    if (install !== undefined) this.#stable = 0;
    else if (truncateFrom !== undefined) this.#stable = Math.min(this.#stable, truncateFrom - 1);
    const at = this.#picture(changes);
    const { hardState } = this.#now;
    const write: Unfinished = { highest: this.#last, done: false };
    this.#unfinished.push(write);
    // The applied row goes over in the same batch, as the pump's does.
    const rows: WriteOp[] = [];
    if (install !== undefined) rows.push({ op: "put", key: this.#shelf.keys.applied, value: encodeApplied({ ...install, generation: 1 }) });
    this.#shelf.write(
      {
        hardState,
        entries,
        acknowledged: this.#stable,
        rows,
        ...(truncateFrom === undefined ? {} : { truncateFrom }),
        ...(install === undefined ? {} : { install }),
      },
      () => {
        write.done = true;
        this.#safe = Math.max(this.#safe, at);
        this.#stable = Math.max(this.#stable, write.highest);
        this.#durableApplied = Math.max(this.#durableApplied, install?.index ?? 0);
        this.#shelf.cell.write(hardState, () => {});
      },
    );
  }

  #append(count: number, rise: number): void {
    const { entries, mark, hardState } = this.#now;
    const lastTerm = entries.at(-1)?.term ?? mark.term;
    const term = Math.max(lastTerm, hardState.term, 1) + (rise === 5 ? 1 : 0);
    const added = this.#entries(count % 4, term);
    const vote = term === hardState.term ? hardState.vote : undefined;
    this.#write({ hardState: { term, vote }, entries: [...entries, ...added] }, added);
  }

  #entries(count: number, term: number, first = this.#last + 1): Entry[] {
    return Array.from({ length: count }, (_, i) => ({
      index: first + i,
      term,
      data: new Uint8Array((first + term) % 5).fill(first + i + term),
    }));
  }

  /** A newer leader takes back what is not applied. */
  #truncate(a: number, count: number): void {
    const { entries, mark, hardState, applied } = this.#now;
    if (this.#last <= applied) return;
    const from = applied + 1 + (a % (this.#last - applied));
    const term = hardState.term + 1;
    const added = this.#entries(count % 3, term, from);
    const kept = entries.slice(0, from - mark.index - 1);
    this.#write({ hardState: { term, vote: undefined }, entries: [...kept, ...added] }, added, from);
  }

  #install(rise: number, count: number): void {
    const term = this.#now.hardState.term + 1;
    const mark: Mark = { index: this.#now.applied + 1 + rise, term, chain: 1000 + rise, membership: trio };
    const added = this.#entries(count % 3, term, mark.index + 1);
    this.#write({ hardState: { term, vote: undefined }, mark, entries: added, applied: mark.index }, added, undefined, mark);
  }

  #apply(rise: number): void {
    const index = this.#now.applied + (rise % (this.#last - this.#now.applied + 1));
    const { entries, mark } = this.#now;
    const term = index === mark.index ? mark.term : present(entries[index - mark.index - 1], "an entry is there").term;
    const at = this.#picture({ applied: index });
    this.#shelf.apply(index, term, () => {
      this.#safe = Math.max(this.#safe, at);
      this.#durableApplied = Math.max(this.#durableApplied, index);
    });
  }

  /** Nothing is said in a term that is not durable. */
  #acknowledge(): void {
    const { term } = this.#now.hardState;
    if (this.#pictures[this.#safe]?.hardState.term === term) this.#shelf.cell.acknowledge(term, this.#stable, this.#shelf.store);
  }

  #compact(a: number): void {
    const { mark, entries } = this.#now;
    const most = Math.min(this.#durableApplied, this.#stable);
    if (most <= mark.index) return;
    const index = mark.index + 1 + (a % (most - mark.index));
    const entry = present(entries[index - mark.index - 1], "an entry is there");
    const next: Mark = { index, term: entry.term, chain: this.#naiveChain(index), membership: trio };
    this.#picture({ mark: next, entries: entries.slice(index - mark.index) });
    this.#shelf.store.compact(next);
  }

  #naiveChain(index: LogIndex): number {
    let { chain } = this.#now.mark;
    for (const entry of this.#now.entries) if (entry.index <= index) chain = chainAfter(chain, entry);
    return chain;
  }

  /** What the store knows without reading is what the naive log says. */
  #check(): void {
    const { store } = this.#shelf;
    assert(JSON.stringify(store.mark) === JSON.stringify(this.#now.mark), "the mark is the naive one");
    let bytes = this.#shelf.keys.mark.length + encodeMark(store.mark).length;
    for (const row of this.#rowBytes.values()) bytes += row;
    assert(store.bytes === bytes, "the bytes are those of the rows");
    assert(store.last === this.#last, "the last entry is the naive one");
    for (let index = store.mark.index; index <= store.last; index += 1)
      assert(store.chainAt(index) === this.#naiveChain(index), "the hash of each entry is the naive one");
  }

  #reopen(powerCut: boolean): void {
    this.#shelf.crash(powerCut);
    const found = this.#shelf.open();
    if (found.kind !== "restored") throw new Error(`the log is ${found.kind}: ${found.kind === "damaged" ? found.why : ""}`);
    const { restored } = found;
    const { hardState, mark, entries, applied } = restored;
    const at = this.#pictures.findIndex(
      (picture, number) => number >= this.#safe && isSame(picture, { hardState, mark, entries, applied }),
    );
    assert(at >= 0, "the disk holds a prefix of the batches, and not less than was reported safe");
    this.reopenings += 1;
    this.#pictures = [present(this.#pictures[at], "a picture")];
    this.#safe = 0;
    this.#unfinished = [];
    this.#stable = this.#last;
    this.#durableApplied = applied;
    this.#rowBytes.clear();
    for (const { key, value } of this.#shelf.logRows()) this.#rowBytes.set(String(key), key.length + value.length);
  }
}

function isSame(a: Picture, b: Picture): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

function plain({ hardState, mark, entries, applied }: Picture): unknown {
  return [hardState.term, hardState.vote ?? -1, mark, entries.map(({ index, term, data }) => [index, term, [...data]]), applied];
}
