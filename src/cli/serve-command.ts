import { Command, Option } from "commander";
import { type LogLevel, logLevels } from "../real/log.ts";
import type { StopReason } from "../real/stop.ts";
import { endWithStdin } from "../server/leash.ts";
import { runServer } from "../server/run.ts";
import type { Program } from "../server/serve.ts";
import { BadSetting, defaultStallMs, isLoopback, type MemberFlags, type MemberSettings } from "../server/settings.ts";
import { stopCodes, stopMeanings } from "../server/stop-codes.ts";
import { duration, durationText, wholeNumber } from "./arguments.ts";
import { exitCodes } from "./exit.ts";

/** What every server is told on its command line. */
export interface ServeFlags extends MemberFlags {
  readonly logLevel: LogLevel;
  readonly untilStdinEnds?: boolean;
}

/** A command that runs a server; its options are `ServeFlags`. */
export function serverCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .requiredOption("--servers <addresses>", "all servers of the group in their order, with commas: host:port,host:port,...")
    .addOption(new Option("--replica <number>", "which of them this one is, counted from 0").argParser(wholeNumber()).makeOptionMandatory())
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
    .option("--until-stdin-ends", "end as with SIGTERM when stdin ends: for programs that start servers and may die before them")
    .addHelpText("after", `\nExit codes:\n${codes()}\n\nA new group needs all its servers up once; from then on a majority is enough.\n`);
}

/** The settings that `read` makes of the flags; a bad one ends the command with a sentence. */
export function understood<Settings>(command: Command, read: () => Settings): Settings {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadSetting) return command.error(error.message, { exitCode: exitCodes.usage });
    throw error;
  }
}

/** Runs a server that has one replica, which `program` starts. */
export async function runReplica({ settings, identity }: MemberSettings, flags: ServeFlags, program: Program): Promise<void> {
  if (flags.untilStdinEnds === true) endWithStdin();
  await runServer(settings, flags.logLevel, (env, context) => {
    const { log } = context;
    if (!isLoopback(settings.listen))
      log.warn("There is no authentication yet: whoever reaches this address can do everything.", { listen: settings.listen.host });
    const running = program(env, context);
    log.info("The server is up.", { group: identity.group, replica: identity.replica, servers: identity.servers.join(",") });
    return running;
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
