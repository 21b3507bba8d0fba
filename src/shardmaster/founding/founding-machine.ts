import { decode, encode } from "../../base/codec.ts";
import { badRequest } from "../../rsm/request-fields.ts";
import type { Decoded, Refused, Shard, ShardHome, StateMachine } from "../../rsm/state/state-machine.ts";
import type { State, StateReader, StateView } from "../../rsm/state/state.ts";
import { isNamed } from "../address.ts";
import type { MasterCommand } from "../commands.ts";
import type { Group } from "../config.ts";
import { latestOf } from "../history.ts";
import type { MasterLimits } from "../limits.ts";
import { MasterMachine } from "../master-machine.ts";
import type { MasterQuery } from "../queries.ts";
import { encodeMasterResult } from "../results.ts";
import { registeredKey } from "../rows.ts";
import { decodeFoundingQuery, decodeRegister, encodeFounding, type FoundingQuery, type Register, replicasOf } from "./wire.ts";

type Command = MasterCommand | Register;
type Query = MasterQuery | FoundingQuery;

/**
 * The machine of a shardmaster whose groups are known before any of them lives. It makes the first configuration, of all of them at once,
 * when a quorum of each has registered; who has registered once counts for ever. In everything else it is a shardmaster's machine.
 *
 * The founding groups are the same on every replica for as long as the shardmaster's group lives.
 */
export class FoundingMachine implements StateMachine<Command, Query> {
  readonly sessions: Uint8Array;
  readonly #master: MasterMachine;
  readonly #founders: readonly Group[];

  constructor(founders: readonly Group[], limits: Partial<MasterLimits> = {}) {
    this.#master = new MasterMachine(limits);
    this.#founders = founders;
    this.sessions = this.#master.sessions;
  }

  decodeCommand(bytes: Uint8Array): Decoded<Command> {
    return decodeRegister(bytes) ?? this.#master.decodeCommand(bytes);
  }

  decodeQuery(bytes: Uint8Array): Decoded<Query> {
    return decodeFoundingQuery(bytes) ?? this.#master.decodeQuery(bytes);
  }

  home(shard: Shard): ShardHome | Refused {
    return this.#master.home(shard);
  }

  execute(shard: Shard, command: Command, state: State): Uint8Array {
    if (command.op === "register") return this.#register(command, state);
    const result = this.#master.execute(shard, command, state);
    // Everybody may have registered before the cluster had its shape.
    if (command.op === "init") this.#beginIfDue(state, false);
    return result;
  }

  query(query: Query, view: StateView, reply: (result: Uint8Array | Refused) => void): void {
    if (query.op !== "founding") return this.#master.query(query, view, reply);
    const registered = this.#founders.map(({ gid }) => registeredOf(view, gid));
    reply(encodeFounding({ groups: this.#founders, registered, begun: hasBegun(view) }));
  }

  #register({ gid, creation, replica, begun }: Register, state: State): Uint8Array {
    const group = this.#founders.find((one) => isNamed(one, { gid, creation }));
    if (group === undefined || replica >= group.servers.length)
      return encodeMasterResult(badRequest(`Replica ${replica} of group ${gid} is none of those that this shardmaster was started for.`));
    const known = registeredOf(state, gid);
    const isNew = !known.includes(replica);
    if (isNew) state.put(registeredKey(gid), encode([...known, replica].toSorted((a, b) => a - b)));
    this.#beginIfDue(state, begun);
    return encodeMasterResult({ ok: true, op: "changed", number: latestOf(state)?.number ?? 0, changed: isNew });
  }

  /** Makes the first configuration when everybody is there, or had been. */
  #beginIfDue(state: State, begun: boolean): void {
    if (latestOf(state)?.number !== 0) return;
    const isComplete = this.#founders.every(({ gid, servers }) => registeredOf(state, gid).length > servers.length / 2);
    if (begun || isComplete) this.#master.execute(0, { op: "join", groups: this.#founders }, state);
  }
}

function registeredOf(state: StateReader, gid: number): readonly number[] {
  const row = state.get(registeredKey(gid));
  return row === undefined ? [] : replicasOf(decode(row));
}

function hasBegun(state: StateReader): boolean {
  return (latestOf(state)?.number ?? 0) > 0;
}
