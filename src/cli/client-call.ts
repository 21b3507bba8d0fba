import type { Command } from "commander";
import { KvorumError } from "../client/errors.ts";
import type { Trouble } from "../client/trouble.ts";
import { type ExitCode, exitCodes } from "./exit.ts";

/**
 * Runs `act` with a client, from the command line to the exit code. What it cannot do is a sentence on stderr: what is not allowed ends
 * as a command line that was not understood, all else with the code that `codeOf` gives.
 */
export async function callClient<Client extends { close(): Promise<void> }>(
  command: Command,
  open: () => Client,
  act: (client: Client) => Promise<ExitCode>,
  codeOf: (error: KvorumError) => ExitCode,
): Promise<void> {
  let client: Client | undefined;
  try {
    client = open();
    process.exitCode = await act(client);
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    if (error.code === "invalid") command.error(error.message, { exitCode: exitCodes.usage });
    process.stderr.write(`kvorum: ${error.message}\n`);
    process.exitCode = codeOf(error);
  } finally {
    await client?.close();
  }
}

/** Tells whoever waits that nobody answers, and why. */
export function sayTrouble({ message }: Trouble): void {
  process.stderr.write(`kvorum: Still trying. ${message}\n`);
}
