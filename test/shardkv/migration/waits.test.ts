import { describe, expect, test } from "vitest";
import { groupReport } from "../../../src/shardkv/migration/group-report.ts";
import type { Known } from "../../../src/shardkv/migration/known.ts";
import type { Heard } from "../../../src/shardkv/migration/plan.ts";
import { type Waiting, waitReasons, waitsOf } from "../../../src/shardkv/migration/waits.ts";
import { groupOf, letterOf } from "../../explore/moves/configs.ts";
import { MoveRig } from "./rig.ts";

interface Hears {
  /** By the letter of a holder and when the shard left it. */
  readonly heard?: Readonly<Record<string, Heard>>;
  /** Letters of groups. */
  readonly silent?: string;
  readonly known?: Known;
}

const told = new Set<string>();

/** What waits in a group, in a few words: phase, since, why, for whom, shards. */
function waits(rig: MoveRig, letter: string, { heard = {}, silent = "", known = rig.known }: Hears = {}): string[] {
  const at = "ABCD".indexOf(letter);
  const found = waitsOf(groupOf(letter), rig.group(at).picture(rig.state(at)), {
    known,
    heard: (_, __, { group, left }) => heard[`${letterOf(group)}${left}`],
    isSilent: (group) => silent.includes(letterOf(group)),
  });
  for (const { why } of found) told.add(why);
  return found.map(({ phase, since, why, on, shards }) => {
    const whom = on === undefined ? "nobody" : on === "shardmaster" ? on : letterOf(on);
    return `${phase} ${since} ${why} ${whom} ${shards.join()}`;
  });
}

/** A has had the shard, then B; C is to have it. */
const arriving = (): MoveRig => new MoveRig(["ABC"]).configure("C", 3);

describe("an arrival waits", () => {
  test.each<[Heard, string]>([
    [undefined, "asking B"],
    ["silence", "source_silent B"],
    ["not_yet", "source_behind B"],
    ["addressed", "source_granting B"],
    ["delivered", "passed_on B"],
    ["page", "fetching B"],
  ])("for its latest holder, which says %s: %s", (said, reason) => {
    expect(waits(arriving(), "C", { heard: { B3: said } })).toEqual([`arriving 3 ${reason} 0`]);
  });

  test("for a silent one also when those before it have nothing", () => {
    expect(waits(arriving(), "C", { heard: { B3: "silence", A2: "delivered" } })).toEqual(["arriving 3 source_silent B 0"]);
  });

  test("for the one that sends it, whoever is silent", () => {
    expect(waits(arriving(), "C", { heard: { B3: "silence", A2: "page" } })).toEqual(["arriving 3 fetching A 0"]);
  });

  test("for a group that is known to be silent, before it was asked for this shard", () => {
    expect(waits(arriving(), "C", { silent: "B" })).toEqual(["arriving 3 source_silent B 0"]);
    expect(waits(arriving(), "C", { silent: "A" })).toEqual(["arriving 3 asking B 0"]);
  });

  test("for the shardmaster, when nobody has had it", () => {
    expect(waits(arriving(), "C", { heard: { B3: "never_had", A2: "never_had" } })).toEqual(["arriving 3 birth shardmaster 0"]);
    expect(waits(new MoveRig(["A"]).configure("A", 1), "A")).toEqual(["arriving 1 birth shardmaster 0"]);
  });

  test("for the shardmaster, when it is not known who had it", () => {
    const known: Known = { latest: 3, config: () => undefined };
    expect(waits(arriving(), "C", { heard: { B3: "never_had" }, known })).toEqual(["arriving 3 history shardmaster 0"]);
  });

  test("though a later configuration has taken it away: it is passing", () => {
    expect(waits(new MoveRig(["ABC"]).configure("B", 3), "B")).toEqual(["passing 2 asking A 0"]);
  });
});

describe("a parcel waits", () => {
  test("for its addressee to fetch it, and then to say that it has it", () => {
    const rig = new MoveRig(["AB"]).begin("A").configure("A", 2);
    expect(waits(rig, "A")).toEqual(["parcel 2 not_fetched B 0"]);
    rig.execute("A", { op: "grant", shard: 0, left: 2, since: 2 });
    expect(waits(rig, "A")).toEqual(["parcel 2 not_confirmed B 0"]);
    expect(waits(rig, "A", { silent: "B" })).toEqual(["parcel 2 addressee_silent B 0"]);
  });

  test("for nobody, when nobody owns the shard", () => {
    expect(waits(new MoveRig(["A0"]).begin("A").configure("A", 2), "A")).toEqual(["parcel 2 parked nobody 0"]);
  });
});

test("rows of a copy that counts no more wait to be cleared", () => {
  const rig = new MoveRig(["AB"]).begin("A").configure("AB", 2);
  rig.execute("A", { op: "grant", shard: 0, left: 2, since: 2 });
  rig.execute("A", { op: "delete", shard: 0, left: 2, since: 2 });
  expect(waits(rig, "A")).toEqual(["dead 1 clearing nobody 0"]);
});

test("what waits for the same is told together, and a group where all is settled waits for nothing", () => {
  const rig = new MoveRig(["AB", "AB", "AA"]);
  rig.configure("AB", 2);
  expect(waits(rig, "B")).toEqual(["arriving 2 asking A 0,1"]);
  rig.settle();
  expect([waits(rig, "A"), waits(rig, "B")]).toEqual([[], []]);
});

test("every reason has been met", () => {
  expect([...told].toSorted()).toEqual([...waitReasons].toSorted());
});

test("a report has room for so many waits, and says how many found none", () => {
  const wait: Waiting = { phase: "dead", why: "clearing", on: undefined, since: 1, shards: [1] };
  const row = { number: 1, isMember: true, serving: 0, arriving: 0, passing: 0, parcels: 0 };
  const { waits: kept, moreWaits } = groupReport(
    row,
    Array.from({ length: 600 }, () => wait),
    { figures: undefined, isCounting: false },
  );
  expect([kept.length, moreWaits]).toEqual([512, 88]);
});
