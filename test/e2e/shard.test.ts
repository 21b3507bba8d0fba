import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Admin } from "../../src/client/admin.ts";
import { connectAdmin } from "../../src/real/connect-admin.ts";
import { freePorts } from "../../src/real/free-ports.ts";
import { adminsPlan, runAdmins } from "../rig/admins/run.ts";
import { RigServer } from "../rig/server.ts";
import { openTrio, type Trio } from "../rig/trio.ts";
import type { Ran } from "./group-process.ts";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

let masters: Trio;
/** What these commands do is also seen by a client in this process. */
let admin: Admin;
/** Two groups of a server each, with creation ids of their own; and an address where nobody listens. */
let [one, two, nobody] = ["", "", ""];
const kept: RigServer[] = [];

beforeAll(async () => {
  masters = await openTrio("shard", ["master", "--shards", "10"]);
  await masters.start();
  admin = connectAdmin({ masters: masters.addresses });
  [one, two, nobody] = (await freePorts(3)).map((port) => `127.0.0.1:${port}`) as [string, string, string];
  for (const [gid, address] of [one, two].entries()) {
    const words = ["kv", "--group", String(gid + 1), "--creation", String(70 + gid), "--replica", "0", "--servers", address];
    kept.push(new RigServer(words, `${masters.folder}/group-${gid}.log`));
  }
  for (const server of kept) server.start();
  await Promise.all(kept.map((server) => server.up()));
});
afterAll(async () => {
  await admin.close();
  await Promise.all(kept.map((server) => server.end("SIGKILL")));
  await masters.close();
});

/** Runs `kvorum`, and waits for its end; what it asks goes on meanwhile. */
function run(...words: string[]): Promise<Ran> {
  const env = { ...process.env, KVORUM_MASTERS: masters.addresses.join(",") };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { env, encoding: "utf8" }, (_, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
  });
}

const quiet = (...lines: string[]): Ran => ({ status: 0, stdout: lines.map((line) => `${line}\n`).join(""), stderr: "" });

test("groups join and leave, and shards move", async () => {
  expect(await run("shard", "query")).toEqual(
    quiet("configuration 0", "group   creation  servers  shards  which", "nobody                     10      0-9"),
  );
  expect(await run("shard", "plan", "join", `1=${one}`, `2=${two}`)).toEqual(
    quiet(
      "group   shards now  then",
      "nobody  10          0",
      "1       0           5",
      "2       0           5",
      "",
      "10 of 10 shards would move, from configuration 0 on",
      "",
      "from    to  shards  which",
      "nobody  1   5       0-4",
      "nobody  2   5       5-9",
    ),
  );
  expect(await run("shard", "join", `1=${one}`, `2=${two}`)).toEqual(quiet("configuration 1"));
  expect(await run("shard", "join", `2=${two}`)).toEqual(quiet("configuration 1, nothing to change"));
  expect(await run("shard", "move", "7", "1", "--json")).toEqual(quiet('{"number":2,"changed":true}'));
  expect(await run("shard", "query")).toEqual(
    quiet(
      "configuration 2",
      `group  creation  servers${" ".repeat(one.length - 7)}  shards  which`,
      `1      70        ${one}  6       0-4,7`,
      `2      71        ${two}  4       5-6,8-9`,
    ),
  );
  expect(JSON.parse((await run("shard", "plan", "leave", "2", "--json")).stdout)).toEqual({
    number: 2,
    changes: true,
    groups: [
      { gid: 1, before: 6, after: 10 },
      { gid: 2, before: 4, after: 0 },
    ],
    moves: [5, 6, 8, 9].map((shard) => ({ shard, from: 2, to: 1 })),
  });
  expect(await run("shard", "leave", "2")).toEqual(quiet("configuration 3"));
  const config = JSON.parse((await run("shard", "query", "3", "--json")).stdout);
  expect(config).toMatchObject({ number: 3, groups: [{ gid: 1, creation: 70, servers: [one] }] });
  expect(config.shards[9]).toEqual({ gid: 1, since: 3, holder: { gid: 2, creation: 71, servers: [two], left: 3 } });
  expect((await run("shard", "query", "1")).stdout).toMatch(/^configuration 1\n[^]*0-4\n[^]*5-9\n$/);
});

test("status says who leads, and what the cluster is", async () => {
  const { status, stdout, stderr } = await run("shard", "status");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^server +role +term +applied\n/);
  for (const address of masters.addresses) expect(stdout).toMatch(new RegExp(`\n${address}  (leader  |follower)  \\d+ +\\d+\n`));
  expect(stdout).toMatch(/\n\ncluster kvorum: 10 shards by hash\nconfiguration \d+\n/);
  const json = JSON.parse((await run("shard", "status", "--json")).stdout);
  expect(json.masters.filter(({ role }: { readonly role: string }) => role === "leader")).toHaveLength(1);
  expect(json.shape).toEqual({ cluster: "kvorum", shards: 10, partitioner: "hash", splits: null });
  expect(json.configuration.shards).toHaveLength(10);
});

