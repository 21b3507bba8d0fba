import { equalBytes } from "../../base/bytes.ts";
import { hashBytes } from "../../base/hash.ts";
import { balanceFault, changesAnything, faultOf, movesFault, ownersFault, refusalOf } from "../../check/master/rules.ts";
import type { WriteOp } from "../../env/storage.ts";
import { StateRows } from "../../rsm/state/state-rows.ts";
import type { State, StateReader } from "../../rsm/state/state.ts";
import type { MasterCommand } from "../../shardmaster/commands.ts";
import { decodeConfig } from "../../shardmaster/config-bytes.ts";
import type { Config, Group, Owned } from "../../shardmaster/config.ts";
import { configBytes, latestOf } from "../../shardmaster/history.ts";
import { MasterMachine } from "../../shardmaster/master-machine.ts";
import { decodeMasterResult } from "../../shardmaster/results.ts";
import type { ReferenceMachine } from "../group/oracle/reference.ts";
import { violate } from "../oracle/violation.ts";
import type { AdminCommand } from "./draw.ts";
import { shardMapOf } from "./words.ts";

/**
 * What is promised of configurations, checked at every command that is executed. It sees the group as one machine that never fails; that
 * every replica has the same rows, after restarts and snapshots too, is checked beside it (R5, R11).
 *
 * | id | promise |
 * | --- | --- |
 * | S1 | numbers have no gaps; what changes something makes one configuration, and says its number; a retry makes none (C1) |
 * | S2 | a configuration never changes; every one can be asked for, for ever (S11) |
 * | S4 | every shard belongs to a group that is there, or to none if and only if there are none |
 * | S5 | after a join or a leave no two groups' numbers of shards differ by more than one |
 * | S6 | as few shards as possible get another owner; a move moves one |
 * | S7 | what is made depends on the rows and the command alone, and groups stand in the order of their numbers |
 * | S8 | since when a shard is its owner's, and who had it before: also when a number comes back as another group (S12) |
 * | S9 | what is wrong is refused, and nothing else; a refusal makes no configuration |
 *
 * S3 and S10 are what the history is judged by (LIN).
 */
export class ConfigLaw {
  /** Of each configuration, by its number. */
  readonly #hashes: number[] = [];
  readonly #premature = new WeakSet<Uint8Array>();

  /** The machine, with every command that it executes watched. */
  watched(): ReferenceMachine {
    const machine = new MasterMachine();
    return {
      machine: {
        sessions: machine.sessions,
        decodeCommand: (bytes) => machine.decodeCommand(bytes),
        decodeQuery: (bytes) => machine.decodeQuery(bytes),
        home: (shard) => machine.home(shard),
        execute: (_, command, state) => this.#execute(machine, command as MasterCommand, state),
        query: (query, view, reply) => machine.query(query as never, view, reply),
      },
      isRefusal: (result) => !decodeMasterResult(result).ok,
    };
  }

  /** Whether the result is that of a command which came before the cluster was initialised. */
  isPremature(result: Uint8Array): boolean {
    return this.#premature.has(result);
  }

  /** Everything is over: each configuration is what it was when it was made. */
  finish(state: StateReader): void {
    for (const number of this.#hashes.keys()) this.#expectSame(state, number);
  }

  #execute(machine: MasterMachine, command: MasterCommand, state: State): Uint8Array {
    const before = configOf(state);
    const again = executedAgain(command, state);
    const result = attempted(command, () => machine.execute(0, command, state));
    if (!equalBytes(result, again.result) || !again.rows.every((row) => isIn(state, row)))
      violate("S7", `the machine makes something else of a ${command.op} than another one with the same rows`);
    const after = configOf(state);
    this.#judge(command, before, after, result);
    if (before === undefined) this.#premature.add(result);
    if (after === undefined || after.number < this.#hashes.length) return result;
    this.#hashes.push(hashOf(state, after.number));
    // One of those before it, another one each time.
    this.#expectSame(state, (after.number * 7919) % (after.number + 1));
    return result;
  }

  #judge(command: MasterCommand, before: Config | undefined, after: Config | undefined, bytes: Uint8Array): void {
    if (command.op === "births") {
      if (before?.number !== after?.number) violate("S1", `births make configuration ${after?.number ?? "none"}`);
      return;
    }
    const result = decodeMasterResult(bytes);
    if (result.ok && result.op !== "changed") violate("S1", `a ${command.op} is answered like a query`);
    const number = after?.number ?? -1;
    const isMade = number !== (before?.number ?? -1);
    if (isMade !== (result.ok && result.changed) || (isMade && number !== (before?.number ?? -1) + 1))
      violate("S1", `a ${command.op} makes configuration ${number} after ${before?.number ?? "none"}, and says ${JSON.stringify(result)}`);
    if (result.ok && result.number !== number) violate("S1", `a ${command.op} leaves configuration ${number}, and says ${result.number}`);
    if (before === undefined || after === undefined) {
      if (result.ok && command.op !== "init") violate("S9", `a ${command.op} is done before the cluster is initialised`);
      if (isMade && after !== undefined && !isEmpty(after)) violate("S4", "configuration 0 has groups, or owners");
      return;
    }
    if (command.op === "init") return;
    this.#judgeChange(command, before, after, result.ok);
  }

