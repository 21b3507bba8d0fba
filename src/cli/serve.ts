import { Command, Option } from "commander";
import { type LogLevel, logLevels } from "../real/log.ts";
import type { StopReason } from "../real/stop.ts";
import { replicaOptions } from "../rsm/options.ts";
import { startReplica } from "../rsm/start.ts";
import { refuseDirectory, runServer } from "../server/run.ts";
import { BadSetting, defaultStallMs, isLoopback, type ReplicaFlags, replicaSettings } from "../server/settings.ts";
import { stopCodes, stopMeanings } from "../server/stop-codes.ts";
import { KvMachine } from "../shardkv/kv-machine.ts";
import { duration, durationText, wholeNumber } from "./arguments.ts";
import { exitCodes } from "./exit.ts";

interface ServeFlags extends ReplicaFlags {
  readonly logLevel: LogLevel;
}

/** `kvorum serve`: runs one server until it is told to end. */
export function serveCommand(): Command {
  return new Command("serve").description("run a server, until SIGTERM").addCommand(kvCommand());
}

/** `kvorum serve kv`: one replica of a group that keeps keys and values. */
function kvCommand(): Command {
  const command = new Command("kv")
    .description("one replica of a group that keeps keys and values, on a disk, until SIGTERM")
    .requiredOption("--servers <addresses>", "all servers of the group in their order, with commas: host:port,host:port,...")
    .addOption(new Option("--replica <number>", "which of them this one is, counted from 0").argParser(wholeNumber()).makeOptionMandatory())
    .addOption(new Option("--group <number>", "the group's number").argParser(wholeNumber({ min: 1 })).default(1))
    .option("--data <directory>", "the data directory (default: keep everything in memory, and forget it at the end)")
    .option("--create", "make the data directory when it is missing")
    .option("--cluster <name>", "the cluster's name: servers and clients of another one are refused", "kvorum")
    .option("--listen <address>", "where to listen, when that is not where it is reached: host:port, or a port of this machine alone")
    .addOption(
      new Option("--creation <number>", "the group's creation id, the same for all its servers").argParser(wholeNumber()).default(1),
    )
    .addOption(
      new Option("--stall <duration>", "end the process when its loop or a write to its disk has stood still for so long")
        .argParser(duration({ min: 1_000 }))
        .default(defaultStallMs, durationText(defaultStallMs)),
    )
    .addOption(new Option("--log-level <level>", "how much is logged to stderr").choices(logLevels).default("info"))
    .addHelpText("after", `\nExit codes:\n${codes()}\n\nA new group needs all its servers up once; from then on a majority is enough.\n`);
  return command.action(async (flags: ServeFlags) => {
    const chosen = understood(flags, (sentence) => command.error(sentence, { exitCode: exitCodes.usage }));
    await run(chosen, flags.logLevel);
  });
}

function understood(flags: ServeFlags, refuse: (sentence: string) => never): ReturnType<typeof replicaSettings> {
  try {
    return replicaSettings(flags);
  } catch (error) {
    if (error instanceof BadSetting) return refuse(error.message);
    throw error;
  }
}

async function run({ settings, identity }: ReturnType<typeof replicaSettings>, logLevel: LogLevel): Promise<void> {
  await runServer(settings, logLevel, (env, { log, stop }) => {
    if (!isLoopback(settings.listen))
      log.warn("There is no authentication yet: whoever reaches this address can do everything.", { listen: settings.listen.host });
    const replica = startReplica(env, identity, replicaOptions(), new KvMachine(), (found) => refuseDirectory(found, stop));
    log.info("The server is up.", { group: identity.group, replica: identity.replica, servers: identity.servers.join(",") });
    return replica;
  });
}

function codes(): string {
  const reasons = Object.entries(stopCodes).map(([reason, code]) => `  ${code}  ${stopMeanings[reason as StopReason]}`);
  return [
    `   0  it was told to end (SIGTERM, SIGINT)`,
    `   1  a bug; what is known of it is on stderr`,
    `   2  the command line was not understood`,
    ...reasons,
    ` 137  SIGKILL, by itself: its loop, or a write to its disk, stood still for too long (--stall)`,
  ].join("\n");
}
