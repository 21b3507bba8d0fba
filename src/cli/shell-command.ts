import { homedir } from "node:os";
import { join } from "node:path";
import { Command, Option } from "commander";
import { KvorumError } from "../client/errors.ts";
import { connectAdmin } from "../real/connect-admin.ts";
import { connect } from "../real/connect.ts";
import { duration } from "./arguments.ts";
import { exitCodes } from "./exit.ts";
import { openShell } from "./shell/open.ts";

interface ShellFlags {
  readonly masters: string;
  readonly cluster: string;
  readonly timeout?: number;
}

const codes = `
Exit codes:
   0  the shell has ended; where stdin is no terminal, all that its lines ask for was done
   1  something that they ask for was not done
   2  the command line was not understood
`;

/** `kvorum shell`: an interactive shell for a cluster. Where stdin is no terminal, each of its lines is done, one after the other. */
export function shellCommand(): Command {
  const command = new Command("shell")
    .description("ask a cluster interactively, or what the lines of stdin say")
    .addOption(
      new Option("--masters <addresses>", "the shardmaster's servers in their order: host:port,host:port,...")
        .env("KVORUM_MASTERS")
        .makeOptionMandatory(),
    )
    .addOption(new Option("--cluster <name>", "the cluster's name").env("KVORUM_CLUSTER").default("kvorum"))
    .addOption(
      new Option("--timeout <duration>", "what a line asks for is given up after so long (default: never)").argParser(duration({ min: 1 })),
    )
    .addHelpText("after", codes);
  return command.action(async ({ masters, cluster, timeout }: ShellFlags) => {
    try {
      const options = { masters: masters.split(","), cluster, timeoutMs: timeout };
      await using client = connect(options);
      await using admin = connectAdmin(options);
      if (process.stdin.isTTY) process.stdout.write("A shell for this cluster: put a 1, get a, help. Ctrl-D ends it.\n");
      const shell = openShell({ client, admin, local: undefined }, join(homedir(), ".kvorum_history"));
      process.exitCode = (await shell.run()) ? exitCodes.ok : exitCodes.failed;
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      command.error(error.message, { exitCode: exitCodes.usage });
    }
  });
}
