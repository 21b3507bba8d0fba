import { unreachable } from "../base/assert.ts";
import type { Bytes } from "./byte-string.ts";
import type { KeyCommand, ModelName } from "./history.ts";
import { masterModel } from "./master/model.ts";
import { isMasterCommand } from "./master/words.ts";
import type { Model, State } from "./model.ts";
import type { KeyOperation, Partition } from "./partition.ts";

const absent: State = Object.freeze({ value: null, version: 0 });

/**
 * A key of the store. With `counting`, each write raises the version of a key that holds something by one; a key that held nothing gets
 * some version above all that it ever had, and which one, nobody knows before it is told. Without, the version is always 0, so
 * that states differ by their values alone.
 */
function storeModel(counting: boolean): Model {
  return {
    initial: absent,
    step: (before, { command, told, fault }) => {
      if (fault !== undefined) return undefined;
      if (isMasterCommand(command)) return foreign("store", command);
      if (told.value !== undefined && told.value !== before.value) return undefined;
      if (told.existed !== undefined && told.existed !== (before.value !== null)) return undefined;
      const applies = told.done ?? isMet(command, before);
      const state = withCondition(command, before, applies);
      if (state === undefined) return undefined;
      const after = applies ? effect(command, state, counting) : state;
      return told.version === undefined ? after : withVersion(after, told.version);
    },
  };
}

/** Whether the condition of a command can be met; one without a condition always is. */
function isMet(command: KeyCommand, before: State): boolean {
  return withCondition(command, before, true) !== undefined;
}

/** The state, once it is known whether it meets the condition of a command; undefined when it cannot be so. */
function withCondition(command: KeyCommand, state: State, met: boolean): State | undefined {
  if (command.op === "put_version") return met ? withVersion(state, command.version) : withoutVersion(state, command.version);
  return met === (command.op !== "cas" || state.value === command.expected) ? state : undefined;
}

/** The state, once it is known that its version is this one. */
function withVersion(state: State, version: number): State | undefined {
  if (state.open === undefined) return state.version === version ? state : undefined;
  return version < state.version || state.open.includes(version) ? undefined : { value: state.value, version };
}

/** The state, once it is known that its version is another one. */
function withoutVersion(state: State, version: number): State | undefined {
  if (state.open === undefined) return state.version === version ? undefined : state;
  if (version < state.version || state.open.includes(version)) return state;
  return { ...state, open: [...state.open, version].toSorted((a, b) => a - b) };
}

function effect(command: KeyCommand, before: State, counting: boolean): State {
  switch (command.op) {
    case "get":
      return before;
    case "delete":
      return deleted(before, counting);
    case "append":
      return written(((before.value ?? "") + command.value) as Bytes, before, counting);
    case "cas":
      return command.value === null ? deleted(before, counting) : written(command.value, before, counting);
    case "put":
    case "swap":
    case "put_version":
      return written(command.value, before, counting);
    default:
      return unreachable(command);
  }
}

function written(value: Bytes, before: State, counting: boolean): State {
  if (!counting) return { value, version: 0 };
  if (before.value === null) return { value, version: (before.floor ?? 0) + 1, open: [] };
  const version = before.version + 1;
  return before.open === undefined ? { value, version } : { value, version, open: before.open.map((each) => each + 1) };
}

function deleted(before: State, counting: boolean): State {
  if (!counting) return absent;
  if (before.value === null) return before;
  let floor = before.version;
  while (before.open?.includes(floor) === true) floor += 1;
  return { value: null, version: 0, floor };
}

const countingStore: Model = storeModel(true);
const plainStore: Model = storeModel(false);

/** One register, initially without a value: read (`get`), write (`put`) and compare-and-set, as in the logs of Jepsen. */
const register: Model = {
  initial: absent,
  step: (before, { command, told }) => {
    if (command.op === "get") return told.value === undefined || told.value === before.value ? before : undefined;
    if (command.op === "put") return { value: command.value, version: 0 };
    if (command.op !== "cas") return foreign("register", command);
    const applies = before.value === command.expected;
    if (told.done !== undefined && told.done !== applies) return undefined;
    return applies ? { value: command.value, version: 0 } : before;
  },
};

/** A map whose keys all begin with the empty value: get, put, and an append that tells nothing. */
const kv: Model = {
  initial: Object.freeze({ value: "" as Bytes, version: 0 }),
  step: (before, { command, told }) => {
    if (command.op === "get") return told.value === undefined || told.value === before.value ? before : undefined;
    if (command.op === "put") return { value: command.value, version: 0 };
    if (command.op === "append") return { value: ((before.value ?? "") + command.value) as Bytes, version: 0 };
    return foreign("kv", command);
  },
};

/** An operation that the model does not know is a bug of whoever made the history: its readers let none through. */
function foreign(model: ModelName, { op }: KeyOperation["command"]): never {
  throw new RangeError(`the model ${model} has no ${op}`);
}

/** The model of one key. Versions are counted only where something depends on them: fewer states are fewer to search. */
export function modelOf(name: ModelName, { operations }: Partition): Model {
  switch (name) {
    case "register":
      return register;
    case "kv":
      return kv;
    case "store":
      return operations.some(seesVersion) ? countingStore : plainStore;
    case "shardmaster":
      return masterModel(operations);
    default:
      return unreachable(name);
  }
}

function seesVersion({ command, told }: KeyOperation): boolean {
  return command.op === "put_version" || told.version !== undefined;
}
