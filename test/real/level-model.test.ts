import fc from "fast-check";
import { expect, test } from "vitest";
import { assert } from "../../src/base/assert.ts";
import type { WriteOp } from "../../src/env/storage.ts";
import { unseal } from "../../src/real/envelope.ts";
import { LevelStorage } from "../../src/real/level-storage.ts";
import { Turn } from "../../src/real/turn.ts";
import { apply, type Rows, rowsOf, sameRows } from "../sim/disk-model.ts";
import { del, put } from "../contract/storage-harness.ts";
import { utf8, utf8Text } from "../../src/base/bytes.ts";
import { FakeDoor, turn } from "./fake-door.ts";

/** What happens: writes, the end of a turn, the end of LevelDB's batch, the end of the process. */
type Step =
  | { readonly kind: "write"; readonly ops: readonly WriteOp[]; readonly sync: boolean }
  | { readonly kind: "turn" | "finish" | "snapshot" | "crash" };

const key = fc.constantFrom("", "a", "b", "c", "d");
const op = fc.oneof(
  fc.tuple(key, fc.string({ maxLength: 3 })).map(([name, value]) => put(name, value)),
  key.map((name) => del(name)),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("write" as const), ops: fc.array(op, { maxLength: 4 }), sync: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom("turn" as const, "finish" as const, "snapshot" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const) }) },
);

/** The rows that a life would find now. */
function found(door: FakeDoor): Rows {
  const unsealed = [...door.rows.rows()].map((row) => {
    const value = unseal(row.key, row.value);
    assert(value !== undefined, "every row on disk is sealed");
    return { key: row.key, value };
  });
  return rowsOf(unsealed);
}

function stop(_: string, sentence: string): void {
  assert(false, sentence);
}

/** One life of a storage beside the obvious list of batches. */
class Life {
  readonly #door: FakeDoor;
  readonly #storage: LevelStorage;
  /** The rows after each accepted batch; the first are those that were there before. */
  readonly #states: Rows[];
  #done = 0;
  #over = false;

  constructor(door: FakeDoor) {
    this.#door = door;
    this.#states = [found(door)];
    this.#storage = new LevelStorage(door, { turn: new Turn(), stop, unsyncedMs: 1_000_000, unsyncedBytes: 12 });
  }

  write(ops: readonly WriteOp[], sync: boolean): void {
    const rows = new Map(this.#states.at(-1));
    apply(rows, ops);
    const number = this.#states.push(rows) - 1;
    this.#storage.write(ops, { sync }, () => {
      assert(!this.#over, "nothing is called back in another life");
      assert((this.#done += 1) === number, "done comes in order, once");
      assert(this.#durable() >= number, "what is done is on disk");
    });
  }

  snapshot(): void {
    const least = this.#states.length - 1;
    this.#storage.snapshot((view) => {
      assert(this.#durable() >= least, "a view holds what was accepted before it was asked for");
      view.close();
    });
  }

  check(): void {
    const rows = this.#states.at(-1);
    for (const name of ["", "a", "b", "c", "d"]) {
      const value = this.#storage.get(utf8(name));
      assert((value && utf8Text(value)) === rows?.get(name), "a read sees every accepted write");
    }
    assert(this.#durable() >= this.#done, "the disk holds the rows as they were after some batch");
  }

  /** Ends it. The rows that are left are those after some batch, not before the last one that is done. */
  async crash(finishes: boolean): Promise<void> {
    const closed = this.#storage.abandon();
    this.#over = true;
    while (this.#door.given.length > 0) {
      if (finishes) this.#door.writing.finish();
      else this.#door.given.pop();
    }
    await closed;
    await turn();
    assert(this.#durable() >= this.#done, "what was done is left");
  }

  /** The newest batch after which the rows were as they are on disk; -1 when they never were. */
  #durable(): number {
    const rows = found(this.#door);
    return this.#states.findLastIndex((state) => sameRows(state, rows));
  }
}

async function run(steps: readonly Step[]): Promise<number> {
  const door = new FakeDoor();
  let life = new Life(door);
  for (const [at, present] of steps.entries()) {
    if (present.kind === "write") life.write(present.ops, present.sync);
    if (present.kind === "snapshot") life.snapshot();
    if (present.kind === "turn") await turn();
    if (present.kind === "finish" && door.given.length > 0) {
      door.writing.finish();
      await turn();
    }
    life.check();
    if (present.kind !== "crash") continue;
    await life.crash(at % 2 === 0);
    life = new Life(door);
  }
  await life.crash(true);
  return door.openSnapshots;
}

test("reads see every accepted write, and a crash takes a suffix of what was not done", async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    expect(await run(steps)).toBe(0);
  });
  await fc.assert(property, { numRuns: 300 });
});
