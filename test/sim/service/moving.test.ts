import { expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import { encodeQuery } from "../../../src/shardkv/queries.ts";
import { ShardedStore } from "./store.ts";

const shape = { shards: 4, partitioner: { kind: "integer" } } as const;
const keys = ["0", "1", "2", "3"];

/** A store whose groups of these numbers have joined one after the other. */
function storeOf(seed: string, groups: number, ...joined: readonly number[]): ShardedStore {
  const store = new ShardedStore(seed, shape, groups, { chunkRowsMax: 5 });
  store.join(...joined);
  return store;
}

/** Who owns each shard. */
function owners(store: ShardedStore): number[] {
  return store.config().shards.map(({ gid }) => gid);
}

test("two groups join, and every key is put and read", () => {
  const store = storeOf("join", 2, 1, 2);
  expect(owners(store).toSorted((a, b) => a - b)).toEqual([1, 1, 2, 2]);
  for (const key of keys) store.put(key, `of ${key}`);
  for (const key of keys) expect(store.value(key)).toBe(`of ${key}`);
  expect([store.unknown, store.verdict()]).toEqual([0, "linearizable"]);
});

test("a shard moves there and back under appends, each of which takes effect once", () => {
  const store = storeOf("appends", 2, 1, 2);
  let [begun, done, goesOn] = [0, 0, true];
  const append = (client: number): void => {
    begun += 1;
    store.execute(client, { op: "append", key: utf8("0"), value: utf8(`${begun},`) }, () => {
      done += 1;
      if (goesOn) append(client);
    });
  };
  for (const client of [1, 2, 3]) append(client);
  for (let moves = 0; moves < 6; moves += 1) {
    const before = done;
    store.move(0, owners(store)[0] === 1 ? 2 : 1);
    store.until("appends go on", () => done >= before + 20);
  }
  goesOn = false;
  store.until("all have ended", () => done === begun);
  const tokens = store.value("0")?.split(",").slice(0, -1) ?? [];
  expect(tokens.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: begun }, (_, at) => at + 1));
  expect([store.unknown, store.verdict()]).toEqual([0, "linearizable"]);
});

test("a group leaves, and its data goes on", () => {
  const store = storeOf("leave", 3, 1, 2);
  for (let number = 0; number < 40; number += 1) store.put(`${number}`, `of ${number}`);
  store.join(3);
  store.leave(1, 2);
  expect(owners(store)).toEqual([3, 3, 3, 3]);
  for (let number = 0; number < 40; number += 1) expect(store.value(`${number}`)).toBe(`of ${number}`);
  store.until("nothing is left of it where it was", () => [1, 2, 3].every((gid) => store.isTidy(gid)));
  expect([store.unknown, store.verdict()]).toEqual([0, "linearizable"]);
});

test("two groups exchange all their shards while clients write to all of them", () => {
  const store = storeOf("exchange", 2, 1, 2);
  let [begun, done, goesOn] = [0, 0, true];
  const write = (client: number): void => {
    begun += 1;
    store.execute(client, { op: "append", key: utf8(`${begun % 4}`), value: utf8(`${begun},`) }, () => {
      done += 1;
      if (goesOn) write(client);
    });
  };
  for (const client of [1, 2, 3, 4]) write(client);
  store.until("writes go on", () => done >= 20);
  const before = owners(store);
  for (const [shard, gid] of before.entries()) store.move(shard, 3 - gid);
  const atMove = done;
  store.until("writes go on where they are", () => done >= atMove + 40);
  goesOn = false;
  store.until("all have ended", () => done === begun);
  expect(owners(store)).toEqual(before.map((gid) => 3 - gid));
  const tokens = keys.flatMap((key) => store.value(key)?.split(",").slice(0, -1) ?? []);
  expect(tokens.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: begun }, (_, at) => at + 1));
  expect([store.unknown, store.verdict()]).toEqual([0, "linearizable"]);
});

test("a dead neighbour blocks the shards whose data it alone has, and no others", () => {
  const store = storeOf("neighbour", 3, 1, 2);
  for (const key of keys) store.put(key, `of ${key}`);
  const before = owners(store);
  const [ofDead, ofOther] = [before.indexOf(1), before.indexOf(2)];
  store.crash(1);
  store.join(3);
  store.move(ofDead, 3);
  store.move(ofOther, 3);
  expect(store.value(`${ofOther}`)).toBe(`of ${ofOther}`);
  store.put(`${ofOther}`, "new");
  let late: string | undefined;
  store.get(1, `${ofDead}`, (value) => (late = value));
  store.run(5000);
  expect(late).toBeUndefined();
  expect(store.value(`${ofOther}`)).toBe("new");
  store.restart(1);
  store.until("its data arrives when it lives again", () => late === `of ${ofDead}`);
  expect([store.unknown, store.verdict()]).toEqual([0, "linearizable"]);
});

