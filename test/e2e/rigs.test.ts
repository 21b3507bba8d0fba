import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { killPlan, restartPlan, runKills } from "../rig/kill/run.ts";
import type { RigReport } from "../rig/report.ts";
import { kvorum } from "./group-process.ts";

const silent = (): void => {};

/** The promises that were broken, and how. */
function broken({ demands }: RigReport): unknown[] {
  return demands.filter((each) => each.broken !== undefined);
}

const fewKills = { ...killPlan, seconds: 5, clients: 8 };

test("servers are killed under clients: nothing that was acknowledged is lost, and no operation fails", async () => {
  const report = await runKills(fewKills, silent);
  expect(broken(report)).toEqual([]);
  expect(report.figures["kills of leaders"]).toBeGreaterThan(0);
  expect(report.figures["operations answered"]).toBeGreaterThan(0);
});

test("servers are restarted one after the other under clients: each leader lets another one lead, and no operation fails", async () => {
  const report = await runKills({ ...restartPlan, seconds: 5, clients: 8, everyMs: 1000 }, silent);
  expect(broken(report)).toEqual([]);
  expect(report.figures["kills of leaders"]).toBeGreaterThan(0);
  expect(report.figures["operations answered"]).toBeGreaterThan(0);
});

test("a majority that is given an old copy of its data has lost what it acknowledged, and that is seen", async () => {
  const report = await runKills({ ...fewKills, seconds: 2 }, silent, "rollback");
  expect(report.demands.filter((each) => each.broken !== undefined).map(({ promise }) => promise)).toEqual([
    "no acknowledged write is lost",
    "the history is linearizable",
  ]);
  const { status, stdout } = kvorum(["check", join(report.folder, "history.jsonl")]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringContaining("not linearizable") });
  rmSync(report.folder, { recursive: true });
});
