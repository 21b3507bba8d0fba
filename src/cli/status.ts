import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import type { Admin, GroupToJoin } from "../client/admin.ts";
import { type ClusterStatus, ownerReasons } from "../client/status.ts";
import { statusMs } from "../client/status-asking.ts";
import { waitReasons } from "../shardkv/migration/waits.ts";
import { wholeNumber } from "./arguments.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { printJson, printText } from "./print.ts";
import { codeOf, masterCommandOf, ShardCall, type ShardFlags } from "./shard-call.ts";
import { groupsOf } from "./shard-words.ts";
import { statusJson } from "./status-json.ts";
import { statusText } from "./status-text.ts";
import { reasonMeanings } from "./status-words.ts";
import { tableText } from "./table.ts";

interface StatusFlags extends ShardFlags {
  /** Seconds; `true` when it is not said how many. */
  readonly watch?: number | true;
}

const watchSeconds = 2;
const watchMax = 86_400;

const help = `
Examples:
  kvorum status
  kvorum status --watch
  kvorum status 3=127.0.0.1:7031     # a group that left long ago, too: is it safe to stop?

Why shards are not settled:
${tableText([...ownerReasons, ...waitReasons].map((reason) => ["", reason, reasonMeanings[reason]]))}

Exit codes:
   0  it is printed how the cluster is
   2  the command line was not understood
   4  the shardmaster's servers refuse to speak with this cluster's administrators
   6  the shardmaster has not said what the latest configuration is; what is known of its servers is printed
`;

/** `kvorum status`: how a cluster is, and what its shards wait for. */
export function statusCommand(): Command {
  const command = masterCommandOf("status", "print how the cluster is, which shards are not settled, and what they wait for", statusMs)
    .argument("[groups...]", "groups to ask besides, each a number and servers in their order: 3=host:port,host:port,host:port")
    .option(
      "--watch [seconds]",
      `again and again, until Ctrl-C (default: every ${watchSeconds} seconds)`,
      wholeNumber({ min: 1, max: watchMax }),
    )
    .addHelpText("after", help);
  return command.action(async (words: readonly string[], flags: StatusFlags) => {
    const call = new ShardCall(command, flags);
    const groups = groupsOf(words, undefined, (sentence) => call.refuse(sentence));
    const { watch } = flags;
    await call.run((admin) => (watch === undefined ? once(admin, groups, flags) : watched(admin, groups, flags, watch)));
  });
}

async function once(admin: Admin, groups: readonly GroupToJoin[], { timeout, json }: StatusFlags): Promise<ExitCode> {
  const status = await admin.status({ groups, timeoutMs: timeout });
  await (json === true ? printJson(statusJson(status)) : printText(statusText(status)));
  return endOf(status);
}

/** Until it is told to end. What it prints last stays. */
async function watched(admin: Admin, groups: readonly GroupToJoin[], flags: StatusFlags, watch: number | true): Promise<ExitCode> {
  const { timeout: timeoutMs, json } = flags;
  const end = new AbortController();
  process.once("SIGINT", () => end.abort());
  process.once("SIGTERM", () => end.abort());
  const restMs = 1000 * (watch === true ? watchSeconds : watch);
  while (!end.signal.aborted) {
    try {
      const status = await admin.status({ groups, timeoutMs, signal: end.signal });
      await (json === true ? printJson(statusJson(status)) : printText(drawn(status)));
      await sleep(restMs, undefined, { signal: end.signal });
    } catch (error) {
      if (!end.signal.aborted) throw error;
    }
  }
  return exitCodes.ok;
}

/** What a terminal shows instead of what it shows now. */
function drawn(status: ClusterStatus): string {
  const text = `${statusText(status)}${status.failure === undefined ? "" : `\n\n${status.failure.message}`}`;
  return process.stdout.isTTY ? `\u001B[H\u001B[2J${text}` : `${text}\n`;
}

function endOf({ failure }: ClusterStatus): ExitCode {
  if (failure === undefined) return exitCodes.ok;
  process.stderr.write(`kvorum: ${failure.message}\n`);
  return codeOf(failure);
}
