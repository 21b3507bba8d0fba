import { present } from "../../base/assert.ts";
import { afterPrefix, getU32 } from "../../base/bytes.ts";
import type { Storage } from "../../env/storage.ts";
import type { Keys } from "../log/rows.ts";

/** Every row of the state stands under the number of a generation. */
export interface Generations {
  /** The one that is the state. */
  readonly live: number;
  /** The highest one of which there are rows, or may still be. */
  readonly highest: number;
}

/**
 * Deletes the state rows of every generation but `live`: what a snapshot left behind that did not become the state, or the state
 * that it replaced. They are deleted some time, and may be there when `done` runs: a
 * snapshot that took one of their numbers would be deleted with them.
 */
export function clearOrphans(storage: Storage, keys: Keys, live: number, done: (found: Generations) => void): void {
  let highest = live;
  storage.snapshot((view) => {
    const next = (from: Uint8Array): void => {
      view.scan({ from, to: afterPrefix(keys.statePrefix) }, { rowsMax: 1, bytesMax: 1 }, ([row]) => {
        if (row === undefined) {
          view.close();
          done({ live, highest });
          return;
        }
        const generation = getU32(row.key, keys.statePrefix.length);
        const prefix = keys.generation(generation);
        if (generation !== live) storage.deleteRange(prefix);
        highest = Math.max(highest, generation);
        next(present(afterPrefix(prefix), "a group's rows have an end"));
      });
    };
    next(keys.statePrefix);
  });
}
