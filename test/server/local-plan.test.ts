import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { localPlan, takenAddresses, withGroup } from "../../src/server/local-plan.ts";

let scratch: string;
let directory: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "kvorum-plan-"));
  directory = join(scratch, "cluster");
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const small = { masters: 1, groups: 2, replicas: 1, shards: 8 };

test("a cluster has what is usual, at addresses of its own", async () => {
  const { shards, masters, groups } = await localPlan(directory, {});
  expect([shards, masters.servers.length, groups.map(({ gid, servers }) => [gid, servers.length])]).toEqual([
    256,
    3,
    [
      [1, 3],
      [2, 3],
    ],
  ]);
  const servers = [masters, ...groups].flatMap((group) => group.servers);
  expect(new Set(servers).size).toBe(9);
  // Above them, systems take ports for connections that go out.
  for (const server of servers) expect(Number(/^127\.0\.0\.1:(\d+)$/.exec(server)?.[1])).toBeLessThan(32_000);
});

test("a cluster is found again as it was, whatever is asked for or left out", async () => {
  const plan = await localPlan(directory, small);
  expect(await localPlan(directory, {})).toEqual(plan);
  expect(await localPlan(directory, small)).toEqual(plan);
  expect(readdirSync(directory)).toEqual(["cluster.json"]);
});

test("a group that is added is remembered, with as many servers as the first one, or as is said", async () => {
  const plan = await localPlan(directory, small);
  const grown = await withGroup(directory, await withGroup(directory, plan), 3);
  expect(grown.groups.map(({ gid, servers }) => [gid, servers.length])).toEqual([
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 3],
  ]);
  expect(grown.groups.slice(0, 2)).toEqual(plan.groups);
  const servers = [grown.masters, ...grown.groups].flatMap((group) => group.servers);
  expect(new Set(servers).size).toBe(7);
  expect(await localPlan(directory, {})).toEqual(grown);
});

test("a group that is added keeps away from ports that are in use", async () => {
  const plan = await localPlan(directory, small);
  const used = [plan.masters, ...plan.groups].flatMap(({ servers }) => servers.map((server) => Number(server.split(":")[1])));
  const next = Math.max(...used) + 1;
  const other = createServer();
  // Whoever it is that has it.
  const isOurs = await new Promise((resolve) => other.once("error", () => resolve(false)).listen(next, "127.0.0.1", () => resolve(true)));
  const grown = await withGroup(directory, plan);
  expect(grown.groups.at(-1)?.servers).not.toContain(`127.0.0.1:${next}`);
  if (isOurs === true) await new Promise((resolve) => other.close(resolve));
});

test("an address on which somebody else listens is told", async () => {
  const plan = await localPlan(directory, small);
  expect(await takenAddresses(plan)).toEqual([]);
  const [address = ""] = plan.groups[1]?.servers ?? [];
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(Number(address.split(":")[1]), "127.0.0.1", resolve));
  expect(await takenAddresses(plan)).toEqual([address]);
  await new Promise((resolve) => other.close(resolve));
});

describe("refused, and nothing is changed", () => {
  test.each([
    [{ groups: 3 }, "was made with --groups 2, and --groups 3 was asked for; "],
    [{ replicas: 3 }, "was made with --replicas 1, and --replicas 3 was asked for; "],
    [{ masters: 3 }, "was made with --masters 1, and --masters 3 was asked for; "],
    [{ shards: 9 }, "was made with --shards 8, and --shards 9 was asked for; "],
  ])("%j of a cluster of other sizes", async (sizes, sentence) => {
    await localPlan(directory, small);
    const before = readFileSync(join(directory, "cluster.json"), "utf8");
    await expect(localPlan(directory, sizes)).rejects.toThrow(sentence);
    expect(readFileSync(join(directory, "cluster.json"), "utf8")).toBe(before);
  });

  test("a directory that cannot be one", async () => {
    writeFileSync(join(scratch, "file"), "");
    await expect(localPlan(join(scratch, "file"), small)).rejects.toThrow("file cannot be used: ENOTDIR");
    await expect(localPlan(join(scratch, "file", "cluster"), small)).rejects.toThrow("cannot be used: ENOTDIR");
  });

  test("a directory with something else in it", async () => {
    writeFileSync(join(scratch, "letter.txt"), "Dear");
    await expect(localPlan(scratch, small)).rejects.toThrow("holds something else than a local cluster");
    expect(readdirSync(scratch)).toEqual(["letter.txt"]);
  });

  test.each(["", "{", "null", "{}", '{"shards":8,"masters":{"creation":1,"servers":["a:1"]}}'])("a plan that is %j", async (text) => {
    writeFileSync(join(scratch, "cluster.json"), text);
    await expect(localPlan(scratch, {})).rejects.toThrow("does not describe a local cluster");
  });
});
