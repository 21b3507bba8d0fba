import { checkHistory } from "../../../src/check/check.ts";
import { explainFailure } from "../../../src/check/explain.ts";
import type { History, Operation } from "../../../src/check/history.ts";
import { failureText } from "../../../src/check/render-text.ts";
import { type Demand, demand } from "../report.ts";
import { isLedger, tokenEnd } from "./draw.ts";

/**
 * Judges what clients have seen, whose last operations have read every key. The ledgers are counted besides, by nothing but counting:
 * a mistake of the checker does not hide a loss.
 */
export function judgeHistory(history: History): Demand[] {
  const ledgers = countLedgers(history);
  const { verdict, failure } = checkHistory(history);
  const why = failure === undefined ? verdict : `${verdict}\n${failureText(explainFailure(failure))}`;
  return [
    demand("no acknowledged write is lost", some(ledgers.lost, "appends were acknowledged, and are not there in the end")),
    demand("no write takes effect twice", some(ledgers.doubled, "appends are there more than once")),
    demand("nothing is there that nobody wrote", some(ledgers.strange, "values were never written")),
    demand("the history is linearizable", verdict === "linearizable" ? undefined : why),
  ];
}

function some(tokens: readonly string[], what: string): string | undefined {
  return tokens.length === 0 ? undefined : `${tokens.length} ${what}, such as ${tokens[0]}`;
}

interface Ledgers {
  readonly lost: string[];
  readonly doubled: string[];
  readonly strange: string[];
}

function countLedgers({ operations }: History): Ledgers {
  const found: Ledgers = { lost: [], doubled: [], strange: [] };
  const counted = new Map<string, number>();
  for (const value of lastReads(operations).values()) {
    for (const token of value.split(tokenEnd).slice(0, -1)) counted.set(token, (counted.get(token) ?? 0) + 1);
  }
  const asked = new Set<string>();
  for (const { command, outcome } of operations) {
    if (command.op !== "append" || !isLedger(command.key)) continue;
    const token = command.value.slice(0, -tokenEnd.length);
    asked.add(token);
    const count = counted.get(token) ?? 0;
    if (count === 0 && typeof outcome !== "string") found.lost.push(token);
    if (count > 1) found.doubled.push(token);
  }
  for (const token of counted.keys()) if (!asked.has(token)) found.strange.push(token);
  return found;
}

/** What each ledger held when it was read last; nothing where it was empty. */
function lastReads(operations: readonly Operation[]): Map<string, string> {
  const reads = new Map<string, { readonly call: number; readonly value: string }>();
  for (const { command, call, outcome } of operations) {
    if (command.op !== "get" || !isLedger(command.key) || typeof outcome === "string") continue;
    if (call >= (reads.get(command.key)?.call ?? 0)) reads.set(command.key, { call, value: outcome.value ?? "" });
  }
  return new Map([...reads].map(([key, { value }]) => [key, value]));
}
