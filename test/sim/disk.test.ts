import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { utf8, utf8Text } from "../../src/base/bytes.ts";
import { bytesOf, put } from "../contract/storage-harness.ts";
import { apply, DiskModel, imageOf, rowsOf, sameRows } from "./disk-model.ts";
import { type Machine, machine } from "./machine.ts";

type Command =
  | { readonly kind: "write"; readonly keys: readonly number[]; readonly sync: boolean }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "view" | "pause" | "hang" }
  | { readonly kind: "crash"; readonly powerCut: boolean };

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("write" as const), keys: fc.array(fc.nat(6), { maxLength: 4 }), sync: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.double({ min: 0, max: 15, noNaN: true }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("view" as const, "pause" as const, "hang" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("crash" as const), powerCut: fc.boolean() }) },
);

/** A disk and its slow model, side by side. */
class Pair {
  readonly #machine: Machine;
  readonly #model = new DiskModel();
  readonly #mirror = new Map<string, string>();
  #value = 0;
  viewsAllowed = true;

  constructor(seed: number) {
    this.#machine = machine({ seed });
    this.#machine.disk.observe({ onDurable: (ops) => apply(this.#mirror, ops) });
  }

  run(command: Command): void {
    const { world, process, disk } = this.#machine;
    switch (command.kind) {
      case "write":
        return this.#write(command.keys, command.sync);
      case "pass":
        return world.runFor(command.ms);
      case "view":
        return this.#view();
      case "pause":
        world.after(20, () => process.resume());
        return process.pause();
      case "hang":
        world.after(20, () => disk.drive.release());
        return disk.drive.hang();
      case "crash":
        process.crash({ powerCut: command.powerCut });
        this.#model.crashed(rowsOf(disk.image()));
        return process.start(() => {});
      default:
    }
  }

  /** Whether reads see every accepted batch, and whether the observer was told of every change of the image. */
  agree(): boolean {
    const storage = this.#machine.process.env()?.storage;
    const seen = ["k1", "k2", "k3", "k4", "k5", "k6"].map((key) => String(storage?.get(utf8(key))));
    const expected = ["k1", "k2", "k3", "k4", "k5", "k6"].map((key) =>
      String(
        this.#model.rows
          .get(key)
          ?.split("")
          .map((c) => c.charCodeAt(0)),
      ),
    );
    return seen.join(";") === expected.join(";") && sameRows(this.#mirror, rowsOf(this.#machine.disk.image()));
  }

  #write(keys: readonly number[], sync: boolean): void {
    const ops = keys.map((key) => (key === 0 ? { op: "delete" as const, key: utf8("k1") } : put(`k${key}`, `v${(this.#value += 1)}`)));
    this.#machine.process.env()?.storage.write(ops, { sync }, this.#model.accept(ops));
  }

  #view(): void {
    const least = this.#model.accepted;
    this.#machine.process.env()?.storage.snapshot((view) => {
      view.scan({ from: new Uint8Array(0), to: undefined }, { rowsMax: 99, bytesMax: 1e6 }, (rows) => {
        this.viewsAllowed &&= this.#model.allows(rowsOf(rows), least);
        view.close();
      });
    });
  }
}

describe("what a crash takes", () => {
  test("is a suffix of the unfinished batches: the disk agrees with a slow model", () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(anyCommand, { minLength: 10, maxLength: 60 }), (seed, commands) => {
        const pair = new Pair(seed);
        for (const command of [...commands, { kind: "crash", powerCut: true } as const]) {
          pair.run(command);
          expect(pair.agree()).toBe(true);
        }
        expect(pair.viewsAllowed).toBe(true);
      }),
      { numRuns: 600 },
    );
  });

  test("is any suffix, and without a power cut everything that the disk was not given", () => {
    const kept = { power: new Set<number>(), process: new Set<number>() };
    for (let seed = 0; seed < 300; seed += 1) {
      for (const how of ["power", "process"] as const) {
        const { process, env, disk } = machine({ seed });
        // The first goes to the disk alone, the others wait for it.
        for (let i = 0; i < 5; i += 1) env.storage.write([put(`k${i}`, "v")], { sync: true });
        expect(disk.unfinishedBatches).toBe(5);
        expect(disk.unfinishedBytes).toBe(15);
        process.crash({ powerCut: how === "power" });
        kept[how].add(Object.keys(imageOf(disk)).length);
      }
    }
    expect(kept.power).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(kept.process).toEqual(new Set([0, 1]));
  });

  test("can be drawn at the moment between disk and done", () => {
    const { world, process, env, disk } = machine();
    disk.observe({ onDurable: () => process.crash({ powerCut: true }) });
    env.storage.write([put("k", "v")], { sync: true }, () => expect.unreachable());
    world.runFor(100);
    expect(process.alive).toBe(false);
    expect(imageOf(disk)).toEqual({ k: "v" });
  });
});

