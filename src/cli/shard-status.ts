import type { Command } from "commander";
import type { Admin } from "../client/admin.ts";
import type { CallOptions } from "../client/client.ts";
import { KvorumError } from "../client/errors.ts";
import type { ClusterShape } from "../shardmaster/commands.ts";
import type { Config } from "../shardmaster/config.ts";
import { type ExitCode, exitCodes } from "./exit.ts";
import { printJson, printText } from "./print.ts";
import { codeOf, ShardCall, shardCommandOf, type ShardFlags } from "./shard-call.ts";
import { configJson, masterJson, shapeJson } from "./shard-json.ts";
import { configText, mastersText, shapeText } from "./shard-text.ts";

/** Who asks how things are wants to know it also when the shardmaster has no majority. */
const statusTimeoutMs = 5000;

/** `kvorum shard status`. */
export function statusCommand(): Command {
  const description = "print what the shardmaster's servers say of themselves, and the latest configuration";
  const command = shardCommandOf("status", description, ["status", "status --json"], statusTimeoutMs);
  return command.action(async (flags: ShardFlags) => {
    const call = new ShardCall(command, flags);
    await call.run((admin, options) => (call.json ? statusJson(admin, options()) : statusText(admin, options())));
  });
}

async function statusText(admin: Admin, options: CallOptions): Promise<ExitCode> {
  const [masters, latest] = [admin.masters(options), latestOf(admin, options)];
  // What is known is printed at once: the configuration may take its time, or never come.
  latest.catch(() => {});
  await printText(mastersText(await masters));
  const { shape, config } = await latest;
  if (shape === undefined || config === undefined) await printText("\nthe cluster has not begun yet");
  else await printText(`\n${shapeText(shape)}\n${configText(config)}`);
  return exitCodes.ok;
}

async function statusJson(admin: Admin, options: CallOptions): Promise<ExitCode> {
  const latest = latestOf(admin, options).catch(failed);
  const masters = (await admin.masters(options)).map(masterJson);
  const { shape, config, failure } = await latest;
  await printJson({
    masters,
    shape: shape === undefined ? null : shapeJson(shape),
    configuration: config === undefined ? null : configJson(config),
  });
  if (failure === undefined) return exitCodes.ok;
  process.stderr.write(`kvorum: ${failure.message}\n`);
  return codeOf(failure);
}

/** What the shardmaster says, as far as it is known. */
interface Latest {
  readonly shape?: ClusterShape;
  readonly config?: Config;
  readonly failure?: KvorumError;
}

async function latestOf(admin: Admin, options: CallOptions): Promise<Latest> {
  const shape = await admin.shape(options);
  return shape === undefined ? {} : { shape, config: await admin.query(undefined, options) };
}

function failed(error: unknown): Latest {
  if (error instanceof KvorumError) return { failure: error };
  throw error;
}
