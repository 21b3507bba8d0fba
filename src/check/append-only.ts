import { type Bytes, showBytes } from "./byte-string.ts";
import { clientText, operationText, valueText } from "./describe.ts";
import type { ModelName, Value } from "./history.ts";
import type { KeyOperation, Partition } from "./partition.ts";

/** What the second opinion says about a key, and why where it says no. `silent`: it is not of the kind that can be judged so. */
export type Opinion = { readonly verdict: "linearizable" | "silent" } | { readonly verdict: "not linearizable"; readonly reason: string };

const silent: Opinion = { verdict: "silent" };
const linearizable: Opinion = { verdict: "linearizable" };

/**
 * Judges a key without any search, in time that grows with its history's length (and its logarithm), when all that was done to it were
 * appends of tokens that can be told apart, and reads. It shares nothing with the search and its models.
 *
 * Whatever was seen of the value must be a beginning of the longest that was seen, and that one fixes the order: which tokens were
 * appended one after the other, and between which two of them each read took place. Appends that nobody saw come last. It remains
 * to be seen whether times agree: nothing may return before something is called that comes earlier in this order.
 */
export function appendOnlyOpinion(model: ModelName, { operations }: Partition): Opinion {
  if (!operations.every(isJudged)) return silent;
  const tokens = tokensOf(operations);
  if (tokens === undefined) return silent;
  const empty: Value = model === "kv" ? ("" as Bytes) : null;
  const longest = longestSeen(operations, empty);
  if ("verdict" in longest) return longest;
  const places = longest.by === undefined ? noPlaces : placesOf(longest.seen, longest.by, tokens);
  if ("verdict" in places) return places;
  return timesAgree(operations, empty, places) ?? linearizable;
}

/** Only appends and reads, and of what they told only values. */
function isJudged({ command, told, fault }: KeyOperation): boolean {
  if (command.op !== "get" && command.op !== "append") return false;
  if (fault !== undefined || told.existed !== undefined || told.version !== undefined) return false;
  return command.op === "append" || told.value !== undefined;
}

/** The tokens that are appended, with the number of each; undefined unless each value can be cut into tokens in one way only. */
function tokensOf(operations: readonly KeyOperation[]): Map<string, number> | undefined {
  const tokens: string[] = [];
  for (const { command } of operations) if (command.op === "append") tokens.push(command.value);
  tokens.sort();
  // In sorted order a token that begins another stands directly before one that it begins. The empty one begins all.
  for (const [at, token] of tokens.entries()) {
    if (token === "" || tokens[at + 1]?.startsWith(token) === true) return undefined;
  }
  return new Map(tokens.map((token, number) => [token, number]));
}

/** What an operation saw of the value: just before it, and of an append that told this, just after it. */
function seenBy({ command, told }: KeyOperation, empty: Value): string | undefined {
  if (told.value === undefined) return undefined;
  const before = told.value === empty ? "" : (told.value ?? undefined);
  return command.op === "append" && before !== undefined ? before + command.value : before;
}

/** The longest value that was seen; a refusal when another one is not a beginning of it. */
function longestSeen(operations: readonly KeyOperation[], empty: Value): Opinion | { seen: string; by: KeyOperation | undefined } {
  let seen = "";
  let by: KeyOperation | undefined;
  for (const operation of operations) {
    const { value } = operation.told;
    // Nothing was put into the key but by appends, so it never held "no value" where it began with one, or the empty one.
    if ((value === null || value === "") && value !== empty) return no(operation, `the key never held ${valueText(value)}`);
    const now = seenBy(operation, empty) ?? "";
    if (now.length <= seen.length) continue;
    seen = now;
    by = operation;
  }
  for (const operation of operations) {
    const now = seenBy(operation, empty) ?? "";
    if (!seen.startsWith(now))
      return no(operation, `${showBytes(now as Bytes)} was seen, and ${showBytes(seen as Bytes)} does not begin with it`);
  }
  return { seen, by };
}

/** Where the tokens stand in the longest value. */
interface Places {
  /** By token, how many are before it. */
  readonly byToken: ReadonlyMap<string, number>;
  /** By the length of a value, how many tokens it has. */
  readonly byLength: ReadonlyMap<number, number>;
}

/** Nobody saw more than nothing. */
const noPlaces: Places = { byToken: new Map(), byLength: new Map([[0, 0]]) };

/** Cuts the longest value into tokens; a refusal when that cannot be done, or one of them comes twice. */
function placesOf(seen: string, by: KeyOperation, tokens: ReadonlyMap<string, number>): Opinion | Places {
  const lengths = [...new Set([...tokens.keys()].map((token) => token.length))];
  const byToken = new Map<string, number>();
  const byLength = new Map<number, number>([[0, 0]]);
  for (let at = 0; at < seen.length;) {
    const length = lengths.find((each) => at + each <= seen.length && tokens.has(seen.slice(at, at + each)));
    if (length === undefined) return no(by, `at byte ${at} of ${showBytes(seen as Bytes)} stands nothing that was appended`);
    const token = seen.slice(at, at + length);
    if (byToken.has(token)) return no(by, `${showBytes(token as Bytes)} was appended once and stands twice in ${showBytes(seen as Bytes)}`);
    byToken.set(token, byToken.size);
    at += length;
    byLength.set(at, byToken.size);
  }
  return { byToken, byLength };
}

/** A refusal when an operation returned before one was called that comes before it. */
function timesAgree(operations: readonly KeyOperation[], empty: Value, { byToken, byLength }: Places): Opinion | undefined {
  const groups: KeyOperation[][] = Array.from({ length: 2 * byToken.size + 2 }, () => []);
  for (const operation of operations) {
    const group = groupOf(operation, empty, byToken, byLength);
    if (group === undefined) return no(operation, "what was seen ends inside of a token, or is not what stands before it");
    (groups[group] as KeyOperation[]).push(operation);
  }
  let latest: KeyOperation | undefined;
  for (const group of groups) {
    for (const operation of group) {
      if (latest === undefined || operation.returned >= latest.call) continue;
      return no(operation, `it returned before ${whose(latest)}, which must come before it, was called`);
    }
    for (const operation of group) if (latest === undefined || operation.call > latest.call) latest = operation;
  }
  return undefined;
}

/** The group of an operation: 2n for reads of n tokens, 2n + 1 for the append of the next, the last for appends never seen. */
function groupOf(
  operation: KeyOperation,
  empty: Value,
  byToken: ReadonlyMap<string, number>,
  byLength: ReadonlyMap<number, number>,
): number | undefined {
  const { command, told } = operation;
  const before = told.value === empty ? 0 : told.value?.length;
  const tokensBefore = before === undefined ? undefined : byLength.get(before);
  if (told.value !== undefined && tokensBefore === undefined) return undefined;
  if (command.op !== "append") return 2 * (tokensBefore as number);
  const place = byToken.get(command.value);
  if (place === undefined) return 2 * byToken.size + 1;
  return tokensBefore === undefined || tokensBefore === place ? 2 * place + 1 : undefined;
}

/** A refusal that names the operation that gave it away. */
function no(operation: KeyOperation, reason: string): Opinion {
  return { verdict: "not linearizable", reason: `${whose(operation)}: ${reason}` };
}

function whose(operation: KeyOperation): string {
  return `client ${clientText(operation.client)}'s ${operationText(operation)} (called at ${operation.call})`;
}
