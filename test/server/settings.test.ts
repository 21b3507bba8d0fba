import { describe, expect, test } from "vitest";
import { BadSetting, isLoopback, type MemberFlags, memberSettings } from "../../src/server/settings.ts";

const flags: MemberFlags = {
  cluster: "blue",
  listen: "7001",
  members: "127.0.0.1:7000,127.0.0.1:7001,127.0.0.1:7002",
  group: 1,
  creation: 9,
};

function sentence(changes: Partial<MemberFlags>): string {
  try {
    memberSettings({ ...flags, ...changes });
  } catch (error) {
    if (error instanceof BadSetting) return error.message;
    throw error;
  }
  return "it was understood";
}

test("a port alone is this machine's, and the place among the members is the replica", () => {
  const { settings, identity } = memberSettings({ ...flags, data: "d" });
  expect(settings).toEqual({
    cluster: "blue",
    self: "127.0.0.1:7001",
    listen: { host: "127.0.0.1", port: 7001 },
    peers: ["127.0.0.1:7000", "127.0.0.1:7002"],
    data: "d",
    create: false,
  });
  expect(identity).toEqual({ group: 1, creation: 9, replica: 1, servers: ["127.0.0.1:7000", "127.0.0.1:7001", "127.0.0.1:7002"] });
});

test("a server can listen elsewhere than it is reached", () => {
  const { settings, identity } = memberSettings({ ...flags, listen: "0.0.0.0:9", as: "a.example:1", members: "[::1]:5,a.example:1" });
  expect([settings.self, settings.listen, settings.peers, identity.replica]).toEqual([
    "a.example:1",
    { host: "0.0.0.0", port: 9 },
    ["[::1]:5"],
    1,
  ]);
});

describe("refused in one sentence that says what was given and what is allowed", () => {
  test.each<[string, Partial<MemberFlags>]>([
    ["'nonsense' is no address to listen on", { listen: "nonsense" }],
    ["'70000' is no address to listen on", { listen: "70000" }],
    ["'7003' is no member's address; an address is host:port", { members: "127.0.0.1:7001,7003" }],
    ["'' is no member's address", { members: "" }],
    ["The member 127.0.0.1:7001 is listed twice.", { members: "127.0.0.1:7001,127.0.0.1:7001" }],
    ["This server is 127.0.0.1:7004, which is not among the members 127.0.0.1:7000", { listen: "7004" }],
    [
      "A group has at most 64 members, and 65 are listed.",
      { members: Array.from({ length: 65 }, (_, i) => `127.0.0.1:${7000 + i}`).join(",") },
    ],
    ["'bl ue' is no cluster's name", { cluster: "bl ue" }],
    ["0 is no group's number", { group: 0 }],
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
