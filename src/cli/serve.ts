import { Command, Option } from "commander";
import { type LogLevel, logLevels } from "../real/log.ts";
import { memberOptions } from "../rsm/options.ts";
import { Recorder } from "../rsm/recorder.ts";
import { startMember } from "../rsm/start.ts";
import { refuseDirectory, runServer } from "../server/run.ts";
import { BadSetting, isLoopback, type MemberFlags, memberSettings } from "../server/settings.ts";
import { stopCodes, stopMeanings } from "../server/stop-codes.ts";
import type { StopReason } from "../real/stop.ts";
import { wholeNumber } from "./arguments.ts";
import { exitCodes } from "./exit.ts";

interface ServeFlags extends MemberFlags {
  readonly logLevel: LogLevel;
}

/** `kvorum serve`: runs one server until it is told to end. */
export function serveCommand(): Command {
  const command = new Command("serve")
    .description("run a server: one replica of a group, on a disk, until SIGTERM")
    .requiredOption("--listen <address>", "where to listen: a port of this machine alone, or host:port")
    .requiredOption("--members <addresses>", "all members of the group in their order, with commas: host:port,host:port,...")
    .option("--as <address>", "the member that this server is, when it listens elsewhere than it is reached")
    .option("--data <directory>", "the data directory (default: keep everything in memory, and forget it at the end)")
    .option("--create", "make the data directory when it is missing")
    .option("--cluster <name>", "the cluster's name: servers of another one are refused", "kvorum")
    .addOption(new Option("--group <number>", "the group's number").argParser(wholeNumber({ min: 1 })).default(1))
    .addOption(
      new Option("--creation <number>", "the group's creation id, the same for all its members").argParser(wholeNumber()).default(1),
    )
    .addOption(new Option("--log-level <level>", "how much is logged to stderr").choices(logLevels).default("info"))
    .addHelpText("after", `\nExit codes:\n${codes()}\n\nA new group needs all its members up once; from then on a majority is enough.\n`);
  return command.action(async (flags: ServeFlags) => {
    const chosen = understood(flags, (sentence) => command.error(sentence, { exitCode: exitCodes.usage }));
    await run(chosen, flags.logLevel);
  });
}

function understood(flags: ServeFlags, refuse: (sentence: string) => never): ReturnType<typeof memberSettings> {
  try {
    return memberSettings(flags);
  } catch (error) {
    if (error instanceof BadSetting) return refuse(error.message);
    throw error;
  }
}

async function run({ settings, identity }: ReturnType<typeof memberSettings>, logLevel: LogLevel): Promise<void> {
  await runServer(settings, logLevel, (env, { log, stop }) => {
    if (!isLoopback(settings.listen))
      log.warn("There is no authentication yet: whoever reaches this address can do everything.", { listen: settings.listen.host });
    const recorder = new Recorder({ applied: () => {}, restored: () => {} });
    const member = startMember(env, identity, memberOptions(), recorder, (found) => refuseDirectory(found, stop));
    log.info("The server is up.", { group: identity.group, replica: identity.replica, members: identity.servers.join(",") });
    return member;
  });
}

function codes(): string {
  const reasons = Object.entries(stopCodes).map(([reason, code]) => `  ${code}  ${stopMeanings[reason as StopReason]}`);
  return [`   0  it was told to end (SIGTERM, SIGINT)`, `   2  the command line was not understood`, ...reasons].join("\n");
}