describe("group commit", () => {
  test("what is accepted while a write is under way makes up the next one", () => {
    const { world, env } = machine({ disk: { syncMinMs: 2, syncMaxMs: 2 } });
    const times: number[] = [];
    for (let i = 0; i < 10; i += 1) env.storage.write([put("k", String(i))], { sync: true }, () => times.push(world.now));
    const rounds = world.events;
    world.runFor(100);
    expect(times).toEqual([2, ...Array.from({ length: 9 }, () => 4)]);
    expect(world.events - rounds).toBe(2);
  });

  test("an unsynced batch waits for the next sync, for some time, or for some bytes", () => {
    const { world, env } = machine({ disk: { syncMinMs: 2, syncMaxMs: 2, waitMs: 10, waitBytesMax: 1_000 } });
    const done = (): void => {
      times.push(world.now);
    };
    let times: number[] = [];
    const run = (): number[] => {
      world.runFor(100);
      const since = times.map((time) => time - from);
      times = [];
      return since;
    };
    let from = world.now;
    env.storage.write([put("k", "1")], { sync: false }, done);
    expect(run().map(Math.round)).toEqual([12]);
    from = world.now;
    env.storage.write([put("k", "1")], { sync: false }, done);
    world.runFor(5);
    env.storage.write([put("k", "2")], { sync: true }, done);
    expect(run()).toEqual([7, 7]);
    from = world.now;
    env.storage.write([{ op: "put", key: utf8("k"), value: bytesOf(1_000, 1) }], { sync: false }, done);
    expect(run()).toEqual([2]);
  });
});

describe("the image", () => {
  test("is wiped with its cells, copied, restored and tampered with between two lives", () => {
    const { world, process, disk, env } = machine();
    let replaced = 0;
    disk.observe({ onRestore: () => (replaced += 1) });
    env.storage.write([put("k", "1")], { sync: true });
    env.cell("c").write(utf8("1"), { sync: true });
    world.runFor(100);
    const old = disk.copyOfImage();
    expect(() => disk.wipe()).toThrow("between two lives");
    env.storage.write([put("k", "2"), put("l", "2")], { sync: true });
    env.cell("c").write(utf8("2"), { sync: true });
    world.runFor(100);
    process.crash({ powerCut: true });
    const contents = (): unknown[] => {
      process.start(() => {});
      const cell = process.env()?.cell("c").read();
      process.crash({ powerCut: false });
      return [imageOf(disk), cell === undefined ? undefined : utf8Text(cell)];
    };
    expect(contents()).toEqual([{ k: "2", l: "2" }, "2"]);
    disk.restore(old);
    expect(contents()).toEqual([{ k: "1" }, "1"]);
    disk.tamper([put("k", "3")]);
    expect(contents()).toEqual([{ k: "3" }, "1"]);
    disk.wipe();
    expect(contents()).toEqual([{}, undefined]);
    expect(replaced).toBe(3);
  });

  test("loses a range bit by bit, and a crash stops that half-way", () => {
    const { world, process, disk, env } = machine({ disk: { deleteRowsMax: 10 } });
    env.storage.write(
      Array.from({ length: 200 }, (_, i) => put(`p${i}`, "v")),
      { sync: true },
    );
    world.runFor(100);
    env.storage.deleteRange(utf8("p"));
    world.runFor(60);
    const left = Object.keys(imageOf(disk)).length;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(200);
    process.crash({ powerCut: false });
    world.runFor(1_000);
    expect(Object.keys(imageOf(disk))).toHaveLength(left);
  });
});
