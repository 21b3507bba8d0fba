import { assert } from "../../src/base/assert.ts";
import { groupId, serverId } from "../../src/base/ids.ts";
import { keyText } from "../../src/rsm/state/key-text.ts";
import type { State, StateView } from "../../src/rsm/state/state.ts";
import { encodeMasterCommand, type MasterCommand } from "../../src/shardmaster/commands.ts";
import type { Group } from "../../src/shardmaster/config.ts";
import { MasterMachine } from "../../src/shardmaster/master-machine.ts";
import { encodeMasterQuery, latestNumber } from "../../src/shardmaster/queries.ts";
import { decodeMasterResult } from "../../src/shardmaster/results.ts";
import { type Case, repeated } from "./micro-run.ts";

/** What the cases below are about. */
export const masterSettings: Readonly<Record<"groups" | "serversEach" | "shards" | "shardsMany" | "changes", number>> = {
  groups: 1000,
  serversEach: 3,
  shards: 4096,
  shardsMany: 65_536,
  changes: 128,
};

/** Rows in memory. When it is frozen it takes everything and keeps nothing: what is executed can be executed again. */
class Rows implements State, StateView {
  readonly #rows = new Map<string, Uint8Array>();
  isFrozen = false;

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(keyText(key));
  }

  put(key: Uint8Array, value: Uint8Array): void {
    if (!this.isFrozen) this.#rows.set(keyText(key), value);
  }

  delete(key: Uint8Array): void {
    if (!this.isFrozen) this.#rows.delete(keyText(key));
  }

  scan(): void {
    throw new Error("a shardmaster scans nothing");
  }
}

/** Servers as they are called in practice. */
function groups(count: number, from: number): Group[] {
  return Array.from({ length: count }, (_, i) => ({
    gid: groupId(from + i),
    creation: 1,
    servers: Array.from({ length: masterSettings.serversEach }, (__, replica) =>
      serverId(`10.1.${(from + i) >>> 8}.${(from + i) & 255}:${7000 + replica}`),
    ),
  }));
}

/** A machine with a history, which stays as it is while commands and queries are timed on it. */
class Timed {
  readonly #machine = new MasterMachine();
  readonly #rows = new Rows();

  constructor(shards: number, ...history: readonly MasterCommand[]) {
    const init: MasterCommand = { op: "init", cluster: "bench", shards, partitioner: { kind: "hash" } };
    for (const command of [init, ...history]) this.#run(encodeMasterCommand(command));
    this.#rows.isFrozen = true;
  }

  /** What a replica does with a command: read its bytes, execute it. */
  command(name: string, command: MasterCommand): Case {
    const bytes = encodeMasterCommand(command);
    return repeated(name, 1, () => this.#run(bytes));
  }

  /** As a replica answers. */
  query(name: string, number: number, times: number): Case {
    return repeated(name, times, () => this.#ask(number));
  }

  /** As a client reads it. */
  answer(name: string, number: number): Case {
    const answer = this.#ask(number);
    return repeated(name, 1, () => void decodeMasterResult(answer));
  }

  #run(bytes: Uint8Array): void {
    const command = this.#machine.decodeCommand(bytes);
    assert(command.ok, "the command is one");
    const result = decodeMasterResult(this.#machine.execute(0, command.value, this.#rows));
    assert(result.ok && result.op === "changed" && result.changed, "the command makes a configuration");
  }

  #ask(number: number): Uint8Array {
    const query = this.#machine.decodeQuery(encodeMasterQuery({ op: "config", number }));
    assert(query.ok, "the query is one");
    let answer: Uint8Array | undefined;
    this.#machine.query(query.value, this.#rows, (result) => {
      if (result instanceof Uint8Array) answer = result;
    });
    assert(answer !== undefined, "the query is answered");
    return answer;
  }
}

function at(name: string, shards: number): string {
  return `${name}, ${shards} shards`;
}

/** What commands and queries cost in the machine, without the state behind it. */
export function masterCases({ groups: count, shards, shardsMany, changes }: typeof masterSettings): Case[] {
  const all: MasterCommand = { op: "join", groups: groups(count, 1) };
  const past = Array.from({ length: changes }, (_, i): MasterCommand => {
    const gid = groupId(1 + (i >>> 1));
    return i % 2 === 0 ? { op: "leave", gids: [gid] } : { op: "join", groups: groups(1, gid) };
  });
  const [empty, emptyMany] = [new Timed(shards), new Timed(shardsMany)];
  const [full, fullMany] = [new Timed(shards, all, ...past), new Timed(shardsMany, all, ...past)];
  const one: MasterCommand = { op: "join", groups: groups(1, count + 1) };
  const leave: MasterCommand = { op: "leave", gids: [groupId(1)] };
  return [
    empty.command(at(`join of ${count} groups`, shards), all),
    emptyMany.command(at(`join of ${count} groups`, shardsMany), all),
    full.command(at(`join of a group to ${count}`, shards), one),
    fullMany.command(at(`join of a group to ${count}`, shardsMany), one),
    full.command(at(`leave of one of ${count} groups`, shards), leave),
    full.query(at(`the latest configuration of ${count} groups`, shards), latestNumber, 100),
    fullMany.query(at(`the latest configuration of ${count} groups`, shardsMany), latestNumber, 10),
    full.query(at(`a configuration behind ${changes - 1} changes`, shards), changes, 1),
    fullMany.query(at(`a configuration behind ${changes - 1} changes`, shardsMany), changes, 1),
    full.answer(at(`reading a configuration of ${count} groups`, shards), latestNumber),
    fullMany.answer(at(`reading a configuration of ${count} groups`, shardsMany), latestNumber),
  ];
}