describe("refused with 2 and one sentence, and nothing is changed", () => {
  test.each<[string, () => string[]]>([
    ["The server 127.0.0.1:1 was given for the groups 3 and 4; ", () => ["join", "3=127.0.0.1:1", "4=127.0.0.1:1"]],
    [" of group 3 does not answer (", () => ["join", `3=${nobody}`]],
    [" of group 3 does not answer (", () => ["plan", "join", `3=${nobody}`]],
    [" has no replica of group 3; it has one of group 2.", () => ["join", `3=${two}`]],
    [" has no replica of group 3; it has one of the shardmaster.", () => ["join", `3=${masters.addresses[0]}`]],
    [" knows the servers of group 2 as ", () => ["join", `2=${two},${nobody}`, "--timeout", "500ms"]],
    [" says that the creation id of group 2 is 71, and it was given as 9.", () => ["join", `2=${two}`, "--creation", "9"]],
    ["Shard 10 was given; shards are numbered from 0 to 9.", () => ["move", "10", "1"]],
    ["Shard 0 was given to group 8; ", () => ["move", "0", "8"]],
    ["Group 1 was given with ", () => ["join", `1=${nobody}`, "--force"]],
  ])("%s", async (sentence, words) => {
    const before = await admin.query();
    const { status, stdout, stderr } = await run("shard", ...words());
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^kvorum: [^\n]+\n$/);
    expect(stderr).toContain(sentence);
    expect(await admin.query()).toEqual(before);
  });
});

test("a group joins by force, although nobody answers, with the creation id that is said", async () => {
  expect((await run("shard", "join", `5=${nobody}`, "--force", "--creation", "12")).status).toBe(0);
  expect(JSON.parse((await run("shard", "query", "--json")).stdout).groups).toContainEqual({ gid: 5, creation: 12, servers: [nobody] });
  expect((await run("shard", "leave", "5")).status).toBe(0);
});

test("servers of another cluster refuse, and say so: it does not wait for what cannot come", async () => {
  const { status, stderr } = await run("shard", "leave", "1", "--cluster", "green");
  expect(status).toBe(4);
  expect(stderr).toContain("kvorum: The leave was not done: No server of the shardmaster answers at ");
  expect(stderr).toContain('You belong to cluster "green", and server ');
  const joining = await run("shard", "join", `3=${two}`, "--cluster", "green");
  expect(joining.status).toBe(2);
  expect(joining.stderr).toContain(`Server ${two} of group 3 does not answer (You belong to cluster "green", and server `);
});

test("a server that was told another shape ends with 16, and names both", async () => {
  await masters.end("SIGTERM", [2]);
  const words = ["master", "--shards", "12", "--partitioner", "first-byte", "--replica", "2", "--servers", masters.addresses.join(",")];
  const server = new RigServer([...words, "--data", masters.data(2)], `${masters.folder}/other.log`);
  server.start();
  expect(
    await server.says("with 10 shards by hash, for ever, and this server was started for 'kvorum' with 12 shards by first-byte."),
  ).toBe(true);
  // It has ended by itself: no signal that comes later is its end.
  expect(await server.end("SIGCONT")).toBe(16);
  await masters.start();
});

test("without a majority nothing is done: it goes on trying and says why, and gives up when it is told to", async () => {
  await masters.end("SIGKILL", [0, 1]);
  const { status, stdout, stderr } = await run("shard", "leave", "1", "--timeout", "3s");
  expect([status, stdout]).toEqual([6, ""]);
  expect(stderr).toContain("kvorum: Still trying. The shardmaster has no leader that can be reached; connected to ");
  expect(stderr).toContain("kvorum: The leave was not done: its 3000 ms were over. ");
  const known = await run("shard", "status", "--timeout", "2s");
  expect(known.status).toBe(6);
  expect(known.stdout.match(/ does not answer \(.*ECONNREFUSED/g)).toHaveLength(2);
  expect(JSON.parse((await run("shard", "status", "--timeout", "2s", "--json")).stdout)).toMatchObject({
    masters: [{ answered: false }, { answered: false }, { answered: true, phase: "running" }],
    configuration: null,
  });
  await masters.start();
  expect((await run("shard", "query")).status).toBe(0);
});

test("the leader is killed under administrators: each operation has made one configuration", async () => {
  const { demands, figures } = await runAdmins({ ...adminsPlan, operations: 60, killEvery: 15, downFor: 5 }, () => {});
  expect(demands.filter(({ broken }) => broken !== undefined)).toEqual([]);
  expect(figures["operations"]).toBe(60);
  expect(figures["kills of leaders"]).toBeGreaterThan(0);
});
