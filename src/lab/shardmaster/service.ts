import { unreachable } from "../../base/assert.ts";
import { type GroupId, type ServerId } from "../../base/ids.ts";
import { MasterCaller } from "../../client/master-caller.ts";
import type { CallOutcome } from "../../client/outcome.ts";
import { replicaOptions } from "../../rsm/options.ts";
import type { ConfigCommand } from "../../shardmaster/commands.ts";
import { masterGroup } from "../../shardmaster/master-group.ts";
import type { ChangedResult, ConfigResult } from "../../shardmaster/results.ts";
import type { ClusterShape } from "../../shardmaster/shape.ts";
import { startShardMaster } from "../../shardmaster/start.ts";
import { replicaOf, type Service } from "../group/service.ts";
import type { MasterAsk, MasterReply } from "./world.ts";

/** As in the courses. */
const shape: ClusterShape = { cluster: "lab", shards: 10, partitioner: { kind: "first-byte" } };

/** A shardmaster with ten shards. */
export const masterService: Service<MasterCaller, MasterAsk, MasterReply> = {
  name: "master",
  group: masterGroup,
  start: (env, identity, settings, unusable) =>
    startShardMaster(env, identity, { replica: replicaOptions(replicaOf(settings)), shape }, unusable === undefined ? {} : { unusable }),
  caller: (group, session) => new MasterCaller(group, session),
  ask: (caller, ask, deadlineMs, done) => {
    if (ask.op === "query") caller.config(ask.number, deadlineMs, (outcome) => done(queryReply(outcome)));
    else caller.execute(commandOf(ask), deadlineMs, (outcome) => done(changeReply(outcome)));
  },
};

/** What the cases have as plain numbers and names; whether they are any, the shardmaster says. */
function commandOf(ask: Exclude<MasterAsk, { readonly op: "query" }>): ConfigCommand {
  switch (ask.op) {
    case "join":
      return {
        op: "join",
        groups: ask.groups.map(({ gid, creation, servers }) => ({ gid: gid as GroupId, creation, servers: servers as ServerId[] })),
      };
    case "leave":
      return { op: "leave", gids: ask.gids as GroupId[] };
    case "move":
      return { op: "move", shard: ask.shard, gid: ask.gid as GroupId };
    default:
      return unreachable(ask);
  }
}

function changeReply(outcome: CallOutcome<ChangedResult>): MasterReply {
  if (outcome.kind !== "result") return noReply(outcome);
  const { number, changed } = outcome.result;
  return { kind: "made", number, changed };
}

function queryReply(outcome: CallOutcome<ConfigResult>): MasterReply {
  if (outcome.kind !== "result") return noReply(outcome);
  const { config, latest } = outcome.result;
  const { number, groups, shards } = config;
  return { kind: "given", config: { number, groups, owners: shards.map(({ gid }) => gid) }, latest };
}

function noReply(outcome: Exclude<CallOutcome<never>, { readonly kind: "result" }>): MasterReply {
  if (outcome.kind === "lost") return outcome;
  if (outcome.kind === "refused") return { kind: "refused", detail: `${outcome.why}: ${outcome.detail}` };
  return { kind: "unknown", detail: outcome.detail };
}
