import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as sessions from "../../../src/rsm/session/sessions.ts";
import type * as rows from "../../../src/rsm/state/state-rows.ts";
import type * as commands from "../../../src/shardkv/migration/commands.ts";
import type * as groups from "../../../src/shardkv/migration/group-row.ts";
import type * as replies from "../../../src/shardkv/migration/replies.ts";
import type * as machines from "../../../src/shardkv/kv-machine.ts";
import type * as births from "../../../src/shardmaster/births.ts";

/** What is explored of migration: the machine of a group, with its sessions, and the shardmaster's births. */
export interface MoveCode {
  readonly KvMachine: typeof machines.KvMachine;
  readonly Sessions: typeof sessions.Sessions;
  readonly StateRows: typeof rows.StateRows;
  readonly encodeGroupCommand: typeof commands.encodeGroupCommand;
  readonly encodeReply: typeof replies.encodeReply;
  readonly decodeReply: typeof replies.decodeReply;
  readonly isSafeToStop: typeof groups.isSafeToStop;
  readonly claimBirths: typeof births.claimBirths;
}

/** The code in `folder`: `src`, or a planted copy of it. */
export async function loadMoveCode(folder: string): Promise<MoveCode> {
  const load = (name: string): Promise<unknown> => import(pathToFileURL(join(folder, name)).href);
  const { KvMachine } = (await load("shardkv/kv-machine.ts")) as typeof machines;
  const { Sessions } = (await load("rsm/session/sessions.ts")) as typeof sessions;
  const { StateRows } = (await load("rsm/state/state-rows.ts")) as typeof rows;
  const { encodeGroupCommand } = (await load("shardkv/migration/commands.ts")) as typeof commands;
  const { encodeReply, decodeReply } = (await load("shardkv/migration/replies.ts")) as typeof replies;
  const { isSafeToStop } = (await load("shardkv/migration/group-row.ts")) as typeof groups;
  const { claimBirths } = (await load("shardmaster/births.ts")) as typeof births;
  return { KvMachine, Sessions, StateRows, encodeGroupCommand, encodeReply, decodeReply, isSafeToStop, claimBirths };
}