test("a whole scan has every key once and in order, also of shards that move meanwhile", () => {
  const store = storeOf("scan", 2, 1, 2);
  const all = Array.from({ length: 30 }, (_, number) => `${number}`);
  for (const key of all) store.put(key, `of ${key}`);
  const before = owners(store);
  const seen: string[] = [];
  store.scan(0, 4, (found, pages) => {
    seen.push(...found);
    if (pages === 1) for (const [shard, gid] of before.entries()) store.moveSoon(shard, 3 - gid);
  });
  store.until("the shards have moved", () => owners(store).every((gid, shard) => gid === 3 - (before[shard] as number)));
  expect(seen).toEqual(all.toSorted());
});

test("a group serves again after a power cut while the shardmaster is dead", () => {
  const store = storeOf("restart", 1, 1);
  store.put("0", "kept");
  for (const { at, cluster } of store.servers(store.masters)) cluster.crash(at, { powerCut: true });
  store.crash(1);
  store.restart(1);
  expect(store.value("0")).toBe("kept");
});

test("a server that does not know the cluster's shape yet says so, and serves when it does", () => {
  const store = new ShardedStore("early", shape, 1, {}, {}, false);
  let refusals = 0;
  const asked = store.groups[0]?.newClient();
  asked?.act((group) =>
    group.query(encodeQuery({ op: "get", shard: 0, key: utf8("0") }), 500, (ending) => {
      if (ending.kind === "given_up") refusals += ending.last?.why === "not_leader" ? 1 : 0;
    }),
  );
  store.run(1000);
  expect(refusals).toBe(1);
  store.masters.startAll();
  store.awaitShape();
  store.join(1);
  store.put("0", "served");
  expect(store.value("0")).toBe("served");
});

test("many calls of one client at once find shards that are only just beginning", () => {
  const store = storeOf("at once", 1, 1);
  let done = 0;
  for (let number = 0; number < 24; number += 1) {
    store.execute(0, { op: "append", key: utf8(`${number}`), value: utf8("x") }, () => (done += 1));
  }
  store.until("all are done", () => done === 24, 10_000);
  expect([store.unknown, store.verdict()]).toEqual([0, "linearizable"]);
});

test("a number comes back with other servers, which get what the old ones had by way of others", () => {
  const store = storeOf("number", 2, 1, 2);
  for (const key of keys) store.put(key, `of ${key}`);
  store.leave(1);
  store.replace(1);
  store.join(1);
  expect(owners(store).filter((gid) => gid === 1)).toHaveLength(2);
  for (const key of keys) expect(store.value(key)).toBe(`of ${key}`);
  store.leave(2);
  for (const key of keys) expect(store.value(key)).toBe(`of ${key}`);
  expect(owners(store)).toEqual([1, 1, 1, 1]);
  expect([store.unknown, store.verdict()]).toEqual([0, "linearizable"]);
});

test("calls that overlap do not wait for ever for the log time of a group that has died", () => {
  const store = new ShardedStore("dead owner", shape, 2);
  store.crash(1);
  store.join(1, 2);
  const shard = owners(store).indexOf(1);
  let done = 0;
  for (let call = 0; call < 6; call += 1) {
    store.execute(1, { op: "append", key: utf8(`${shard}`), value: utf8("x") }, () => (done += 1));
    store.run(350);
  }
  expect(done).toBe(0);
  store.move(shard, 2);
  store.until("all are done where the shard is now", () => done === 6, 10_000);
  expect([store.value(`${shard}`), store.unknown, store.verdict()]).toEqual(["xxxxxx", 0, "linearizable"]);
});

test("a shard that has begun elsewhere is claimed of the shardmaster once, however long its data is awaited", () => {
  const store = storeOf("claimed once", 2, 1, 2);
  for (const key of keys) store.put(key, `of ${key}`);
  const shard = owners(store).indexOf(1);
  store.crash(1);
  store.move(shard, 2);
  // The source has been silent for long enough to ask those behind it, of whom the shardmaster is the last.
  store.run(5000);
  const logged = (): number | undefined => store.masters.sim.member(0)?.status()?.last;
  const before = logged();
  store.run(20_000);
  expect(logged()).toBe(before);
  store.restart(1);
  expect(store.value(`${shard}`)).toBe(`of ${shard}`);
});
