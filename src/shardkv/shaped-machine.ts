import { present } from "../base/assert.ts";
import type { KeyRange, Row } from "../env/storage.ts";
import { type Decoded, type Refused, refused, type Shard, type ShardHome, type StateMachine } from "../rsm/state/state-machine.ts";
import type { State, StateReader, StateView } from "../rsm/state/state.ts";
import type { KvCommand } from "./commands.ts";
import type { KvMachine } from "./kv-machine.ts";
import type { KvQuery } from "./queries.ts";
import { sessionRows } from "./rows.ts";

const notStarted = refused("not_leader", "");

/**
 * The machine of a replica that is made before the cluster's shape is known, and started when it is. Before, there is nobody who leads;
 * that is what clients are told.
 */
export class ShapedMachine implements StateMachine<KvCommand, KvQuery> {
  readonly sessions: Uint8Array = sessionRows;
  #machine: KvMachine | undefined;

  begin(machine: KvMachine): void {
    this.#machine = machine;
  }

  get #own(): KvMachine {
    return present(this.#machine, "a replica starts when the cluster's shape is known");
  }

  decodeCommand(bytes: Uint8Array): Decoded<KvCommand> {
    return this.#machine?.decodeCommand(bytes) ?? notStarted;
  }

  decodeQuery(bytes: Uint8Array): Decoded<KvQuery> {
    return this.#machine?.decodeQuery(bytes) ?? notStarted;
  }

  home(shard: Shard, state: StateReader): ShardHome | Refused {
    return this.#own.home(shard, state);
  }

  execute(shard: Shard, command: KvCommand, state: State): Uint8Array {
    return this.#own.execute(shard, command, state);
  }

  executeOwn(command: Uint8Array, state: State, time: number): number {
    return this.#own.executeOwn(command, state, time);
  }

  takesLong(query: KvQuery): boolean {
    return this.#own.takesLong(query);
  }

  query(query: KvQuery, view: StateView, reply: (result: Uint8Array | Refused) => void): void {
    this.#own.query(query, view, reply);
  }

  get derived(): KeyRange {
    return this.#own.derived;
  }

  derive(key: Uint8Array): Row | undefined {
    return this.#own.derive(key);
  }
}
