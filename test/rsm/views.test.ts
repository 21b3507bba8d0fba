import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupId } from "../../src/base/ids.ts";
import type { KeyRange, Row, StorageView, WriteOp } from "../../src/env/storage.ts";
import { encodeApplied, Keys } from "../../src/rsm/log/rows.ts";
import { StateRows } from "../../src/rsm/state/state-rows.ts";
import { type View, Views } from "../../src/rsm/state/views.ts";
import { MemoryStorage } from "../bench/memory-env.ts";

const keys = new Keys(groupId(1));
const generation = 3;
const keyOf = (of: number): Uint8Array => Uint8Array.of(1, of);
const all: KeyRange = { from: Uint8Array.of(1), to: Uint8Array.of(2) };

/** A state in a storage whose every step is taken by hand, and the views of it. */
class ViewRig {
  #later: (() => void)[] = [];
  readonly storage: MemoryStorage = new MemoryStorage((run) => this.#later.push(run));
  readonly views: Views = new Views(this.storage, keys, (key) => this.storage.get(keys.state(generation, key)));

  constructor() {
    const row = encodeApplied({ index: 1, term: 1, chain: 0, generation });
    this.storage.write([{ op: "put", key: keys.applied, value: row }], { sync: false });
  }

  /** Applies changes as a replica does: 0 deletes. */
  apply(changes: readonly (readonly [key: number, value: number])[]): void {
    const state = new StateRows((key) => this.views.read(key));
    state.begin(this.views.any ? this.views.changing : undefined);
    for (const [key, value] of changes) {
      if (value === 0) state.delete(keyOf(key));
      else state.put(keyOf(key), Uint8Array.of(value));
    }
    const rows: WriteOp[] = [];
    state.emit(rows);
    this.storage.write(
      rows.map((row) => ({ ...row, key: keys.state(generation, row.key) })),
      { sync: false },
    );
  }

  /** One thing that was put off happens. */
  step(): boolean {
    const run = this.#later.shift();
    run?.();
    return run !== undefined;
  }

  /** Reads everything, page by page. */
  scan(view: View, rowsMax: number): { rows: (readonly [number, number])[]; isDone: boolean } {
    const found = { rows: [] as (readonly [number, number])[], isDone: false };
    const next = (range: KeyRange): void =>
      view.scan(range, { rowsMax, bytesMax: 1000 }, (rows: readonly Row[], rest) => {
        for (const { key, value } of rows) found.rows.push([key[1] as number, value[0] as number]);
        if (rest === undefined) found.isDone = true;
        else next(rest);
      });
    next(all);
    return found;
  }
}

const change = fc.tuple(fc.nat(7), fc.nat(3));
const batch = fc.array(change, { maxLength: 5 });

test("a view shows its own moment, to gets and to scans, whatever changes when", () => {
  fc.assert(
    fc.property(batch, fc.array(fc.option(batch), { maxLength: 20 }), fc.integer({ min: 1, max: 4 }), (before, later, rowsMax) => {
      const rig = new ViewRig();
      rig.apply(before);
      const expected = [...new Map(before.map(([key, value]) => [key, value]))]
        .filter(([, value]) => value > 0)
        .toSorted(([a], [b]) => a - b);
      const view = rig.views.make();
      rig.views.keepOpen(view);
      const found = rig.scan(view, rowsMax);
      for (const changes of later) {
        if (changes === null) rig.step();
        else rig.apply(changes);
      }
      while (rig.step());
      expect(found).toEqual({ rows: expected, isDone: true });
      const got = [0, 1, 2, 3, 4, 5, 6, 7].map((key) => view.get(keyOf(key))?.[0]);
      expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((key) => new Map(expected).get(key)));
      view.close();
      expect(rig.views.any).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test("two views of two moments are apart", () => {
  const rig = new ViewRig();
  rig.apply([[1, 1]]);
  const first = rig.views.make();
  rig.views.keepOpen(first);
  rig.apply([[1, 2]]);
  const second = rig.views.make();
  rig.views.keepOpen(second);
  rig.apply([[1, 3]]);
  expect([first.get(keyOf(1)), second.get(keyOf(1)), rig.views.read(keyOf(1))]).toEqual([
    Uint8Array.of(1),
    Uint8Array.of(2),
    Uint8Array.of(3),
  ]);
});

describe("a view that is closed", () => {
  test("gives no page any more, and lets go of the storage's snapshot, whenever that comes", () => {
    const rig = new ViewRig();
    rig.apply([[1, 1]]);
    let open = 0;
    const { storage } = rig;
    const snapshot = storage.snapshot.bind(storage);
    storage.snapshot = (use): void =>
      snapshot((view: StorageView) => {
        open += 1;
        use({ scan: (...given) => view.scan(...given), close: () => (open -= 1) });
      });
    const [early, late] = [rig.views.make(), rig.views.make()];
    const found = [rig.scan(early, 1), rig.scan(late, 1)];
    early.close();
    rig.step();
    rig.step();
    late.close();
    while (rig.step());
    expect([found, open]).toEqual([
      [
        { rows: [], isDone: false },
        { rows: [], isDone: false },
      ],
      0,
    ]);
    expect(rig.scan(early, 1)).toEqual({ rows: [], isDone: false });
  });
});
