import { afterAll, beforeAll, expect, test } from "vitest";
import type { Admin } from "../../src/client/admin.ts";
import type { Client } from "../../src/client/client.ts";
import { connectAdmin } from "../../src/real/connect-admin.ts";
import { connect } from "../../src/real/connect.ts";
import { freePorts } from "../../src/real/free-ports.ts";
import { RigServer } from "../rig/server.ts";
import { openTrio, type Trio } from "../rig/trio.ts";

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
    const data = ["--data", `${masters.folder}/data-${gid}`, "--create"];
    const words = ["kv", "--group", String(gid), "--creation", String(creation), "--replica", "0", "--servers", server, ...data];
    running.push(new RigServer([...words, "--masters", masters.addresses.join(",")], `${masters.folder}/group-${gid}.log`));
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
