import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { importsOf } from "../tidy/source.ts";

test("no case, and nothing that it is written with, knows what world it is in", () => {
  const folder = fileURLToPath(new URL("../../src/lab", import.meta.url));
  const within = (name: string): string[] => readdirSync(join(folder, name)).map((file) => join(name, file));
  const files = [".", "raft", "group", "kv", "kvsrv", "kvraft", "shardmaster", "shardkv"]
    .flatMap(within)
    .filter((name) => name.endsWith(".ts"));
  expect(files).toEqual(
    expect.arrayContaining(["case.ts", join("raft", "election.ts"), join("kv", "clerk.ts"), join("kvsrv", "memory.ts")]),
  );
  const reaching = files.filter((file) =>
    importsOf({ path: file, text: readFileSync(join(folder, file), "utf8") }).some(({ target }) => /\b(?:sim|real)\//.test(target ?? "")),
  );
  expect(reaching).toEqual([]);
});
