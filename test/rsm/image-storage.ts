import type { KeyRange, PageLimits, Row, Storage, StorageView } from "../../src/env/storage.ts";
import type { DiskImage } from "../../src/sim/disk/image.ts";
import type { Keys } from "../../src/rsm/log/rows.ts";
import { decodeHardCell } from "../../src/rsm/log/hard-cell.ts";
import { type Opened, openLogStore } from "../../src/rsm/log/log-open.ts";
import { present } from "../../src/base/assert.ts";

/** A disk's image as a storage that is only read, and at once. */
class ImageStorage implements Storage {
  readonly #image: DiskImage;

  constructor(image: DiskImage) {
    this.#image = image;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#image.get(key);
  }

  snapshot(use: (view: StorageView) => void): void {
    use({
      scan: (range: KeyRange, limits: PageLimits, page: (rows: readonly Row[], rest: KeyRange | undefined) => void) => {
        const { rows, rest } = this.#image.page(range, limits);
        page(rows, rest);
      },
      close: () => {},
    });
  }

  write(): void {
    throw new Error("opening a log writes nothing");
  }

  deleteRange(): void {
    throw new Error("opening a log deletes nothing");
  }
}

/** What a replica would find in this image and this cell. */
export function openImage(image: DiskImage, cell: Uint8Array | undefined, keys: Keys): Opened {
  let found: Opened | undefined;
  openLogStore(new ImageStorage(image), keys, decodeHardCell(cell), (opened) => {
    found = opened;
  });
  return present(found, "an image is opened at once");
}
