import { describe, expect, test } from "vitest";
import { BadSetting, isLoopback, type ReplicaFlags, replicaSettings } from "../../src/server/settings.ts";

const flags: ReplicaFlags = {
  cluster: "blue",
  servers: "127.0.0.1:7000,127.0.0.1:7001,127.0.0.1:7002",
  group: 1,
  replica: 1,
  creation: 9,
};

function sentence(changes: Partial<ReplicaFlags>): string {
  try {
    replicaSettings({ ...flags, ...changes });
  } catch (error) {
    if (error instanceof BadSetting) return error.message;
    throw error;
  }
  return "it was understood";
}

test("a server listens where it is reached, and the others are its peers", () => {
  const { settings, identity } = replicaSettings({ ...flags, data: "d" });
  expect(settings).toEqual({
    cluster: "blue",
    owner: { group: 1, creation: 9, replica: 1 },
    self: "127.0.0.1:7001",
    listen: { host: "127.0.0.1", port: 7001 },
    peers: ["127.0.0.1:7000", "127.0.0.1:7002"],
    data: "d",
    create: false,
    stallMs: 30_000,
  });
  expect(identity).toEqual({ group: 1, creation: 9, replica: 1, servers: ["127.0.0.1:7000", "127.0.0.1:7001", "127.0.0.1:7002"] });
});

test("a server can listen elsewhere than it is reached", () => {
  const { settings, identity } = replicaSettings({ ...flags, listen: "0.0.0.0:9", servers: "[::1]:5,a.example:1" });
  expect([settings.self, settings.listen, settings.peers, identity.replica]).toEqual([
    "a.example:1",
    { host: "0.0.0.0", port: 9 },
    ["[::1]:5"],
    1,
  ]);
});

test("a port alone is this machine's", () => {
  expect(replicaSettings({ ...flags, listen: "9" }).settings.listen).toEqual({ host: "127.0.0.1", port: 9 });
});

test("a group has every shard unless it is told of a shardmaster", () => {
  expect(replicaSettings(flags).masters).toBeUndefined();
  expect(replicaSettings({ ...flags, masters: " a.example:1,127.0.0.1:9" }).masters).toEqual(["a.example:1", "127.0.0.1:9"]);
});

describe("refused in one sentence that says what was given and what is allowed", () => {
  test.each<[string, Partial<ReplicaFlags>]>([
    ["'nonsense' is no address to listen on", { listen: "nonsense" }],
    ["'70000' is no address to listen on", { listen: "70000" }],
    ["'7003' is no server's address; an address is host:port", { servers: "127.0.0.1:7001,7003" }],
    ["'' is no server's address", { servers: "" }],
    ["The server 127.0.0.1:7001 is listed twice.", { servers: "127.0.0.1:7001,127.0.0.1:7001" }],
    ["There is no replica 3: with 3 servers, replicas are numbered from 0 to 2.", { replica: 3 }],
    [
      "A group has at most 64 servers, and 65 are listed.",
      { servers: Array.from({ length: 65 }, (_, i) => `127.0.0.1:${7000 + i}`).join(",") },
    ],
    ["'bl ue' is no cluster's name", { cluster: "bl ue" }],
    ["0 is no group's number", { group: 0 }],
    ["'7003' is no server's address", { masters: "7003" }],
    ["The server 127.0.0.1:9 is listed twice.", { masters: "127.0.0.1:9,127.0.0.1:9" }],
    ["The server 127.0.0.1:7000 is listed for the group and for the shardmaster", { masters: "127.0.0.1:9,127.0.0.1:7000" }],
  ])("%s", (expected, changes) => {
    expect(sentence(changes)).toContain(expected);
  });
});

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["localhost", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["127.example", false],
])("only this machine reaches %s: %s", (host, expected) => {
  expect(isLoopback({ host, port: 1 })).toBe(expected);
});