  #judgeChange(command: AdminCommand, before: Config, after: Config, isDone: boolean): void {
    const [old, made] = [shardMapOf(before), shardMapOf(after)];
    const refusal = refusalOf(command, old);
    if ((refusal === undefined) !== isDone)
      violate("S9", `a ${command.op} is ${isDone ? `done, although ${refusal}` : "refused, and nothing is wrong with it"}`);
    const isMade = after.number !== before.number;
    if (isDone && changesAnything(command, old) !== isMade)
      violate("S1", `a ${command.op} ${isMade ? "changes nothing" : "makes no configuration"}`);
    if (!isMade) return;
    const what = `configuration ${after.number}, of a ${command.op}`;
    const owners = ownersFault(made);
    if (owners !== undefined) violate("S4", `${what}: ${owners}`);
    if (command.op !== "move") {
      const balance = balanceFault(made);
      if (balance !== undefined) violate("S5", `${what}: ${balance}`);
      const moves = movesFault(old, made);
      if (moves !== undefined) violate("S6", `${what}: ${moves}`);
    }
    const fault = faultOf(command, old, made);
    if (fault !== undefined) violate(command.op === "move" ? "S6" : "S7", `${what}: ${fault}`);
    for (const [shard, owned] of after.shards.entries())
      expectOwned(owned, before.shards[shard], before, after.number, `${what}: shard ${shard}`);
  }

  #expectSame(state: StateReader, number: number): void {
    if (hashOf(state, number) !== this.#hashes[number]) violate("S2", `configuration ${number} is not what it was when it was made`);
  }
}

/** What a machine that has seen nothing makes of the command. */
function executedAgain(command: MasterCommand, state: StateReader): { readonly result: Uint8Array; readonly rows: readonly WriteOp[] } {
  const after = new StateRows((key) => state.get(key));
  after.begin();
  const result = attempted(command, () => new MasterMachine().execute(0, command, after));
  const rows: WriteOp[] = [];
  after.emit(rows);
  return { result, rows };
}

function attempted(command: MasterCommand, execute: () => Uint8Array): Uint8Array {
  try {
    return execute();
  } catch (error) {
    return violate("R28", `the machine throws at a ${command.op}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function isIn(state: StateReader, row: WriteOp): boolean {
  const value = state.get(row.key);
  return row.op === "put" ? value !== undefined && equalBytes(value, row.value) : value === undefined;
}

function configOf(state: StateReader): Config | undefined {
  const latest = latestOf(state);
  return latest && decodeConfig(latest.config);
}

function hashOf(state: StateReader, number: number): number {
  const latest = latestOf(state);
  if (latest === undefined || latest.number < number) violate("S2", `configuration ${number} is gone`);
  try {
    return hashBytes(configBytes(state, latest, number));
  } catch (error) {
    return violate("S2", `configuration ${number} cannot be read any more`, error);
  }
}

function isEmpty({ groups, shards }: Config): boolean {
  return groups.length === 0 && shards.every(({ gid, since, holder }) => gid === 0 && since === 0 && holder === undefined);
}

/** A shard that keeps its owner is as it was; one that gets another is his since now, and its last real owner is known. */
function expectOwned(owned: Owned, was: Owned | undefined, before: Config, number: number, what: string): void {
  if (was === undefined) violate("S8", `${what} is new`);
  if (owned.gid === was.gid) {
    if (!isSameOwned(owned, was)) violate("S8", `${what} keeps its owner, and not its past`);
    return;
  }
  const owner = before.groups.find(({ gid }) => gid === was.gid);
  const holder = owner === undefined ? was.holder : { group: owner, left: number };
  if (!isSameOwned(owned, { gid: owned.gid, since: number, holder }))
    violate("S8", `${what} does not say since when it is its owner's, or who had it`);
}

function isSameOwned(a: Owned, b: Owned): boolean {
  if (a.gid !== b.gid || a.since !== b.since || a.holder?.left !== b.holder?.left) return false;
  return a.holder === undefined || b.holder === undefined || isSameGroup(a.holder.group, b.holder.group);
}

function isSameGroup(a: Group, b: Group): boolean {
  return a.gid === b.gid && a.creation === b.creation && a.servers.join(",") === b.servers.join(",");
}
