import type { Rng } from "../../base/rng.ts";
import type { KeyRange, PageLimits, Row, Storage, StorageView, WriteOp } from "../../env/storage.ts";
import type { Restored } from "../../raft/open.ts";
import { decodeHardCell } from "../../rsm/log/hard-cell.ts";
import { openLogStore } from "../../rsm/log/log-open.ts";
import type { Keys } from "../../rsm/log/rows.ts";
import type { DiskCopy } from "../disk/disk.ts";
import type { DiskImage } from "../disk/image.ts";
import type { Ledger } from "./ledger.ts";
import { violate } from "./violation.ts";
import type { Watched } from "./watched.ts";

/** What the oracle reads of a disk. */
export interface DurableDisk {
  copyOfImage(): DiskCopy;
  /** What the cell of that name holds at the least when the process ends now, and the machine goes on. */
  written(cell: string): Uint8Array | undefined;
}

/** Batches that a server's storage has taken and that are not durable yet, in their order. */
type Pending = (readonly WriteOp[])[];

/**
 * Crash equivalence: what a power cut at this moment would leave opens to a legal state, no older than anything that was said
 * (R26). Of the batches under way any first part may survive; which one is drawn.
 */
export class Reopening {
  readonly #ledger: Ledger;
  readonly #keys: Keys;
  readonly #cell: string;
  readonly #rng: Rng;
  readonly #pending: readonly Pending[];
  #samples = 0;

  constructor(ledger: Ledger, size: number, keys: Keys, cell: string, rng: Rng) {
    this.#ledger = ledger;
    this.#keys = keys;
    this.#cell = cell;
    this.#rng = rng;
    this.#pending = Array.from({ length: size }, () => []);
  }

  /** How often a disk has been reopened. */
  get samples(): number {
    return this.#samples;
  }

  accepted(server: Watched, ops: readonly WriteOp[]): void {
    this.#pending[server.at]?.push(ops);
  }

  stored(server: Watched, ops: readonly WriteOp[]): void {
    const pending = this.#pending[server.at];
    if (pending?.[0] === ops) pending.shift();
  }

  /** The server is dead: what has not become durable never will. */
  died(server: Watched): void {
    this.#pending[server.at]?.splice(0);
  }

  /** Opens a copy of the server's disk. */
  sample(server: Watched, disk: DurableDisk): void {
    // Its cells must not be what a power cut would leave, or nobody could see that its rows are too old.
    if (server.tampered) return;
    const { rows, cells } = disk.copyOfImage();
    const pending = this.#pending[server.at] as Pending;
    for (const ops of pending.slice(0, this.#rng.int(0, pending.length))) rows.apply(ops);
    this.#samples += 1;
    openLogStore(new CopiedStorage(rows), this.#keys, decodeHardCell(cells.get(this.#cell)), (found) => {
      if (found.kind === "damaged") violate("R26", `after a power cut ${server.name} would find itself damaged: ${found.why}`);
      else if (found.kind === "new") this.#hasSaidNothing(server);
      else if (found.kind === "restored") this.#isNoOlder(server, found.restored);
    });
  }

  #hasSaidNothing(server: Watched): void {
    if (server.toldTerm > 0) violate("R26", `after a power cut ${server.name} would be new, and it has spoken in term ${server.toldTerm}`);
  }

  #isNoOlder(server: Watched, { hardState, entries, mark, applied }: Restored): void {
    const { term } = hardState;
    if (term < server.toldTerm)
      violate("R26", `after a power cut ${server.name} would be in term ${term}, and it has spoken in term ${server.toldTerm}`);
    const vote = this.#ledger.voteOf(server.at, term);
    if (vote !== undefined && vote !== hardState.vote)
      violate("R26", `after a power cut ${server.name} would have forgotten its vote in term ${term}`);
    const last = mark.index + entries.length;
    if (term === server.ackTerm && last < server.ackIndex)
      violate(
        "R26",
        `after a power cut the log of ${server.name} would end at ${last}, and it has acknowledged ${server.ackIndex} in term ${term}`,
      );
    if (applied > this.#ledger.commit)
      violate("R26", `after a power cut ${server.name} would have applied ${applied}, and only ${this.#ledger.commit} is committed`);
  }
}

/** A copy of a disk's rows as a storage that is only read, and answers at once. */
class CopiedStorage implements Storage {
  readonly #rows: DiskImage;

  constructor(rows: DiskImage) {
    this.#rows = rows;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(key);
  }

  snapshot(use: (view: StorageView) => void): void {
    use({
      scan: (range: KeyRange, limits: PageLimits, page: (rows: readonly Row[], rest: KeyRange | undefined) => void) => {
        const found = this.#rows.page(range, limits);
        page(found.rows, found.rest);
      },
      close: () => {},
    });
  }

  write(): void {}

  deleteRange(): void {}
}
