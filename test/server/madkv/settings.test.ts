import { describe, expect, test } from "vitest";
import {
  listenAddress,
  madkvServerSettings,
  managerAddresses,
  managerSettings,
  type ManagerWords,
  type ServerWords,
} from "../../../src/server/madkv/settings.ts";
import { BadSetting } from "../../../src/server/settings.ts";

const list = (first: number, count: number): string => Array.from({ length: count }, (_, at) => `127.0.0.1:${first + at}`).join(",");
const replicated = { replica: "1", p2pPort: "3607", peers: "127.0.0.1:3606,127.0.0.1:3608", backer: "b" };
const manager: ManagerWords = { port: "3667", replicated, rf: "3", servers: list(3777, 6), partitioner: "hash" };
const server: ServerWords = {
  partition: "1",
  replicated: { replica: "2", p2pPort: "3712", peers: list(3710, 2) },
  managers: list(3666, 3),
  port: "3782",
  backer: "b",
};

function sentence(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof BadSetting) return error.message;
    throw error;
  }
  return "it was understood";
}

test("a manager listens everywhere, and has its peers at their places", () => {
  expect(managerSettings(manager)).toEqual({
    listen: { host: "0.0.0.0", port: 3667 },
    peers: {
      replica: 1,
      addresses: [{ host: "127.0.0.1", port: 3606 }, undefined, { host: "127.0.0.1", port: 3608 }],
      listen: { host: "0.0.0.0", port: 3607 },
    },
    backer: "b",
    rf: 3,
    servers: list(3777, 6).split(","),
    partitioner: "hash",
  });
});

test("a manager without replicas has no peers and no directory", () => {
  const { port, servers, partitioner } = manager;
  const { peers, backer } = managerSettings({ port, rf: "1", servers, partitioner });
  expect(peers).toEqual({ replica: 0, addresses: [undefined], listen: undefined });
  expect(backer).toBeUndefined();
});

test("a server is the last of three when two stand before it", () => {
  expect(madkvServerSettings(server)).toEqual({
    partition: 1,
    peers: {
      replica: 2,
      addresses: [{ host: "127.0.0.1", port: 3710 }, { host: "127.0.0.1", port: 3711 }, undefined],
      listen: { host: "0.0.0.0", port: 3712 },
    },
    managers: [3666, 3667, 3668].map((port) => ({ host: "127.0.0.1", port })),
    listen: { host: "0.0.0.0", port: 3782 },
    backer: "b",
  });
});

test("one that is alone has peers none, and no second door", () => {
  const alone = { ...server, replicated: { replica: "0", p2pPort: "3707", peers: "none" } };
  expect(madkvServerSettings(alone).peers).toEqual({ replica: 0, addresses: [undefined], listen: undefined });
});

const saidOfManager = (changes: Partial<ManagerWords>): string => sentence(() => managerSettings({ ...manager, ...changes }));
const saidOfServer = (changes: Partial<ServerWords>): string => sentence(() => madkvServerSettings({ ...server, ...changes }));

describe("a manager is refused, in one sentence,", () => {
  test.each([
    [
      "a replication factor that does not divide the servers",
      { servers: list(3777, 7) },
      /^7 servers were given with replication factor 3/,
    ],
    ["a replication factor that is even", { rf: "2" }, /given as '2'; it is 1, 3, 5, 7 or 9\.$/],
    ["no number", { rf: "three" }, /given as 'three'/],
    ["too many partitions", { rf: "1", servers: list(3777, 51) }, /^51 partitions were given; there are at most 50\.$/],
    ["a server twice", { servers: "127.0.0.1:1,127.0.0.1:1,127.0.0.1:2" }, /^127\.0\.0\.1:1 was given twice/],
    ["a server without a port", { servers: "127.0.0.1" }, /^'127\.0\.0\.1' was given among the servers/],
    ["a port that is none", { port: "70000" }, /^A port was given as '70000'/],
    ["one peer", { replicated: { ...replicated, peers: list(3606, 1) } }, /^1 peer was given, without this manager itself/],
    [
      "a replica that there is not",
      { replicated: { ...replicated, replica: "3" } },
      /^A replica's number in a group of 3 was given as '3'; .* from 0 to 2\.$/,
    ],
    ["no backer path", { replicated: { ...replicated, backer: " " } }, /^A backer path was given as ' '/],
    [
      "itself among its peers",
      { replicated: { ...replicated, peers: list(3607, 2) } },
      /^The peer 127\.0\.0\.1:3607 is this manager itself/,
    ],
    ["one port for both doors", { replicated: { ...replicated, p2pPort: "3667" } }, /^Port 3667 was given for clients and for peers/],
  ] as const)("with %s", (_, changes, wanted) => {
    expect(saidOfManager(changes)).toMatch(wanted);
  });
});

describe("a server is refused, in one sentence,", () => {
  test.each([
    ["a partition that is none", { partition: "-1" }, /^A partition was given as '-1'/],
    ["a partition that is too high", { partition: "50" }, /from 0 to 49\.$/],
    ["two managers", { managers: list(3666, 2) }, /^A number of managers was given as '2'/],
    ["no backer path", { backer: "" }, /^A backer path was given as ''/],
    ["no manager's address", { managers: "here" }, /^'here' was given among the managers/],
    ["peers without one", { replicated: { replica: "0", p2pPort: "3710", peers: list(3711, 3) } }, /^3 peers were given/],
  ] as const)("with %s", (_, changes, wanted) => {
    expect(saidOfServer(changes)).toMatch(wanted);
  });
});

test("addresses are read as they are written", () => {
  expect(listenAddress("0.0.0.0:3777")).toEqual({ host: "0.0.0.0", port: 3777 });
  expect(sentence(() => listenAddress("3777"))).toMatch(/^An address to listen on was given as '3777'/);
  expect(managerAddresses("127.0.0.1:1")).toHaveLength(1);
});
