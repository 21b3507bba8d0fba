import { equalBytes } from "../base/bytes.ts";
import { badRequest } from "../rsm/request-fields.ts";
import type { Decoded, Refused, Shard, ShardHome, StateMachine } from "../rsm/state/state-machine.ts";
import type { State, StateReader, StateView } from "../rsm/state/state.ts";
import { type BirthClaim, claimBirths } from "./births.ts";
import { type Births, type ConfigCommand, decodeMasterCommand, type Init, type MasterCommand } from "./commands.ts";
import type { Config } from "./config.ts";
import { decodeConfig } from "./config-bytes.ts";
import { isNamed } from "./address.ts";
import { appendConfig, beginHistory, configBytes, latestOf, nextConfig } from "./history.ts";
import { type MasterLimits, masterLimits } from "./limits.ts";
import { decide } from "./operations.ts";
import { type ConfigQuery, decodeMasterQuery, latestNumber, type MasterQuery, type NewerQuery } from "./queries.ts";
import { type BirthsResult, type ChangedResult, encodeMasterResult } from "./results.ts";
import { sessionRows, shapeKey } from "./rows.ts";
import { decodeShape, encodeShape, shapeText } from "./shape.ts";

const notInitialised = badRequest("The cluster is not initialised; a shardmaster gives it its shape before anything else is asked.");

/**
 * The shardmaster's state machine: numbered configurations, each of which says who owns every shard. It has one shard, which is 0, and
 * keeps nothing besides rows; `rows.ts` says which.
 *
 * A command makes one configuration or none; claims of births make none. What it asks for and is so already succeeds and makes none; what cannot be done is
 * refused with a sentence, which is its result for ever, and makes none.
 */
export class MasterMachine implements StateMachine<MasterCommand, MasterQuery> {
  readonly limits: MasterLimits;
  readonly sessions: Uint8Array = sessionRows;

  constructor(limits: Partial<MasterLimits> = {}) {
    this.limits = masterLimits(limits);
  }

  decodeCommand(bytes: Uint8Array): Decoded<MasterCommand> {
    return decodeMasterCommand(bytes, this.limits);
  }

  decodeQuery(bytes: Uint8Array): Decoded<MasterQuery> {
    return decodeMasterQuery(bytes);
  }

  home(shard: Shard): ShardHome | Refused {
    if (shard !== 0) return badRequest(`Shard ${shard} was given; a shardmaster has one for itself, which is 0.`);
    return { ok: true, sessions: sessionRows, timeOffset: 0 };
  }

  execute(_: Shard, command: MasterCommand, state: State): Uint8Array {
    if (command.op === "init") return encodeMasterResult(initialise(command, state));
    return encodeMasterResult(command.op === "births" ? bear(command, state) : this.#change(command, state));
  }

  query(query: MasterQuery, view: StateView, reply: (result: Uint8Array | Refused) => void): void {
    if (query.op === "newer") reply(answerNewer(query, view));
    else if (query.op === "shape") reply(encodeMasterResult({ ok: true, op: "shape", shape: view.get(shapeKey) }));
    else reply(answerConfig(query, view));
  }

  #change(command: ConfigCommand, state: State): ChangedResult | Refused {
    const latest = latestOf(state);
    if (latest === undefined) return notInitialised;
    const config = decodeConfig(latest.config);
    const decision = decide(command, config, this.limits);
    if (decision === "no change") return { ok: true, op: "changed", number: latest.number, changed: false };
    if ("why" in decision) return decision;
    const next = nextConfig(config, decision);
    const { configBytesMax } = this.limits;
    // Only what joins makes it larger: a group that goes stays in it as a holder at most.
    if (command.op === "join" && next.config.length > configBytesMax)
      return badRequest(`Configuration ${next.number} would have ${next.config.length} bytes; ${configBytesMax} are allowed.`);
    appendConfig(state, latest, next, decision);
    return { ok: true, op: "changed", number: next.number, changed: true };
  }
}

function initialise(init: Init, state: State): ChangedResult | Refused {
  const shape = encodeShape(init);
  const [before, latest] = [state.get(shapeKey), latestOf(state)];
  if (before === undefined || latest === undefined) {
    state.put(shapeKey, shape);
    beginHistory(state, init.shards);
    return { ok: true, op: "changed", number: 0, changed: true };
  }
  if (equalBytes(before, shape)) return { ok: true, op: "changed", number: latest.number, changed: false };
  return badRequest(`The cluster was initialised as ${shapeText(decodeShape(before))}, for ever, and was given as ${shapeText(init)}.`);
}

/** Gives a group the shards that begin with it: those of which a run of ownership that is its own begins where it says. */
function bear({ group, claims }: Births, state: State): BirthsResult | Refused {
  const latest = latestOf(state);
  if (latest === undefined) return notInitialised;
  const configs = new Map<number, Config>();
  const owns = ({ shard, since }: BirthClaim): boolean => {
    if (since > latest.number) return false;
    const config = configs.get(since) ?? decodeConfig(configBytes(state, latest, since));
    configs.set(since, config);
    const owned = config.shards[shard];
    return owned?.since === since && owned.gid === group.gid && config.groups.some((one) => isNamed(one, group));
  };
  return { ok: true, op: "births", answer: claimBirths(state, group, claims, owns) };
}

function answerNewer({ than }: NewerQuery, view: StateReader): Uint8Array | Refused {
  const latest = latestOf(view);
  if (latest === undefined) return notInitialised;
  const { number, config } = latest;
  return encodeMasterResult({ ok: true, op: "newer", config: number > than ? config : undefined, latest: number });
}

function answerConfig({ number }: ConfigQuery, view: StateReader): Uint8Array | Refused {
  const latest = latestOf(view);
  if (latest === undefined) return notInitialised;
  const asked = number === latestNumber || number > latest.number ? latest.number : number;
  return encodeMasterResult({ ok: true, op: "config", config: configBytes(view, latest, asked), latest: latest.number });
}
