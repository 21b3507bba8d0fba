import { type Bytes, textBytes } from "../byte-string.ts";
import type { Told } from "../history.ts";
import type { Model, State } from "../model.ts";
import type { KeyOperation } from "../partition.ts";
import { changesAnything, faultOf, groupsAfter, type KnownMap, refusalOf } from "./rules.ts";
import { isMasterCommand, isSameMap, type ShardChange, type ShardMap } from "./words.ts";

/** What an operation comes to: the state after it, or why it cannot have told what it told. */
type Judged = { readonly after: State } | { readonly why: string };

/**
 * The shardmaster: numbered configurations, each made of the one before it by one join, leave or move. A state is the latest one; its
 * version is its number, and its value says what is in it.
 *
 * Which of several equal ways of sharing the shards the shardmaster takes is its own business. What anybody was told of a
 * configuration is what it is, for everybody and for ever; that it can be made of the one before it is checked where it is made. So
 * what nobody was told is checked less: a history that ends with a query for each number leaves nothing out.
 */
export function masterModel(operations: readonly KeyOperation[]): Model {
  const master = new Master(operations);
  return {
    initial: master.initial,
    step: (before, operation) => {
      const judged = master.judge(before, operation);
      return "after" in judged ? judged.after : undefined;
    },
    why: (before, operation) => {
      const judged = master.judge(before, operation);
      return "why" in judged ? judged.why : undefined;
    },
  };
}

class Master {
  readonly initial: State;
  /** What anybody was told, by number. */
  readonly #told: ReadonlyMap<number, ShardMap>;
  /** By a state's value. */
  readonly #maps = new Map<State["value"], KnownMap>();

  constructor(operations: readonly KeyOperation[]) {
    this.#told = mapsTold(operations);
    const [any] = this.#told.values();
    this.initial = this.#state(0, { groups: [], owners: any?.owners.map(() => 0) });
  }

  judge(before: State, { command, told, fault }: KeyOperation): Judged {
    if (fault !== undefined) return { why: fault };
    if (!isMasterCommand(command)) throw new RangeError(`the model shardmaster has no ${command.op}`);
    return command.op === "query" ? this.#query(before, command.number, told) : this.#change(before, command, told);
  }

  #query(before: State, number: number, { config, version }: Told): Judged {
    const latest = before.version;
    if (version !== undefined && version !== latest) return { why: `it was told that configuration ${version} is the latest` };
    if (config === undefined) return { after: before };
    const asked = number < 0 || number > latest ? latest : number;
    if (config.number !== asked) return { why: `it was given configuration ${config.number} in place of ${asked}` };
    const { groups, owners } = this.#mapOf(before);
    if (asked === latest && !isSameMap({ groups, owners: owners ?? config.owners }, config))
      return { why: `it was given another configuration ${asked}` };
    return { after: before };
  }

  #change(before: State, change: ShardChange, { done, refused, version }: Told): Judged {
    const map = this.#mapOf(before);
    const refusal = refusalOf(change, map);
    if (refused === true) return refusal === undefined ? { why: "it was refused, and nothing is wrong with it" } : { after: before };
    if (refusal !== undefined) return done === undefined ? { after: before } : { why: `it was not refused: ${refusal}` };
    const changes = changesAnything(change, map) ?? done ?? true;
    if (done !== undefined && done !== changes)
      return { why: done ? "it was told that it made a configuration, and it changes nothing" : "it was told that it changed nothing" };
    const number = before.version + (changes ? 1 : 0);
    if (version !== undefined && version !== number) return { why: `it was told that configuration ${version} is the latest` };
    return changes ? this.#made(number, change, map) : { after: before };
  }

  #made(number: number, change: ShardChange, map: KnownMap): Judged {
    const next = this.#told.get(number);
    if (next === undefined)
      return { after: this.#state(number, { groups: groupsAfter(change, map.groups), owners: ownersMoved(change, map) }) };
    const fault = faultOf(change, map, next);
    return fault === undefined ? { after: this.#state(number, next) } : { why: `it cannot have made configuration ${number}: ${fault}` };
  }

  #state(version: number, map: KnownMap): State {
    const value = valueOf(map);
    this.#maps.set(value, map);
    return { value, version };
  }

  #mapOf({ value }: State): KnownMap {
    return this.#maps.get(value) as KnownMap;
  }
}

/** A configuration in words: the same for the same one only. */
function valueOf({ groups, owners }: KnownMap): Bytes {
  const names = groups.map(({ gid, creation, servers }) => `${gid}/${creation} ${JSON.stringify(servers)}`);
  return textBytes(`${owners === undefined ? "?" : owners.join(" ")}; ${names.join(", ")}`);
}

/** Who owns what after a change whose configuration nobody was told of, as far as that is certain. */
function ownersMoved(change: ShardChange, { owners }: KnownMap): readonly number[] | undefined {
  return change.op === "move" ? owners?.map((gid, shard) => (shard === change.shard ? change.gid : gid)) : undefined;
}

/** The first that was told of each number. */
function mapsTold(operations: readonly KeyOperation[]): Map<number, ShardMap> {
  const maps = new Map<number, ShardMap>();
  for (const { told } of operations) {
    if (told.config !== undefined && !maps.has(told.config.number)) maps.set(told.config.number, told.config);
  }
  return maps;
}
