import { unreachable } from "../../src/base/assert.ts";
import type { Rng } from "../../src/base/rng.ts";
import { type Bytes, textBytes } from "../../src/check/byte-string.ts";
import type { StoreCommand, History, KeyRange, ModelName, Operation, Outcome, Told } from "../../src/check/history.ts";
import { NaiveStore } from "./naive.ts";

/** How random histories are made. */
export interface Recipe {
  readonly model: ModelName;
  readonly ops: readonly StoreCommand["op"][];
  readonly keys: number;
  readonly values: number;
  readonly operations: number;
  readonly clients: number;
  /** How many times there are for each call and return: below 1 many are the same. */
  readonly spread: number;
  /** The longest time from a call to its effect, and from there to the return; there are two for each operation. */
  readonly lasting: number;
  /** How many outcomes are unknown. */
  readonly unknown: number;
  /** How many of the things that can be told are told; a get always tells its value. */
  readonly telling: number;
}

/**
 * A history that is linearizable, because it was made in an order: each operation takes effect at an instant between its call and its
 * return, in one go. Tokens that are appended are unique if there are as many values as operations.
 */
export function legalHistory(rng: Rng, recipe: Recipe): History {
  const times = Math.max(1, Math.floor(2 * recipe.operations * recipe.spread));
  const drafts = Array.from({ length: recipe.operations }, (_, number) => {
    const call = rng.int(0, times);
    const instant = call + rng.int(0, recipe.lasting);
    const returned = instant + rng.int(0, recipe.lasting);
    return { client: `c${rng.int(1, recipe.clients)}`, call, instant, returned, command: randomCommand(rng, recipe, number) };
  });
  const store = new NaiveStore(recipe.model);
  const outcomes = new Map<unknown, Outcome>();
  for (const draft of drafts.toSorted((a, b) => a.instant - b.instant)) {
    const isUnknown = rng.chance(recipe.unknown);
    if (isUnknown && rng.chance(0.5)) outcomes.set(draft, rng.chance(0.3) ? "failed" : "unknown");
    else {
      const told = store.execute(draft.command, rng.int(0, 1));
      outcomes.set(draft, isUnknown ? "unknown" : partly(rng, recipe, draft.command, told));
    }
  }
  const operations = drafts.map((draft): Operation => {
    const outcome = outcomes.get(draft) ?? "unknown";
    const { client, call, returned, command } = draft;
    return { client, call, returned: outcome === "unknown" && rng.chance(0.5) ? undefined : returned, command, outcome };
  });
  return { model: recipe.model, operations };
}

/** What a recipe's operations have in common is told by their model; of the rest, some is told. */
function partly(rng: Rng, { model, telling }: Recipe, { op }: StoreCommand, told: Told): Told {
  if (op === "scan") {
    const rows = (told.rows ?? []).map(({ version = 0, ...row }) => (rng.chance(telling) ? { ...row, version } : row));
    return { rows };
  }
  const kept: { -readonly [name in keyof Told]: Told[name] } = {};
  const keeps = (): boolean => model === "store" && rng.chance(telling);
  if (op === "get" || keeps()) kept.value = told.value ?? null;
  if (keeps()) kept.existed = told.existed === true;
  if (keeps()) kept.version = told.version ?? 0;
  if (told.done !== undefined) kept.done = told.done;
  return kept;
}

function randomCommand(rng: Rng, recipe: Recipe, number: number): StoreCommand {
  const op = rng.pick(recipe.ops);
  const key = randomKey(rng, recipe);
  switch (op) {
    case "get":
    case "delete":
      return { op, key };
    case "put":
    case "swap":
      return { op, key, value: randomValue(rng, recipe) };
    case "append":
      return { op, key, value: recipe.values >= recipe.operations ? textBytes(`${number}.`) : randomValue(rng, recipe) };
    case "cas":
      return {
        op,
        key,
        expected: rng.chance(0.2) ? null : randomValue(rng, recipe),
        value: rng.chance(0.2) ? null : randomValue(rng, recipe),
      };
    case "put_version":
      return { op, key, version: rng.int(0, 4), value: randomValue(rng, recipe) };
    case "scan":
      return { op, ...randomRange(rng, recipe), ...(rng.chance(0.3) ? { limit: rng.int(0, 2) } : {}) };
    default:
      return unreachable(op);
  }
}

function randomRange(rng: Rng, recipe: Recipe): KeyRange {
  const [low, high] = [randomKey(rng, recipe), randomKey(rng, recipe)];
  const from = rng.pick([{}, { from: low }, { after: low }]);
  const to = rng.pick([{}, { to: high }, { before: high }]);
  return { ...from, ...to };
}

function randomKey(rng: Rng, { keys, model }: Recipe): Bytes {
  return textBytes(model === "register" ? "register" : String.fromCharCode(97 + rng.int(0, keys - 1)));
}

function randomValue(rng: Rng, { values }: Recipe): Bytes {
  return textBytes(String(rng.int(0, values - 1)).replace(/^0$/, ""));
}

/** The same with one thing in it changed, so that it may be wrong. */
export function mutated(rng: Rng, history: History, recipe: Recipe): History {
  const { operations } = history;
  if (operations.length === 0) return history;
  const at = rng.int(0, operations.length - 1);
  const kind = rng.int(0, 4);
  if (kind === 0) return { ...history, operations: operations.filter((_, index) => index !== at) };
  const other = rng.int(0, operations.length - 1);
  return {
    ...history,
    operations: operations.map((each, index) => {
      if (kind === 1 && index === at) return later(rng, each);
      if (kind === 2 && index === at) return earlier(rng, each);
      if (kind === 3 && (index === at || index === other)) return withToldOf(each, operations[index === at ? other : at] as Operation);
      return index === at ? withAnotherValue(rng, each, recipe) : each;
    }),
  };
}

function later(rng: Rng, operation: Operation): Operation {
  const by = rng.int(1, 5);
  return { ...operation, call: operation.call + by, returned: operation.returned === undefined ? undefined : operation.returned + by };
}

function earlier(rng: Rng, operation: Operation): Operation {
  const by = rng.int(1, 5);
  return {
    ...operation,
    call: operation.call - by,
    returned: operation.returned === undefined ? undefined : Math.max(operation.call, operation.returned) - by,
  };
}

function withToldOf(operation: Operation, other: Operation): Operation {
  const isAlike = typeof operation.outcome === "object" && typeof other.outcome === "object" && operation.command.op === other.command.op;
  return isAlike ? { ...operation, outcome: other.outcome } : operation;
}

function withAnotherValue(rng: Rng, operation: Operation, recipe: Recipe): Operation {
  if (typeof operation.outcome === "string") return operation;
  const { rows, ...told } = operation.outcome;
  if (rows !== undefined) return { ...operation, outcome: { rows: rows.slice(1) } };
  if (told.done !== undefined && rng.chance(0.5)) return { ...operation, outcome: { ...told, done: !told.done } };
  if (told.version !== undefined && rng.chance(0.5)) return { ...operation, outcome: { ...told, version: told.version + 1 } };
  if (told.existed !== undefined && rng.chance(0.5)) return { ...operation, outcome: { ...told, existed: !told.existed } };
  return told.value === undefined
    ? operation
    : { ...operation, outcome: { ...told, value: rng.chance(0.2) ? null : randomValue(rng, recipe) } };
}
