import { describe, expect, test } from "vitest";
import { runSeed } from "../../src/sim/fuzz.ts";
import { scenarios } from "../../src/sim/scenarios.ts";
import { plantedFuzz } from "../zoo/hunt.ts";
import type { Bug, Patch } from "../zoo/plant.ts";

describe.each(scenarios)("$name: $title", ({ name }) => {
  test.each([1, 2, 3, 4, 5, 6])("with seed %i", (seed) => {
    const result = runSeed(seed, { scenario: name });
    expect(result.finding).toBeUndefined();
    expect(result.verdict).toBe("ok");
    expect(Object.keys(result.strikes).length).toBeGreaterThan(0);
  });
});

const deafToLeaders: Patch = {
  file: "raft/raft.ts",
  find: 'if (message.kind === "vote" && !message.transfer && state.options.checkQuorum && hearsLeader(state)) {',
  replace: 'if (message.kind === "vote" && !message.transfer && state.options.checkQuorum && hearsLeader(state) && state.term < 0) {',
};

interface Halt {
  readonly invariant: string;
  readonly scenario: string | undefined;
  readonly bug: Bug;
}

function halt(invariant: string, scenario: string | undefined, title: string, patches: readonly Patch[]): Halt {
  return { invariant, scenario, bug: { id: `halt-${invariant.toLowerCase()}`, title, source: "made up", patches } };
}

const halts: readonly Halt[] = [
  halt("L1", undefined, "nobody campaigns after the second term", [
    {
      file: "raft/raft.ts",
      find: "isPromotable(state)) campaign(state);",
      replace: "isPromotable(state) && state.term < 2) campaign(state);",
    },
  ]),
  halt("L2", undefined, "whoever leads no more forgets its reads", [
    { file: "rsm/pump.ts", find: "for (const context of ready.droppedReads) machine.readDropped(context);", replace: "" },
  ]),
  halt("L3", undefined, "appends do not say what is committed", [
    { file: "raft/leader.ts", find: "commit: state.commit,", replace: "commit: 0," },
  ]),
  halt("L4", "troubled-minority", "a quorum is everybody", [
    {
      file: "raft/membership.ts",
      find: "return Math.floor(group.voters.length / 2) + 1;",
      replace: "return group.voters.length;",
    },
  ]),
  halt("L5", "laggard", "a snapshot that is due is not sent", [{ file: "raft/leader.ts", find: "state.offers.push(to);", replace: "" }]),
  halt("L6", "partial-connectivity", "votes are given although a leader is heard", [
    deafToLeaders,
    { file: "raft/election.ts", find: "request.term > state.term && !hearsLeader(state) &&", replace: "request.term > state.term &&" },
  ]),
  halt("L7", "rejoin", "a term is spent without asking first", [
    deafToLeaders,
    {
      file: "raft/election.ts",
      find: "export function campaign(state: RaftState): void {\n",
      replace: "export function campaign(state: RaftState): void {\n  startElection(state);\n  if (state.term > 0) return;\n",
    },
  ]),
  halt("L8", "hung-leader-disk", "a leader does not look at its own disk", [
    {
      file: "raft/leader.ts",
      find: "else if (state.stalled >= options.stallTicks) stepDown(",
      replace: "else if (state.stalled < 0) stepDown(",
    },
  ]),
];

test.each(halts)("$invariant is broken where it should be: $bug.title", async ({ invariant, scenario, bug }) => {
  const fuzz = await plantedFuzz(bug);
  const found = new Set<string>();
  for (let seed = 1; seed <= 12 && !found.has(invariant); seed += 1) {
    const { finding } = fuzz.runSeed(seed, scenario === undefined ? {} : { scenario });
    if (finding !== undefined) found.add(finding.invariant);
  }
  expect([...found]).toContain(invariant);
});
