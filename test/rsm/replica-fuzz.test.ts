import { expect, test, vi } from "vitest";
import { runReplicaSeed } from "./replica-fuzz.ts";

vi.setConfig({ testTimeout: 120_000 });

test("whatever happens to a group, its clients are told what is so", () => {
  const seeds = Array.from({ length: 15 }, (_, at) => runReplicaSeed(at + 1));
  expect(seeds.filter(({ fault }) => fault !== undefined)).toEqual([]);
  const sum = (name: string): number => seeds.reduce((all, { counts }) => all + (counts[name] ?? 0), 0);
  // They have done a lot, and a lot has happened to them.
  expect([sum("result") > 1000, sum("read") > 1000, sum("unknown") > 100, sum("snapshots") > 10]).toEqual([true, true, true, true]);
});

test("a seed is the same universe every time", () => {
  expect(runReplicaSeed("again")).toEqual(runReplicaSeed("again"));
});
