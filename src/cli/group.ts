import { Command, Option } from "commander";
import { connect } from "../real/connect.ts";
import { type LogLevel, logLevels } from "../real/log.ts";
import { type LocalGroup, localGroup, startServers } from "../server/local-group.ts";
import type { LocalServer } from "../server/local-server.ts";
import { BadSetting } from "../server/settings.ts";
import { wholeNumber } from "./arguments.ts";
import { exitCodes } from "./exit.ts";

interface GroupFlags {
  readonly data: string;
  readonly size: number;
  readonly logLevel: LogLevel;
}

const sizeMax = 9;

/** `kvorum group`: a whole group on this machine, to try things with. */
export function groupCommand(): Command {
  const command = new Command("group")
    .description("run a whole group on this machine, a process for each server, until Ctrl-C")
    .option("--data <directory>", "where its data and logs are; made when it is missing, used again when it is not", "data/group")
    .addOption(new Option("--size <count>", "the servers of a new group").argParser(wholeNumber({ min: 1, max: sizeMax })).default(3))
    .addOption(new Option("--log-level <level>", "how much the servers log").choices(logLevels).default("info"));
  return command.action(async (flags: GroupFlags) => {
    const group = await found(flags, (sentence) => command.error(sentence, { exitCode: exitCodes.usage }));
    process.exitCode = await run(flags, group);
  });
}

async function found({ data, size }: GroupFlags, refuse: (sentence: string) => never): Promise<LocalGroup> {
  try {
    return await localGroup(data, size);
  } catch (error) {
    if (error instanceof BadSetting) return refuse(error.message);
    throw error;
  }
}

/** Runs the group until it is told to end, or all its servers have ended. */
async function run({ data, logLevel }: GroupFlags, group: LocalGroup): Promise<typeof exitCodes.ok | typeof exitCodes.failed> {
  let told = false;
  // The servers are this very program.
  const words = [process.execPath, ...process.execArgv, process.argv[1] ?? "", "serve", "kv", "--log-level", logLevel] as const;
  const servers = startServers(data, group, words);
  const end = (): void => {
    told = true;
    for (const server of servers) void server.end("SIGTERM");
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  introduce(servers, data);
  const client = connect({ group: group.servers });
  void client.get("").then(
    () => say("The group is ready."),
    () => {},
  );
  const over = servers.map(async (server) => {
    const how = await server.ended;
    if (!told) say(`Replica ${server.name} has ended (${String(how)}); ${server.log} says why.`);
  });
  await Promise.all(over);
  await client.close();
  return told ? exitCodes.ok : exitCodes.failed;
}

function introduce(servers: readonly LocalServer[], data: string): void {
  say(`A group of ${servers.length} servers is starting, with its data in ${data}:`);
  for (const { name, address, pid, log } of servers) {
    say(`  replica ${name}  ${address}  process ${String(pid)}  log ${log}`);
  }
  const addresses = servers.map(({ address }) => address).join(",");
  say(`\nTo use it from another terminal:\n\n  export KVORUM_SERVERS=${addresses}`);
  say("  npx kvorum put hello world\n  npx kvorum get hello\n\nCtrl-C ends it; its data stays.\n");
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
