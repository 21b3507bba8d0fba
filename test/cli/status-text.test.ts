import { describe, expect, test } from "vitest";
import { groupId, serverId } from "../../src/base/ids.ts";
import { statusJson } from "../../src/cli/status-json.ts";
import { bytesText, statusText } from "../../src/cli/status-text.ts";
import { reasonMeanings } from "../../src/cli/status-words.ts";
import { KvorumError } from "../../src/client/errors.ts";
import { type ClusterStatus, type GroupStatus, ownerReasons } from "../../src/client/status.ts";
import { waitReasons } from "../../src/shardkv/migration/waits.ts";
import type { Config, Group } from "../../src/shardmaster/config.ts";

const group = (gid: number): Group => ({ gid: groupId(gid), creation: 1, servers: [serverId(`g${gid}:1`)] });
const owned = { gid: groupId(1), since: 2, holder: undefined };
const config: Config = { number: 7, groups: [group(1), group(5)], shards: [owned, owned, owned, { ...owned, gid: groupId(5) }] };
const row = { number: 7, isMember: true, serving: 3, arriving: 0, passing: 0, parcels: 1 };

const one: GroupStatus = {
  group: group(1),
  isMember: true,
  state: "answering",
  replicas: [{ replica: 0, server: "g1:1", answered: true, phase: "running", role: "leader", term: 4, applied: 90, lag: 2 }],
  row,
  serving: [0, 1, 2],
  held: { ageMs: 40, serving: { keys: 1, bytes: 2000 }, besides: { keys: 0, bytes: 0 }, shards: [{ shard: 2, keys: 1, bytes: 2000 }] },
  isSafeToStop: false,
};
const left: GroupStatus = {
  ...one,
  group: group(2),
  isMember: false,
  row: { ...row, number: 6, isMember: false, serving: 0, arriving: 1, passing: 2, parcels: 0 },
  serving: undefined,
  held: { ...(one.held as NonNullable<GroupStatus["held"]>), ageMs: 62_000, besides: { keys: 5, bytes: 10 } },
  isSafeToStop: undefined,
};
const five: GroupStatus = {
  group: group(5),
  isMember: true,
  state: "silent",
  replicas: [{ replica: 0, server: "g5:1", answered: false, why: "connect ECONNREFUSED" }],
  row: undefined,
  serving: undefined,
  held: undefined,
  isSafeToStop: false,
};

const status: ClusterStatus = {
  masters: [{ server: "m:1", answered: false, why: "it sleeps." }],
  shape: { cluster: "blue", shards: 4, partitioner: { kind: "hash" } },
  config,
  failure: undefined,
  groups: [one, left, five],
  waits: [
    { gid: 5, phase: "unserved", why: "owner_silent", on: { ...group(5), state: "silent" }, since: 7, shards: [3] },
    { gid: 1, phase: "parcel", why: "parked", on: undefined, since: 6, shards: [0, 1] },
    { gid: 0, phase: "arriving", why: "birth", on: "shardmaster", since: 6, shards: [2] },
  ],
  moreWaits: 0,
};

test("a cluster for people", () => {
  expect(statusText(status).split("\n")).toEqual([
    "shardmaster",
    "server  role  term  applied",
    "m:1     does not answer (it sleeps)",
    "",
    "cluster blue: 4 shards by hash, at configuration 7",
    "",
    "group 1: serves 3 shards (0-2), 1 to be fetched",
    "  holds 1 key in 2.0 KiB",
    "  replica  server  role    term  applied  lag",
    "  0        g1:1    leader  4     90       2",
    "",
    "group 2, which is not in it: at configuration 6, serves 0 shards, 1 arriving, 2 passing",
    "  holds 1 key in 2.0 KiB, and 5 keys in 10 bytes in copies that are on their way or to be cleared, counted 62 s ago",
    "  whether it is safe to stop cannot be told",
    "  replica  server  role    term  applied  lag",
    "  0        g1:1    leader  4     90       2",
    "",
    "group 5: does not answer",
    "  replica  server  role  term  applied  lag",
    "  0        g5:1    does not answer (connect ECONNREFUSED)",
    "",
    "not settled",
    "shards  group   phase     since  why           waits for",
    "3       5       unserved  7      owner_silent  group 5 at g5:1, which does not answer",
    "0-1     1       parcel    6      parked",
    "2       nobody  arriving  6      birth         the shardmaster",
    "",
    `owner_silent  ${reasonMeanings.owner_silent}`,
    `parked        ${reasonMeanings.parked}`,
    `birth         ${reasonMeanings.birth}`,
  ]);
});

