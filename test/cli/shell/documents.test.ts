import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { commandOf, type ShellCommand } from "../../../src/cli/shell/command.ts";
import { helpCommands } from "../../../src/cli/shell/help.ts";
import { kvCommands } from "../../../src/cli/shell/kv-commands.ts";
import { serverCommands } from "../../../src/cli/shell/server-commands.ts";
import { shardCommands } from "../../../src/cli/shell/shard-commands.ts";
import { wordsOf } from "../../../src/cli/shell/words.ts";
import type { LocalCluster } from "../../../src/server/local-cluster.ts";

const commands: readonly ShellCommand[] = [
  ...kvCommands,
  ...shardCommands,
  ...serverCommands({ servers: [] } as unknown as LocalCluster),
  ...helpCommands(() => commands),
];

function textOf(document: string): string {
  return readFileSync(new URL(`../../../${document}`, import.meta.url), "utf8");
}

test("what the README's session is told, the shell understands; but for the one that shows what happens then", () => {
  const lines = [...textOf("README.md").matchAll(/^kvorum> (.+)$/gm)].map(([, line = ""]) => line);
  expect(lines.length).toBeGreaterThan(5);
  const understood = lines.filter((line) => {
    try {
      return commandOf(wordsOf(line), commands)[0] !== undefined;
    } catch {
      return false;
    }
  });
  expect(lines.filter((line) => !understood.includes(line))).toEqual(["gte greeting"]);
});

test("docs/LOCAL.md names every command", () => {
  const text = textOf("docs/LOCAL.md");
  expect(commands.map(({ name }) => name).filter((name) => !new RegExp(`\`${name}[ \`]`).test(text))).toEqual([]);
});
