import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Admin } from "../../src/client/admin.ts";
import type { Client } from "../../src/client/client.ts";
import { connectAdmin } from "../../src/real/connect-admin.ts";
import { connect } from "../../src/real/connect.ts";
import { freePorts } from "../../src/real/free-ports.ts";
import { RigServer } from "../rig/server.ts";
import { openTrio, type Trio } from "../rig/trio.ts";
import type { Ran } from "./group-process.ts";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

let masters: Trio;
let admin: Admin;
let client: Client;
const groups: { readonly gid: number; readonly creation: number; readonly servers: string[] }[] = [];
const running: RigServer[] = [];

beforeAll(async () => {
  masters = await openTrio("sharded", ["master", "--shards", "8"]);
  await masters.start();
  const ports = await freePorts(2);
  for (const [at, port] of ports.entries()) {
    const [gid, creation, server] = [at + 1, 70 + at, `127.0.0.1:${port}`];
    groups.push({ gid, creation, servers: [server] });
    running.push(serverOf({ gid, creation, server }, masters.addresses, `group-${gid}.log`));
  }
  for (const server of running) server.start();
  await Promise.all(running.map((server) => server.up()));
  admin = connectAdmin({ masters: masters.addresses });
  client = connect({ masters: masters.addresses });
});
afterAll(async () => {
  await client.close();
  await admin.close();
  await Promise.all(running.map((server) => server.end("SIGKILL")));
  await masters.close();
});

const keys = Array.from({ length: 24 }, (_, number) => `key ${number}`);

/** The one server of a group, that is given those masters. */
function serverOf(
  { gid, creation, server }: { readonly gid: number; readonly creation: number; readonly server: string },
  given: readonly string[],
  log: string,
): RigServer {
  const words = ["kv", "--group", String(gid), "--creation", String(creation), "--replica", "0", "--servers", server];
  const data = ["--data", `${masters.folder}/data-${gid}`, "--create"];
  return new RigServer([...words, ...data, "--masters", given.join(",")], `${masters.folder}/${log}`);
}

/** Runs `kvorum`, and waits for its end. */
function run(...words: string[]): Promise<Ran> {
  const env = { ...process.env, KVORUM_MASTERS: masters.addresses.join(",") };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...words], { env, encoding: "utf8" }, (_, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
  });
}

/** What a command prints, when it prints what is waited for: it tells of a moment. */
async function printed(words: string, isSo: (text: string) => boolean): Promise<string> {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop
    const { status, stdout } = await run(...words.split(" "));
    if (status === 0 && isSo(stdout)) return stdout;
  }
}

async function scanned(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of client.scan()) found.push(key);
  return found;
}

test("a store of two groups keeps what it is given while its shards move, and through the death of its servers", async () => {
  const [one, two] = groups as [(typeof groups)[number], (typeof groups)[number]];
  await admin.join([one]);
  await Promise.all(keys.map((key) => client.put(key, "")));
  const ending = new AbortController();
  const appended = keys.map(async (key) => {
    let count = 0;
    for (; !ending.signal.aborted; count += 1) await client.append(key, ".");
    return count;
  });
  await admin.join([two]);
  await client.append("key 0", "");
  await admin.leave([1]);
  for (const server of running) {
    await server.end("SIGKILL");
    server.start();
    await server.up();
  }
  await client.append("key 0", "");
  ending.abort();
  const counts = await Promise.all(appended);
  const values = await Promise.all(keys.map((key) => client.get(key)));
  expect(values.map((value) => value?.length)).toEqual(counts);
  expect(await scanned()).toEqual(keys.toSorted());
});

test("the commands find the group that has a key, and status says who serves what and which group may stop", async () => {
  expect(await run("put", "found", "it")).toEqual({ status: 0, stdout: "created, version 1\n", stderr: "" });
  expect(await run("get", "found")).toEqual({ status: 0, stdout: "it\n", stderr: "" });
  const text = await printed("status", (said) => /\n {2}safe to stop: /.test(said) && said.includes("holds 25 keys"));
  expect(text).toContain("\ncluster kvorum: 8 shards by hash, at configuration 3\n");
  expect(text).toContain("\ngroup 1, which is not in it: serves 0 shards\n");
  expect(text).toContain("\ngroup 2: serves 8 shards (0-7)\n");
  await admin.join([{ gid: 9, servers: ["127.0.0.1:1"] }]);
  const given = (await admin.query()).shards.flatMap(({ gid }, shard) => (gid === 9 ? [shard] : []));
  const json = JSON.parse(await printed("status --json", (said) => said.includes("not_fetched")));
  const on = { gid: 9, creation: 1, servers: ["127.0.0.1:1"], state: "silent" };
  expect(json.waits).toContainEqual({ gid: 9, phase: "unserved", why: "owner_silent", on, since: 4, shards: given });
  expect(json.waits).toContainEqual({ gid: 2, phase: "parcel", why: "not_fetched", on, since: 4, shards: given });
  await admin.leave([9]);
  expect(await run("get", "found")).toMatchObject({ status: 0, stdout: "it\n" });
});

test("a server that is given the shardmaster of a cluster of another shape ends with 16, and names both", async () => {
  const [one] = groups as [(typeof groups)[number]];
  await running[0]?.end("SIGKILL");
  const address = `127.0.0.1:${(await freePorts(1))[0]}`;
  const other = new RigServer(["master", "--shards", "12", "--replica", "0", "--servers", address], `${masters.folder}/other.log`);
  other.start();
  const said =
    "This server's group is part of 'kvorum' with 8 shards by hash, for ever, and the shardmaster that it was given is that of 'kvorum' with 12 shards by hash.";
  // What is on its own disk is compared, and when that is lost what stands in its log.
  for (const forget of [false, true]) {
    if (forget) rmSync(`${masters.folder}/data-1/cells/shape-1`);
    const server = serverOf({ gid: one.gid, creation: one.creation, server: one.servers[0] as string }, [address], `other-${forget}.log`);
    server.start();
    expect(await server.says(said)).toBe(true);
    expect(await server.end("SIGCONT")).toBe(16);
  }
  await other.end("SIGKILL");
});
