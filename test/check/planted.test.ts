import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type * as Checker from "../../src/check/check.ts";
import { checkHistory } from "../../src/check/check.ts";
import { type Bug, plant } from "../zoo/plant.ts";
import { disagreement } from "./comparison.ts";

/** Random histories of each kind until a bug must have shown itself. */
const rounds = 1500;

function bug(id: string, title: string, file: string, find: string, replace: string): Bug {
  return { id: `check-${id}`, title, source: "made for this test", patches: [{ file: `check/${file}`, find, replace }] };
}

/** A checker's typical mistakes, each in one place. */
const bugs: readonly Bug[] = [
  bug(
    "deleted-stays",
    "a delete without versions keeps the value",
    "models.ts",
    "if (!counting) return absent;",
    "if (!counting) return before;",
  ),
  bug(
    "cas-always",
    "a cas takes effect whatever the key holds",
    "models.ts",
    'met === (command.op !== "cas" || state.value === command.expected) ? state',
    "met ? state",
  ),
  bug("existed", "whether the key existed is not compared", "models.ts", "told.existed !== (before.value !== null)", "false"),
  bug(
    "old-value",
    "the old value is compared for a get only",
    "models.ts",
    "if (told.value !== undefined && told.value !== before.value) return undefined;\n      if (told.existed",
    'if (command.op === "get" && told.value !== undefined && told.value !== before.value) return undefined;\n      if (told.existed',
  ),
  bug(
    "version-restarts",
    "a key that comes back begins at version 1 again",
    "models.ts",
    "version: (before.floor ?? 0) + 1, open: []",
    "version: 1, open: []",
  ),
  bug(
    "refused-forgotten",
    "a refused version may be the key's all the same",
    "models.ts",
    "return { ...state, open: [...state.open, version].toSorted((a, b) => a - b) };",
    "return state;",
  ),
  bug(
    "write-forced",
    "a write that changes nothing now is never needed later",
    "search.ts",
    "const forced = idle && this.#harmless[operation] === 1;",
    "const forced = idle;",
  ),
  bug(
    "pending-never",
    "an operation of unknown outcome takes no effect",
    "search.ts",
    "if (idle ? pending :",
    "if (pending || idle ? pending :",
  ),
  bug(
    "twins-differ",
    "operations of unknown outcome are twins when only their names agree",
    "search.ts",
    "JSON.stringify(operation.command)",
    "operation.command.op",
  ),
  bug(
    "memo-superset",
    "what was reached with more pending operations counts as reached with fewer",
    "memo.ts",
    "((words[at + word] as number) & ~(pendingBits[word] as number)) !== 0",
    "(~(words[at + word] as number) & (pendingBits[word] as number)) !== 0",
  ),
  bug(
    "blind-to-pending",
    "the lookahead does not see operations of unknown outcome",
    "lookahead.ts",
    " && !this.#canLeave(placed, next[pendingHead] as number, end, found)",
    "",
  ),
  bug(
    "nothing-begins-nothing",
    "the lookahead takes nothing for the beginning of nothing only",
    "lookahead.ts",
    "if (value === null) return true;",
    "if (value === null) return whole === null;",
  ),
  bug(
    "too-late-too-early",
    "the lookahead finds a version too late that is just in time",
    "lookahead.ts",
    "Math.max(version, floor) > (",
    "Math.max(version, floor) >= (",
  ),
  bug("ties", "at equal times returns come before calls", "events.ts", "nextCall.call <= (", "nextCall.call < ("),
  bug(
    "late-effect",
    "an operation may take effect a moment after its return",
    "partition.ts",
    "returned: returned ?? never, command, told: outcome",
    "returned: (returned ?? never) + 1, command, told: outcome",
  ),
  bug("first-key-only", "one key is judged for all", "partition.ts", "return keys.map((key)", "return keys.slice(0, 1).map((key)"),
  {
    id: "check-memo-state",
    title: "the memory does not compare states",
    source: "made for this test",
    patches: [
      { file: "check/memo.ts", find: "mixed(placed.hash ^ Math.imul(state + 1, 0x9e3779b1))", replace: "mixed(placed.hash)" },
      { file: "check/memo.ts", find: " || words[entry + stateAt] !== state", replace: "" },
    ],
  },
  bug("unknown-left-out", "writes of unknown outcome are left out", "partition.ts", "!readOnly.has(command.op)", "false"),
  bug("failed-may-happen", "a definite failure counts as unknown", "partition.ts", 'if (outcome === "failed") return false;', ""),
  bug(
    "absent-rows",
    "a scan says nothing of keys that it did not give",
    "partition.ts",
    "if (!seen.has(key)) add",
    "if (false as boolean) add",
  ),
  bug(
    "limit-covers-all",
    "a scan that stopped at its limit speaks of the keys behind it",
    "partition.ts",
    "if (scan.limit === undefined || rows.length < scan.limit) return scan;",
    "if (rows.length >= 0) return scan;",
  ),
  bug("times-not-compared", "the second opinion does not compare times", "append-only.ts", "operation.returned >= latest.call", "true"),
];

test("without a bug the checker and the oracle agree", () => {
  expect(disagreement(checkHistory, 300)).toBe(undefined);
});

test.each(bugs.map((each) => [each.title, each] as const))("a checker is found out in which %s", async (_, each) => {
  const planted = (await import(pathToFileURL(join(plant(each), "check/check.ts")).href)) as typeof Checker;
  expect(disagreement((history) => planted.checkHistory(history, { stepsMax: 100_000 }), rounds)).toBeDefined();
});
