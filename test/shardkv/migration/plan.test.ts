import { describe, expect, test } from "vitest";
import { type Known, laterOwners } from "../../../src/shardkv/migration/known.ts";
import type { Heard, Plan } from "../../../src/shardkv/migration/plan.ts";
import { knownUpTo, letterOf } from "../../explore/moves/configs.ts";
import { MoveRig } from "./rig.ts";

/** What a group asks whom, in a few words; `heard` by the letter of who was asked and when the shard left him. */
function asks(
  rig: MoveRig,
  letter: string,
  heard: Readonly<Record<string, Heard>> = {},
  known: Known = rig.known,
): Plan & { readonly words: string[] } {
  const at = "ABCD".indexOf(letter);
  const plan = rig.group(at).plan(rig.state(at), known, (_, __, { group, left }) => heard[`${letterOf(group)}${left}`]);
  const words = plan.asks.map(({ to, question }) => {
    return [letterOf(to), question.op, ...(question.op === "pull" ? [question.left, question.since] : [])].join(" ");
  });
  return { ...plan, words };
}

/** D waits for a shard that B, C and A have had, A twice. */
const arriving = (): MoveRig => new MoveRig(["AB0CAD"]).configure("D", 6);

describe("an arrival", () => {
  test("is asked for where the shard was last", () => {
    expect(asks(arriving(), "D").words).toEqual(["A pull 6 6"]);
  });

  test.each(["silence", "not_yet", "never_had"] as const)("is asked for further back, when the last one says: %s", (heard) => {
    expect(asks(arriving(), "D", { A6: heard }).words).toEqual(["A pull 6 6", "C pull 5 6"]);
    expect(asks(arriving(), "D", { A6: heard, C5: heard }).words).toEqual(["A pull 6 6", "C pull 5 6", "B pull 3 6"]);
    expect(asks(arriving(), "D", { A6: heard, C5: heard, B3: "page" }).words).toHaveLength(3);
  });

  test.each(["page", "addressed", "delivered"] as const)("is not asked for further back, when the last one says: %s", (heard) => {
    expect(asks(arriving(), "D", { A6: heard })).toMatchObject({ words: ["A pull 6 6"], births: [] });
  });

  test("is asked for as a birth behind all who ever had the shard", () => {
    const heard = { A6: "silence", C5: "not_yet", B3: "silence", A2: "never_had" } as const;
    expect(asks(arriving(), "D", heard)).toMatchObject({ births: [{ shard: 0, since: 6 }] });
    const { A2, ...others } = heard;
    expect(A2).toBe("never_had");
    expect(asks(arriving(), "D", others).births).toEqual([]);
    expect(asks(new MoveRig(["A"]).configure("A", 1), "A")).toMatchObject({ words: [], births: [{ shard: 0, since: 1 }] });
  });

  test("asks for the configurations that say who had the shard before, when it has to know", () => {
    const rig = arriving();
    const known: Known = { latest: 6, config: (number) => (number === 6 ? rig.configs[6] : undefined) };
    expect(asks(rig, "D", {}, known).configs).toEqual([7]);
    expect(asks(rig, "D", { A6: "silence" }, known).configs).toEqual([7, 5]);
  });

  test("that a later configuration has taken away asks later owners what they have got", () => {
    const rig = new MoveRig(["ABCA"]).configure("B", 2);
    expect(asks(rig, "B", {}, knownUpTo(rig.configs, 2)).words).toEqual(["A pull 2 2"]);
    expect(asks(rig, "B").words).toEqual(["A pull 2 2", "A acquired", "C acquired"]);
  });

  test("is not asked for where the group itself had the shard", () => {
    const rig = new MoveRig(["ABA"])
      .begin("A")
      .configure("A", 2)
      .execute("A", { op: "grant", shard: 0, left: 2, since: 2 })
      .configure("A", 3);
    expect(asks(rig, "A", { B3: "silence" }).words).toEqual(["B pull 3 3", "B have"]);
  });
});

test("later owners are named by their runs, the latest first, and not those of a run that has begun before", () => {
  const { known } = new MoveRig(["AAB0CCA"]);
  const owners = (since: number): string[] => laterOwners(known, 0, since).found.map(letterOf);
  expect(owners(1)).toEqual(["A", "C", "B"]);
  expect(owners(3)).toEqual(["A", "C"]);
  expect(owners(6)).toEqual(["A"]);
  expect(owners(7)).toEqual([]);
});

describe("a parcel", () => {
  test("is asked about when it is granted, and nobody but its addressee and later owners", () => {
    const rig = new MoveRig(["ABC"]).begin("A").configure("A", 2);
    expect(asks(rig, "A").words).toEqual([]);
    rig.execute("A", { op: "grant", shard: 0, left: 2, since: 2 });
    expect(asks(rig, "A").words).toEqual(["B have", "C acquired"]);
    expect(asks(rig, "A", {}, knownUpTo(rig.configs, 2)).words).toEqual(["B have"]);
  });
});

test("a group that has nothing asks for the next configuration and nothing else", () => {
  const rig = new MoveRig(["AB"]).configure("C", 2);
  expect(asks(rig, "C")).toMatchObject({ words: [], births: [], configs: [3] });
});
