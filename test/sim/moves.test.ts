import { expect, test } from "vitest";
import { utf8, utf8Text } from "../../src/base/bytes.ts";
import type { KvCaller } from "../../src/client/kv-caller.ts";
import type { SimClient } from "../../src/sim/group/sim-client.ts";
import { type MovingGroup, MovingGroups } from "./moves.ts";

/** Puts a value under each key, one after the other. */
function puts(client: SimClient<KvCaller>, keys: readonly number[], value: string): void {
  for (const key of keys)
    client.act((caller) => caller.execute({ op: "put", key: utf8(String(key)), value: utf8(value) }, 60_000, () => undefined));
}

/** What a group answers to gets of some keys: values, or why not. */
function gets(groups: MovingGroups, { cluster }: MovingGroup, keys: readonly number[], latest: number): (string | undefined)[] {
  const client = cluster.newClient();
  const answers: (string | undefined)[] = keys.map(() => undefined);
  for (const [at, key] of keys.entries()) {
    client.act((caller) =>
      caller.get(utf8(String(key)), 1500, (outcome) => {
        const { result, ...rest } = outcome as { readonly kind: string; readonly result?: { readonly value?: Uint8Array } };
        answers[at] = result?.value === undefined ? rest.kind : utf8Text(result.value);
      }),
    );
  }
  groups.run(3000, latest);
  return answers;
}

const keys = Array.from({ length: 20 }, (_, at) => at);
const all = (value: string): string[] => keys.map(() => value);

test("shards with their keys move between groups of replicas, through crashes of all of them", () => {
  const groups = new MovingGroups(1, "AB", ["ABA", "ABA", "ABA", "AAA"]);
  const [a, b] = [groups.of("A"), groups.of("B")];
  groups.run(3000, 1);
  puts(a.cluster.newClient(), keys, "one");
  groups.run(3000, 1);
  expect(gets(groups, a, keys, 1)).toEqual(all("one"));
  for (const { cluster } of [a, b]) for (const at of [0, 1, 2]) cluster.crash(at, { powerCut: true });
  for (const { cluster } of [a, b]) cluster.startAll();
  groups.run(6000, 2);
  const moved = keys.map((key) => (key % 4 === 3 ? "refused" : "one"));
  expect(gets(groups, b, keys, 2)).toEqual(moved);
  puts(b.cluster.newClient(), keys, "two");
  groups.run(3000, 2);
  const leader = b.cluster.leader as number;
  b.cluster.crash(leader, { powerCut: true });
  groups.run(6000, 3);
  expect(gets(groups, a, keys, 3)).toEqual(keys.map((key) => (key % 4 === 3 ? "one" : "two")));
});

test("a replica that was away while shards moved has what the others have, by a snapshot", () => {
  const groups = new MovingGroups(2, "AB", ["ABAB", "ABA", "ABB"]);
  const [a, b] = [groups.of("A"), groups.of("B")];
  groups.run(3000, 1);
  puts(a.cluster.newClient(), keys, "one");
  groups.run(2000, 1);
  const away = [a, b].map(({ cluster }) => {
    const at = [0, 1, 2].find((server) => server !== cluster.leader) as number;
    const applied = cluster.replica(at)?.member.raft?.state.applied as number;
    cluster.crash(at, { powerCut: false });
    return { at, applied };
  });
  groups.run(3000, 2);
  puts(b.cluster.newClient(), keys, "two");
  groups.run(3000, 2);
  for (const [place, group] of [a, b].entries()) {
    const { at, applied } = away[place] as (typeof away)[number];
    expect(groups.leader(group)?.member.raft?.state.log.mark.index).toBeGreaterThan(applied);
    group.cluster.start(at);
  }
  groups.run(8000, 3);
  puts(a.cluster.newClient(), keys, "three");
  groups.run(5000, 4);
  for (const group of [a, b]) {
    const [first, ...others] = [0, 1, 2].map((at) => groups.rows(group, at));
    expect(first?.length).toBeGreaterThan(5);
    for (const other of others) expect(other).toEqual(first);
  }
  const ofShards = (values: readonly string[]): unknown[] => keys.map((key) => values[key % 3]);
  expect(gets(groups, a, keys, 4)).toEqual(ofShards(["refused", "three", "refused"]));
  expect(gets(groups, b, keys, 4)).toEqual(ofShards(["three", "refused", "two"]));
});
