import { assert } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { KeyRange, PageLimits, Row, StorageView } from "../../env/storage.ts";
import type { DiskImage } from "./image.ts";
import type { EventOwner } from "../event-queue.ts";
import type { Seals } from "../network/seal.ts";
import type { World } from "../world.ts";

export interface ViewParts {
  readonly world: World;
  readonly owner: EventOwner;
  readonly rng: Rng;
  readonly image: DiskImage;
  readonly seals: Seals | undefined;
  readonly onClose: () => void;
}

/** How long it takes to read a page. */
const pageMinMs = 0.02;
const pageMaxMs = 0.5;

/** The rows of a simulated disk as they were at one moment. A page that is on its way when the view is closed does not come. */
export class DiskView implements StorageView {
  readonly #parts: ViewParts;
  #open = true;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  scan(range: KeyRange, limits: PageLimits, page: (rows: readonly Row[], rest: KeyRange | undefined) => void): void {
    assert(this.#open, "a view is read before it is closed");
    assert(limits.rowsMax >= 1 && limits.bytesMax >= 1, "a page may hold something");
    const { world, owner, rng } = this.#parts;
    const asked: KeyRange = { from: new Uint8Array(range.from), to: range.to && new Uint8Array(range.to) };
    world.post(rng.between(pageMinMs, pageMaxMs), () => this.#read(asked, limits, page), owner);
  }

  close(): void {
    assert(this.#open, "a view is closed once");
    this.#open = false;
    this.#parts.onClose();
  }

  #read(range: KeyRange, limits: PageLimits, page: (rows: readonly Row[], rest: KeyRange | undefined) => void): void {
    if (!this.#open) return;
    const { rows, rest } = this.#parts.image.page(range, limits);
    for (const row of rows) {
      this.#parts.seals?.check(row.key, "a key in the storage");
      this.#parts.seals?.check(row.value, "a value in the storage");
    }
    page(rows, rest);
  }
}
