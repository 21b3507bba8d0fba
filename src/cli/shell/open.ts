import { helpCommands } from "./help.ts";
import { kvCommands } from "./kv-commands.ts";
import type { ShellCommand, ShellWorld } from "./command.ts";
import { serverCommands } from "./server-commands.ts";
import { Shell } from "./shell.ts";
import { shardCommands } from "./shard-commands.ts";

/** A shell for `world` on this process's own streams. */
export function openShell(world: ShellWorld, historyFile: string): Shell {
  const commands: readonly ShellCommand[] = [
    ...kvCommands,
    ...shardCommands,
    ...(world.local === undefined ? [] : serverCommands(world.local)),
    ...helpCommands(() => commands),
  ];
  const { stdin: input, stdout: output, stderr: errors } = process;
  return new Shell({ commands, world, historyFile, streams: { input, output, errors, isTerminal: input.isTTY && output.isTTY } });
}