test.each<[string, Partial<ClusterStatus>]>([
  ["every shard is settled", { waits: [] }],
  ["and 3 more kinds of waits, which groups had no room to tell", { moreWaits: 3 }],
  ["the cluster has not begun yet", { shape: undefined, config: undefined, groups: [] }],
  ["m:1     does not answer (it sleeps)", { shape: undefined, config: undefined, failure: new KvorumError("timeout", "Late.") }],
])("it ends with: %s", (end, given) => {
  expect(statusText({ ...status, ...given }).endsWith(`\n${end}`)).toBe(true);
});

test.each<[string, Partial<GroupStatus>]>([
  ["  safe to stop: nobody needs it any more", { isSafeToStop: true }],
  ["  not safe to stop: it holds shards that others are to get", { isSafeToStop: false }],
  ["  what it holds is being counted", { held: undefined }],
])("a group that left: %s", (line, given) => {
  expect(statusText({ ...status, groups: [{ ...left, ...given }] }).split("\n")).toContain(line);
});

test.each([
  [0, "0 bytes"],
  [1023, "1023 bytes"],
  [1024, "1.0 KiB"],
  [1.5 * 1024 ** 3, "1.5 GiB"],
  [5000 * 1024 ** 4, "5000.0 TiB"],
])("%i bytes are %s", (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

describe("in JSON", () => {
  const json = JSON.parse(JSON.stringify(statusJson(status)));

  test("nothing is left out: what is absent is null", () => {
    expect(Object.keys(json)).toEqual(["masters", "shape", "configuration", "why", "groups", "waits", "moreWaits"]);
    expect(json).toMatchObject({ why: null, configuration: { number: 7 }, moreWaits: 0 });
    expect(json.groups[0]).toMatchObject({
      gid: 1,
      member: true,
      state: "answering",
      safeToStop: false,
      configuration: 7,
      counts: { serving: 3, arriving: 0, passing: 0, parcels: 1 },
      serving: [0, 1, 2],
      held: { serving: { keys: 1, bytes: 2000 }, shards: [{ shard: 2, keys: 1 }] },
      replicas: [{ replica: 0, server: "g1:1", answered: true, role: "leader", lag: 2, why: null }],
    });
    expect(json.groups[2]).toMatchObject({ safeToStop: false, configuration: null, counts: null, serving: null, held: null });
    expect(json.groups[2].replicas).toEqual([
      {
        phase: null,
        role: null,
        term: null,
        applied: null,
        lag: null,
        why: "connect ECONNREFUSED",
        replica: 0,
        server: "g5:1",
        answered: false,
      },
    ]);
  });

  test("waits say for whom", () => {
    expect(json.waits.map(({ on }: { readonly on: unknown }) => on)).toEqual([
      { gid: 5, creation: 1, servers: ["g5:1"], state: "silent" },
      null,
      "shardmaster",
    ]);
  });

  test("a shardmaster that says nothing is why there is no more", () => {
    const silent = { ...status, shape: undefined, config: undefined, failure: new KvorumError("timeout", "Late.") };
    expect(statusJson(silent)).toMatchObject({ shape: null, configuration: null, why: "Late." });
  });
});

test("every reason has a meaning, and every meaning a reason", () => {
  expect(Object.keys(reasonMeanings).toSorted()).toEqual([...ownerReasons, ...waitReasons].toSorted());
});
