import { Command, Option } from "commander";
import { type LogLevel, logLevels } from "../real/log.ts";
import { type LocalPlan, localDefaults, localPlan, type LocalSizes, takenAddresses } from "../server/local-plan.ts";
import { BadSetting } from "../server/settings.ts";
import { shardsMax } from "../shardmaster/partitioner.ts";
import { wholeNumber } from "./arguments.ts";
import { exitCodes } from "./exit.ts";
import { Up } from "./up-run.ts";

interface UpFlags extends LocalSizes {
  readonly data: string;
  readonly shell: boolean;
  readonly logLevel: LogLevel;
}

const codes = `
Exit codes:
   0  it was told to end, and all servers have ended
   1  it could not be started; or what the lines of stdin asked for was not all done
   2  the command line was not understood, or asks for another cluster than there is
`;

/** `kvorum up`: a whole cluster on this machine, and a shell to try things with. */
export function upCommand(): Command {
  const command = new Command("up")
    .description("run a whole cluster on this machine, a process for each server, with a shell, until Ctrl-C")
    .option("--data <directory>", "where its data and logs are; made when it is missing, used again when it is not", "data/cluster")
    .addOption(size("--masters", "servers of the shardmaster", 9, localDefaults.masters))
    .addOption(size("--groups", "groups of servers that have keys", 32, localDefaults.groups))
    .addOption(size("--replicas", "servers of each group", 9, localDefaults.replicas))
    .addOption(size("--shards", "shards that the groups share, for ever", shardsMax, localDefaults.shards))
    .option("--no-shell", "only run it: until Ctrl-C or SIGTERM")
    .addOption(new Option("--log-level <level>", "how much the servers log").choices(logLevels).default("info"))
    .addHelpText("after", codes);
  return command.action(async (flags: UpFlags) => {
    const plan = await planned(flags, (sentence) => command.error(sentence, { exitCode: exitCodes.usage }));
    const up = new Up(plan, flags.data, flags.logLevel);
    process.exitCode = (await up.run(flags.shell)) ? exitCodes.ok : exitCodes.failed;
  });
}

function size(flag: string, what: string, max: number, value: number): Option {
  return new Option(`${flag} <count>`, `${what} (default: ${value})`).argParser(wholeNumber({ min: 1, max }));
}

/** The cluster that is meant, with its ports free. */
async function planned({ data, masters, groups, replicas, shards }: UpFlags, refuse: (sentence: string) => never): Promise<LocalPlan> {
  try {
    const plan = await localPlan(data, { masters, groups, replicas, shards });
    const [taken] = await takenAddresses(plan);
    if (taken === undefined) return plan;
    return refuse(
      `The address ${taken} of the cluster in ${data} is in use; if that cluster runs already, "kvorum shell --masters ${plan.masters.servers.join(",")}" is a shell for it.`,
    );
  } catch (error) {
    if (error instanceof BadSetting) return refuse(error.message);
    throw error;
  }
}
