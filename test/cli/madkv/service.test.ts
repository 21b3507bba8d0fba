import { expect, test } from "vitest";
import { node2, node3 } from "../../../src/cli/madkv/service.ts";
import { clientWords } from "../../../src/cli/madkv/words.ts";

const list = (first: number, count: number): string => Array.from({ length: count }, (_, at) => `127.0.0.1:${first + at}`).join(",");
const two = { manager: "127.0.0.1:3666", servers: list(3777, 3), prefix: "./backer" };
const three = {
  managers: list(3666, 3),
  managerP2ps: list(3606, 3),
  rf: "3",
  servers: list(3777, 6),
  serverP2ps: list(3707, 6),
  prefix: "./backer",
};

test("P2's nodes are the manager and the servers", () => {
  expect(node2("m", two)).toEqual({ manager: { port: "3666", rf: "1", servers: list(3777, 3) } });
  expect(node2("s2", two)).toEqual({ server: { partition: "2", managers: "127.0.0.1:3666", port: "3779", backer: "./backer.s2" } });
  expect(() => node2("s3", two)).toThrow("There is no node s3: 3 addresses are listed");
  expect(() => node2("x", two)).toThrow("'x' is no node of the service");
});

test("P3's nodes know their peers, without themselves", () => {
  expect(node3("m.1", three)).toEqual({
    manager: {
      port: "3667",
      rf: "3",
      servers: list(3777, 6),
      replicated: { replica: "1", p2pPort: "3607", peers: "127.0.0.1:3606,127.0.0.1:3608", backer: "./backer.m.1" },
    },
  });
  expect(node3("s1.2", three)).toEqual({
    server: {
      partition: "1",
      managers: list(3666, 3),
      port: "3782",
      backer: "./backer.s1.2",
      replicated: { replica: "2", p2pPort: "3712", peers: "127.0.0.1:3710,127.0.0.1:3711" },
    },
  });
  const alone = { ...three, rf: "1", serverP2ps: list(3707, 6), managers: list(3666, 1), managerP2ps: list(3606, 1) };
  expect(node3("s4.0", alone)).toMatchObject({ server: { port: "3781", replicated: { peers: "none", p2pPort: "3711" } } });
  expect(node3("m.0", alone)).toMatchObject({ manager: { replicated: { peers: "none" } } });
});

test("everybody has a door for clients and one for peers", () => {
  const said = /^The addresses for clients and for peers differ in number: /;
  for (const node of ["m.0", "s0.0"]) {
    expect(() => node3(node, { ...three, serverP2ps: list(3707, 5) })).toThrow(said);
    expect(() => node3(node, { ...three, managerP2ps: list(3606, 4) })).toThrow(said);
  }
});

test("nodes that there are not are refused with a sentence", () => {
  for (const node of ["s2.0", "s0.3", "m.3", "s0", "m", "x"])
    expect(() => node3(node, three), `the node ${node}`).toThrow(/^(?:There is no node|'.*' is no node)/);
});

test("a harness's client is told from all other command lines", () => {
  expect(clientWords(["madkv", "p2", "client", "a:1"])).toEqual({ project: "p2", addresses: "a:1", deadlineMs: undefined });
  for (const line of [
    "madkv p2 client",
    "madkv p2 client --help",
    "madkv p4 client a:1",
    "madkv p2 client a:1 --deadline 2s",
    "madkv p2 server a:1",
    "get a",
    "",
  ])
    expect(clientWords(line.split(" ")), `the line ${line}`).toBeUndefined();
});
