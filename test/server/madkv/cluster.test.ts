import { afterAll, beforeAll, expect, test } from "vitest";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverId } from "../../../src/base/ids.ts";
import { partitioner } from "../../../src/shardmaster/partitioner.ts";
import { decodeShape, encodeShape } from "../../../src/shardmaster/shape.ts";
import { assignmentIn, checkFit, readAssignment, writeAssignment } from "../../../src/server/madkv/assignment.ts";
import { addressBook, creationOf, foundersOf, managerName, shapeOf } from "../../../src/server/madkv/cluster.ts";
import { madkvServerSettings } from "../../../src/server/madkv/settings.ts";
import { bytesOf } from "../../shardkv/store.ts";

const servers = ["a:1", "a:2", "a:3", "a:4", "a:5", "a:6"];
const words = { servers, rf: 3, partitioner: "hash" } as const;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "kvorum-assignment-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("a cluster's identity follows from its words, and from nothing else", () => {
  expect(creationOf(words)).toBe(creationOf({ ...words }));
  const others = [
    { ...words, servers: servers.slice(0, 3) },
    { ...words, rf: 1 },
    { ...words, partitioner: "range" as const },
    { ...words, servers: servers.toReversed() },
  ];
  expect(new Set([words, ...others].map(creationOf)).size).toBe(5);
});

test("servers are ordered by partition, then by replica", () => {
  expect(foundersOf(words).map(({ gid, servers: own }) => [gid, ...own])).toEqual([
    [1, "a:1", "a:2", "a:3"],
    [2, "a:4", "a:5", "a:6"],
  ]);
});

test("there are as many shards as partitions, also of ranges, of which each has letters", () => {
  expect(shapeOf(words)).toMatchObject({ shards: 2, partitioner: { kind: "hash" } });
  for (const count of [1, 2, 3, 5, 50]) {
    const shape = shapeOf({ servers: Array.from({ length: count }, (_, at) => `a:${at + 1}`), rf: 1, partitioner: "range" });
    expect(decodeShape(encodeShape(shape))).toEqual(shape);
    const shardOf = partitioner(shape.partitioner, shape.shards);
    const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".split("");
    expect(new Set(letters.map((letter) => shardOf(bytesOf(letter)))).size, `${count} partitions`).toBe(count);
  }
});

test("who is known is where one was told, and others are where they are called", () => {
  const addressOf = addressBook([[managerName(1), { host: "b", port: 2 }]]);
  expect(addressOf(managerName(1))).toEqual({ host: "b", port: 2 });
  expect(addressOf(serverId("c:3"))).toEqual({ host: "c", port: 3 });
  expect(addressOf(managerName(2))).toBeUndefined();
});

const settings = (partition: string, peers: string): Parameters<typeof assignmentIn>[1] =>
  madkvServerSettings({ partition, managers: "m:1", port: "5", backer: "b", replicated: { replica: "0", p2pPort: "9", peers } });

test("an assignment is the server's part of what the manager says", () => {
  const founding = { groups: foundersOf(words), registered: [[], []], begun: true };
  expect(assignmentIn(founding, settings("1", "b:1,b:2"))).toEqual({
    creation: creationOf(words),
    partition: 1,
    replica: 0,
    servers: ["a:4", "a:5", "a:6"],
    begun: true,
  });
  expect(() => assignmentIn(founding, settings("2", "b:1,b:2"))).toThrow(
    "There is no partition 2: the manager has 2, numbered from 0 to 1.",
  );
  expect(() => assignmentIn(founding, settings("1", "none"))).toThrow(
    "No peers were given, and partition 1 has 3 replicas; give the other 2.",
  );
});

test("what is kept is what comes back; what cannot be read is nothing", () => {
  const assignment = { creation: 2 ** 52, partition: 1, replica: 0, servers: ["a:4"], begun: false };
  expect(readAssignment(directory)).toBeUndefined();
  writeAssignment(directory, assignment);
  expect(readAssignment(directory)).toEqual(assignment);
  writeAssignment(directory, { ...assignment, begun: true });
  expect(readAssignment(directory)).toEqual({ ...assignment, begun: true });
  for (const text of [
    "",
    "null",
    "[]",
    '{"creation":1}',
    JSON.stringify({ ...assignment, servers: [1] }),
    JSON.stringify({ ...assignment, replica: -1 }),
  ]) {
    writeFileSync(join(directory, "assignment.json"), text);
    expect(readAssignment(directory), `the text ${text}`).toBeUndefined();
  }
  expect(() => checkFit(assignment, 3)).toThrow("2 peers were given, and partition 1 has no replica but this one; give none.");
});
