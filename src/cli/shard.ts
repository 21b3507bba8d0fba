import { Command, Option } from "commander";
import type { Admin, Changed, ChangeToPlan, GroupToJoin } from "../client/admin.ts";
import type { CallOptions } from "../client/client.ts";
import { wholeNumber } from "./arguments.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { printJson, printText } from "./print.ts";
import { ShardCall, shardCommandOf, type ShardFlags } from "./shard-call.ts";
import { configJson } from "./shard-json.ts";
import { statusCommand } from "./shard-status.ts";
import { changedText, configText, planText } from "./shard-text.ts";
import { groupsOf, numberOf } from "./shard-words.ts";

/** `kvorum shard`: which group owns which shards. */
export function shardCommand(): Command {
  return new Command("shard")
    .description("say which group owns which shards, or change it")
    .addCommand(joinCommand())
    .addCommand(leaveCommand())
    .addCommand(moveCommand())
    .addCommand(queryCommand())
    .addCommand(planCommand())
    .addCommand(statusCommand());
}

const group = "1=127.0.0.1:7001,127.0.0.1:7002,127.0.0.1:7003";

interface JoinFlags extends ShardFlags {
  readonly force?: boolean;
  readonly creation?: number;
}

/** The options of a command that names groups with their servers. */
function namingGroups(command: Command): Command {
  return command
    .argument("<groups...>", "each a number and servers in their order: 1=host:port,host:port,host:port")
    .option("--force", "do not ask the servers who they are: they need not be up, and are believed to be what was meant")
    .addOption(
      new Option(
        "--creation <number>",
        "the creation id that the groups' servers were given (default: what they say, with --force 1)",
      ).argParser(wholeNumber()),
    );
}

/** The groups as they are to join: unless forced, only with servers that say that they are them. */
async function identified(
  admin: Admin,
  groups: readonly GroupToJoin[],
  { force }: JoinFlags,
  options: CallOptions,
): Promise<readonly GroupToJoin[]> {
  return force === true ? groups : admin.identify(groups, options);
}

function joinCommand(): Command {
  const examples = [`join ${group}`, `join ${group} 2=127.0.0.1:7011`];
  const command = namingGroups(shardCommandOf("join", "add groups, which get their share of the shards", examples));
  return command.action(async (words: readonly string[], flags: JoinFlags) => {
    const call = new ShardCall(command, flags);
    const groups = groupsOf(words, flags.creation, (sentence) => call.refuse(sentence));
    await call.run(async (admin, options) => {
      const joining = await identified(admin, groups, flags, options());
      return printChanged(call, await admin.join(joining, options()));
    });
  });
}

function leaveCommand(): Command {
  const command = shardCommandOf("leave", "take groups away; their shards go to the others", ["leave 2", "leave 1 2"]);
  return command.argument("<groups...>", "their numbers").action(async (words: readonly string[], flags: ShardFlags) => {
    const call = new ShardCall(command, flags);
    const gids = words.map((word) => numberOf(word, "group", 1, (sentence) => call.refuse(sentence)));
    await call.run(async (admin, options) => printChanged(call, await admin.leave(gids, options())));
  });
}

function moveCommand(): Command {
  const description = "give one shard to a group; the next join or leave may give it to another one";
  const command = shardCommandOf("move", description, ["move 17 2"]);
  command.argument("<shard>", "the shard's number, counted from 0").argument("<group>", "the group's number");
  return command.action(async (shardWord: string, groupWord: string, flags: ShardFlags) => {
    const call = new ShardCall(command, flags);
    const shard = numberOf(shardWord, "shard", 0, (sentence) => call.refuse(sentence));
    const gid = numberOf(groupWord, "group", 1, (sentence) => call.refuse(sentence));
    await call.run(async (admin, options) => printChanged(call, await admin.move(shard, gid, options())));
  });
}

async function printChanged(call: ShardCall, { number, changed }: Changed): Promise<ExitCode> {
  if (call.json) await printJson({ number, changed });
  else await printText(changedText({ number, changed }));
  return exitCodes.ok;
}

function queryCommand(): Command {
  const command = shardCommandOf("query", "print a configuration: its groups, and the shards of each", ["query", "query 0 --json"]);
  command.argument("[number]", "its number (default: the latest one; so is any number above it)");
  return command.action(async (word: string | undefined, flags: ShardFlags) => {
    const call = new ShardCall(command, flags);
    const number = word === undefined ? undefined : numberOf(word, "configuration", 0, (sentence) => call.refuse(sentence));
    await call.run(async (admin, options) => {
      const config = await admin.query(number, options());
      if (call.json) await printJson(configJson(config));
      else await printText(configText(config));
      return exitCodes.ok;
    });
  });
}

// ---- what would be

function planCommand(): Command {
  return new Command("plan")
    .description("say what a change would come to, without making it")
    .addCommand(planJoinCommand())
    .addCommand(planLeaveCommand());
}

function planJoinCommand(): Command {
  const command = namingGroups(shardCommandOf("join", "say which shards groups would get that join", [`plan join ${group}`]));
  return command.action(async (words: readonly string[], flags: JoinFlags) => {
    const call = new ShardCall(command, flags);
    const groups = groupsOf(words, flags.creation, (sentence) => call.refuse(sentence));
    await call.run(async (admin, options) => {
      const joining = await identified(admin, groups, flags, options());
      return printPlan(call, admin, { join: joining }, options());
    });
  });
}

function planLeaveCommand(): Command {
  const command = shardCommandOf("leave", "say where the shards of groups would go that leave", ["plan leave 2"]);
  return command.argument("<groups...>", "their numbers").action(async (words: readonly string[], flags: ShardFlags) => {
    const call = new ShardCall(command, flags);
    const gids = words.map((word) => numberOf(word, "group", 1, (sentence) => call.refuse(sentence)));
    await call.run((admin, options) => printPlan(call, admin, { leave: gids }, options()));
  });
}

async function printPlan(call: ShardCall, admin: Admin, change: ChangeToPlan, options: CallOptions): Promise<ExitCode> {
  const plan = await admin.plan(change, options);
  if (call.json) await printJson(plan);
  else await printText(planText(plan));
  return exitCodes.ok;
}
