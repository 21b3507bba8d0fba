import { expect, test } from "vitest";
import type { Admin } from "../../../src/client/admin.ts";
import { completions } from "../../../src/cli/shell/complete.ts";
import type { ShellCommand } from "../../../src/cli/shell/command.ts";
import { helpCommands } from "../../../src/cli/shell/help.ts";
import { kvCommands } from "../../../src/cli/shell/kv-commands.ts";
import { serverCommands } from "../../../src/cli/shell/server-commands.ts";
import { shardCommands } from "../../../src/cli/shell/shard-commands.ts";
import type { LocalCluster } from "../../../src/server/local-cluster.ts";
import { MapStore, worldOf } from "./world.ts";

const local = {
  servers: ["m.0", "1.0", "1.1", "2.0"].map((name) => ({ name })),
  plan: { groups: [{ gid: 1 }, { gid: 2 }] },
} as unknown as LocalCluster;
const commands: readonly ShellCommand[] = [...kvCommands, ...shardCommands, ...serverCommands(local), ...helpCommands(() => commands)];
const store = new MapStore();
for (const key of ["user:1", "user:2", "order 7", "x"]) store.rows.set(key, "");
const world = { ...worldOf(store), local };

test.each<[string, string[]]>([
  ["g", ["get"]],
  ["sh", ["shard"]],
  ["s", ["swap", "scan", "status", "shard", "servers", "stop", "start"]],
  ["shard ", ["join", "leave", "move", "query", "plan"]],
  ["shard l", ["leave"]],
  ["  shard leave ", ["1", "2"]],
  ["shard leave 1 ", ["1", "2"]],
  ["shard move ", []],
  ["shard move 17 ", ["1", "2"]],
  ["shard plan ", ["join", "leave"]],
  ["shard plan leave ", ["1", "2"]],
  ["kill ", ["m.0", "1.0", "1.1", "2.0"]],
  ["kill 1.", ["1.0", "1.1"]],
  ["restart 1.0 m", ["m.0"]],
  ["get user", ["user:1", "user:2"]],
  ["put user:1 u", []],
  ["scan user:1 user:", ["user:1", "user:2"]],
  ["help shard p", ["plan"]],
  ["get ord", []],
  ['get "us', []],
  ["xyzzy ", []],
  ["quit ", []],
])("the last word of '%s' can be %j", async (line, words) => {
  const fragment = line.split(" ").at(-1);
  expect(await completions(line, commands, world)).toEqual([words.map((word) => `${word} `), fragment]);
});

test("a group can be any that the shardmaster names, besides those that run here", async () => {
  const admin = { query: () => Promise.resolve({ groups: [{ gid: 2 }, { gid: 30 }] }) } as unknown as Admin;
  const offered = async (here: LocalCluster | undefined): Promise<string[]> =>
    (await completions("shard leave ", commands, { ...world, local: here, admin }))[0];
  expect(await offered(local)).toEqual(["1 ", "2 ", "30 "]);
  expect(await offered(undefined)).toEqual(["2 ", "30 "]);
});
