import { expect, type TestContext, test } from "vitest";
import type { Crash } from "./crash-run.ts";
import { type PlantedBug, runPlanted } from "./planted.ts";
import { type RigCommand, runRig } from "./rig.ts";

/** Damages so many directories. */
export function rotTest(trials: number): void {
  test(`${trials} damaged directories are refused, or nobody can tell a difference`, async (context) => {
    const stdout = await outcome(context, ["rot.ts", String(trials), "--seed", "1"]);
    expect(stdout).toMatch(new RegExp(`^${trials} trials `, "m"));
    expect(stdout).toMatch(/^all +[1-9]\d* .* 0 +\d+$/m);
  });
}

/** Ends so many servers in each way. What this machine cannot do is skipped, and the reason is shown. */
export function crashTests(rounds: Readonly<Record<Crash, number>>): void {
  test.for(Object.entries(rounds) as [Crash, number][])("no promise is broken by %s, %i times", async ([crash, count], context) => {
    const stdout = await outcome(context, ["crash.ts", crash, String(count), "--seed", "1"]);
    expect(stdout).toMatch(new RegExp(`^${crash}: ${count} rounds .*; [1-9]\\d+ promises$`, "m"));
    expect(stdout).toMatch(/^kept [1-9]\d*, unmade \d+, wrong 0$/m);
  });
}

/** A rig that has never found anything proves nothing. */
export function plantedTests(bugs: readonly PlantedBug[]): void {
  test.for(bugs.map((bug) => [bug.title, bug] as const))("it is found when %s", async ([, bug], context) => {
    const { code, stdout, stderr } = await runPlanted(bug);
    context.skip(code === 3, stdout.trim());
    expect({ code, stdout, stderr }).toMatchObject({ code: 1, stdout: expect.stringContaining(": wrong") });
  });
}

async function outcome(context: TestContext, command: RigCommand): Promise<string> {
  const { code, stdout, stderr } = await runRig(command);
  context.skip(code === 3, stdout.trim());
  expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  return stdout;
}
