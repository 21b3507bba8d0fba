import { present } from "../base/assert.ts";
import { afterPrefix } from "../base/bytes.ts";
import type { ReplicaId } from "../base/ids.ts";
import type { Trace } from "../base/trace.ts";
import type { KeyRange, Storage, StorageView, WriteOp } from "../env/storage.ts";
import type { LogIndex, Mark, Membership } from "../raft/types.ts";
import { type AppliedRow, decodeApplied, type Keys, stateKeyOffset } from "./rows.ts";
import type { StateRow } from "./wire.ts";

/** A copy of the state at `mark`, with the machine's own keys. */
export interface Snapshot {
  readonly mark: Mark;
  readonly rows: readonly StateRow[];
}

/** What is read of the storage for one snapshot. */
export interface SnapshotSource {
  readonly storage: Storage;
  readonly keys: Keys;
  readonly membership: Membership;
  readonly bytesMax: number;
  readonly trace: Trace;
}

/** The rows that go into one packet: a decoder stops counting at 65,536 elements. */
const snapshotRowsMax = 30_000;

const page = { rowsMax: 1000, bytesMax: 1024 * 1024 };

/**
 * Reads a consistent copy of the state in pages; `taken` gets undefined when it is larger than `bytesMax`. Writes go on meanwhile:
 * the mark is that of the moment at which the view was made.
 */
export function takeSnapshot(source: SnapshotSource, taken: (snapshot: Snapshot | undefined) => void): void {
  source.storage.snapshot((view) => {
    const { applied } = source.keys;
    view.scan({ from: applied, to: afterPrefix(applied) }, page, (found) => {
      const row = decodeApplied(present(found[0], "the applied row is there").value);
      readState(source, view, row, taken);
    });
  });
}

function readState(source: SnapshotSource, view: StorageView, applied: AppliedRow, taken: (snapshot: Snapshot | undefined) => void): void {
  const rows: StateRow[] = [];
  let bytes = 0;
  const prefix = source.keys.generation(applied.generation);
  const next = (range: KeyRange): void => {
    view.scan(range, page, (found, rest) => {
      for (const { key, value } of found) {
        bytes += key.length - stateKeyOffset + value.length;
        rows.push([key.subarray(stateKeyOffset), value]);
      }
      if (bytes > source.bytesMax || rows.length > snapshotRowsMax) {
        source.trace("snapshot: larger than a snapshot may be", { bytes, bytesMax: source.bytesMax, rows: rows.length });
        view.close();
        taken(undefined);
      } else if (rest === undefined) {
        view.close();
        const { index, term, chain } = applied;
        taken({ mark: { index, term, chain, membership: source.membership }, rows });
      } else {
        next(rest);
      }
    });
  };
  next({ from: prefix, to: afterPrefix(prefix) });
}

/** The rows of `snapshot` as those of a generation of their own. */
export function generationRows(keys: Keys, generation: number, snapshot: Snapshot): WriteOp[] {
  return snapshot.rows.map(([key, value]) => ({ op: "put", key: keys.state(generation, key), value }));
}

/** Deletes the state rows of every generation but `live`: left behind by a crash between a switch and the clearing. */
export function clearOrphans(storage: Storage, keys: Keys, live: number, done: () => void): void {
  storage.snapshot((view) => {
    const next = (from: Uint8Array): void => {
      view.scan({ from, to: afterPrefix(keys.statePrefix) }, { rowsMax: 1, bytesMax: 1 }, ([row]) => {
        if (row === undefined) {
          view.close();
          done();
          return;
        }
        const prefix = row.key.slice(0, stateKeyOffset);
        if (!isGeneration(keys, prefix, live)) storage.deleteRange(prefix);
        next(present(afterPrefix(prefix), "a group's rows have an end"));
      });
    };
    next(keys.statePrefix);
  });
}

function isGeneration(keys: Keys, prefix: Uint8Array, generation: number): boolean {
  const live = keys.generation(generation);
  return prefix.every((byte, i) => byte === live[i]);
}

/** Which followers are being sent a snapshot, and from which index on they will need the log: it is kept for them. */
export class Pins {
  readonly #pins = new Map<ReplicaId, LogIndex>();

  pin(follower: ReplicaId, index: LogIndex): void {
    this.#pins.set(follower, index);
  }

  /** The log behind this index is needed; undefined when nobody waits. */
  lowest(waits: (follower: ReplicaId) => boolean): LogIndex | undefined {
    let lowest: LogIndex | undefined;
    for (const [follower, index] of this.#pins) {
      if (!waits(follower)) this.#pins.delete(follower);
      else if (lowest === undefined || index < lowest) lowest = index;
    }
    return lowest;
  }
}
