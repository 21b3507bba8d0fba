import { describe, expect, test, vi } from "vitest";
import { present } from "../../src/base/assert.ts";
import { type Outcome, kindOf, outcome, type Sample, takeSamples, truth } from "./damage.ts";

vi.setConfig({ testTimeout: 60_000 });

type Counts = Record<Outcome, number>;
type Kind = NonNullable<ReturnType<typeof kindOf>>;

function noCounts(): Counts {
  return { refused: 0, same: 0, older: 0, other: 0, lost: 0 };
}

const samples = [...takeSamples(1, 60), ...takeSamples(2, 60)];

test("the samples are of busy replicas: logs were dropped, taken back and replaced", () => {
  const found = samples.map(truth);
  expect(found.filter(({ restored }) => restored.mark.index > 0).length).toBeGreaterThan(20);
  expect(found.filter(({ log }) => log.truncatedIn > 0).length).toBeGreaterThan(10);
  expect(found.filter(({ generation }) => generation > 0).length).toBeGreaterThan(5);
  expect(found.filter(({ log }) => log.rows.length > 2).length).toBeGreaterThan(50);
});

/** Damages each row that opening a log looks at, one at a time, in each of the ways; the outcomes by the kind of row. */
function damageEach(of: readonly Sample[], ways: (value: Uint8Array) => (Uint8Array | undefined)[]): Record<Kind, Counts> {
  const byKind = { log: noCounts(), hard: noCounts(), mark: noCounts(), applied: noCounts() };
  for (const sample of of) {
    const image = present(sample.images.at(-1), "the newest image");
    for (const { key, value } of image.rows()) {
      const kind = kindOf(key);
      if (kind === undefined) continue;
      for (const way of ways(value)) {
        const damaged = image.copy();
        damaged.apply([way === undefined ? { op: "delete", key } : { op: "put", key, value: way }]);
        byKind[kind][outcome(sample, damaged)] += 1;
      }
    }
  }
  return byKind;
}

function flips(value: Uint8Array): Uint8Array[] {
  return [...value].map((byte, at) => value.with(at, byte ^ (1 << (at & 7))));
}

describe("whatever is damaged, opening refuses it, or nothing that was promised is missing", () => {
  test("every single row is removed", () => {
    const { log, hard, mark, applied } = damageEach(samples, () => [undefined]);
    const all = { refused: samples.length, same: 0, older: 0, other: 0, lost: 0 };
    expect({ hard, mark, applied }).toEqual({ hard: all, mark: all, applied: all });
    expect(log).toMatchObject({ same: 0, other: 0, lost: 0 });
    expect(log.refused).toBeGreaterThan(20 * log.older);
  });

  test("every number of the last durable batches is lost", () => {
    const counts = noCounts();
    for (const sample of samples) for (const image of sample.images) counts[outcome(sample, image)] += 1;
    expect(counts).toMatchObject({ other: 0, lost: 0 });
    // Only batches that brought nothing but applied entries, or entries that nobody was told of, can go unnoticed.
    expect(counts.refused).toBeGreaterThan(5 * counts.older);
    expect(counts.same).toBeGreaterThanOrEqual(samples.length);
  });

  test("one bit of every byte of every row is flipped", () => {
    const { log, hard, mark, applied } = damageEach(samples.slice(20, 30), flips);
    expect(log).toMatchObject({ other: 0, lost: 0 });
    expect(hard).toMatchObject({ other: 0, lost: 0 });
    // The voters, the mark's term and the state's generation stand nowhere else: what covers them is the checksum of each row.
    expect([mark.lost, applied.lost]).toEqual([0, 0]);
    expect(mark.refused).toBeGreaterThan(mark.other);
    expect(applied.refused).toBeGreaterThan(9 * applied.other);
  });
});
