import type { Failed } from "./inspector.ts";
import type { Looked, Opened, Refused } from "./look.ts";
import type { Notes } from "./notes.ts";

/**
 * What has become of a damaged directory. `refused`: by a sentence, before the replica took part. `refused later`: by a sentence, when
 * the damaged place was read. `identical`: nobody can tell a difference. `legal`: it is another state than before, but one that keeps
 * every promise, such as a later term, or a log that was not dropped yet. `hidden`: log, term and vote are right, but the applied
 * state lacks a row or holds an older version of one, which is documented. `aborted`: LevelDB itself has ended the process by a signal,
 * without a sentence, which is documented too. `wrong`: anything else.
 */
export const verdicts = ["refused", "refused later", "identical", "legal", "hidden", "aborted", "wrong"] as const;
export type Verdict = (typeof verdicts)[number];

export interface Judgement {
  readonly verdict: Verdict;
  readonly why: string;
}

/** Judges what was `found` in a directory that opened to `whole` before it was damaged, and whose servers have promised `notes`. */
export function judge(whole: Opened, notes: Notes, found: Looked | Failed): Judgement {
  if ("kind" in found) return judgeFailure(found);
  const { first, added, second } = found;
  if (first.kind === "refused") return judgeRefusal(first);
  const faults = faultsOf(first, notes, whole);
  const later = second === undefined ? undefined : judgeLater(first, notes, whole, added ?? [], second);
  if (faults.wrong.length > 0) return { verdict: "wrong", why: faults.wrong.join("; ") };
  if (later?.verdict === "wrong") return later;
  if (faults.hidden.length > 0) return { verdict: "hidden", why: faults.hidden.join("; ") };
  if (later !== undefined && later.verdict !== "identical") return later;
  const difference = differenceOf(whole, first);
  return difference === undefined ? { verdict: "identical", why: "" } : { verdict: "legal", why: difference };
}

function judgeFailure({ code, how, text }: Failed): Judgement {
  return { verdict: how === "died" && inLevel(code, text) ? "aborted" : "wrong", why: `${how}: ${text}` };
}

/** What LevelDB asserts of a table file whose bytes it trusts ends the process as a crash does: nothing wrong is said or promised. */
export function inLevel(code: number | string | undefined, stderr: string): boolean {
  return code === "SIGABRT" && /leveldb.*Assertion/.test(stderr);
}

function judgeRefusal({ reason, sentence, during }: Refused): Judgement {
  const isSentence = /^\S[^\n]*\.$/.test(sentence);
  if (!isSentence || (reason !== "data_damaged" && reason !== "data_unusable"))
    return { verdict: "wrong", why: `ended as ${reason} while ${during}: ${sentence}` };
  return { verdict: during === "opening" ? "refused" : "refused later", why: sentence };
}

/** What was left of everything after the replica had gone on to work: what it promised then counts as well. */
function judgeLater(first: Opened, notes: Notes, whole: Opened, added: NonNullable<Looked["added"]>, second: Refused | Opened): Judgement {
  if (second.kind === "refused") return judgeRefusal(second);
  const entries = new Map(notes.entries);
  for (const [index, term, digest] of added) entries.set(index, { term, digest });
  const { wrong, hidden } = faultsOf(second, { ...notes, entries, term: Math.max(notes.term, first.term) }, whole);
  if (wrong.length > 0) return { verdict: "wrong", why: `after going on: ${wrong.join("; ")}` };
  if (hidden.length > 0) return { verdict: "hidden", why: `after going on: ${hidden.join("; ")}` };
  return { verdict: "identical", why: "" };
}

interface Faults {
  readonly wrong: string[];
  readonly hidden: string[];
}

/** What the opened directory has forgotten of `notes`, and what it holds that never was. */
export function faultsOf(opened: Opened, notes: Notes, whole: Opened | undefined): Faults {
  const faults: Faults = { wrong: [], hidden: [] };
  const { mark, entries, applied, held, term, vote } = opened;
  const last = mark.index + entries.length;
  if (term < notes.term) faults.wrong.push(`term ${term}, but ${notes.term} was voted in`);
  if (term === notes.term && term > 0 && vote !== 0) faults.wrong.push(`the vote in term ${term} is gone`);
  if (applied < mark.index || applied > last) faults.wrong.push(`${applied} is applied, but the log reaches from ${mark.index} to ${last}`);
  const right = rightEntries(notes, whole);
  for (const [index, promised] of notes.entries) {
    if (index > last) faults.wrong.push(`entry ${index} was acknowledged, and the log ends at ${last}`);
    if (index === mark.index && promised.term !== mark.term) faults.wrong.push(`the log's mark at ${index} is of term ${mark.term}`);
  }
  for (const [at, [entryTerm, digest]] of entries.entries()) {
    const entry = right.get(mark.index + at + 1);
    if (entry !== undefined && (entry.term !== entryTerm || entry.digest !== digest))
      faults.wrong.push(`entry ${mark.index + at + 1} is another one`);
  }
  judgeRows(opened, right, faults);
  judgeLedger(opened, notes, faults);
  if (held !== applied) faults.hidden.push(`the state says that it holds ${held} entries, as of ${applied}`);
  return faults;
}

function judgeRows({ rows, mark, entries }: Opened, right: ReturnType<typeof rightEntries>, { wrong, hidden }: Faults): void {
  for (const [at, digest] of rows.entries()) {
    const index = at + 1;
    const expected = right.get(index)?.digest ?? entries[index - mark.index - 1]?.[1];
    if (digest === null) hidden.push(`the state's row for ${index} is gone`);
    else if (expected !== undefined && digest !== expected) wrong.push(`the state holds another entry ${index}`);
  }
}

function judgeLedger({ ledger }: Opened, { rows, cell }: Notes, { wrong }: Faults): void {
  if (!ledger.whole) wrong.push(`the rows are not those of the batches up to ${ledger.last}`);
  if (ledger.last < rows.finished || ledger.last > rows.begun)
    wrong.push(`the rows are those of batch ${ledger.last}, but ${rows.finished} was finished and ${rows.begun} begun`);
  if (ledger.cell < cell.finished || ledger.cell > cell.begun)
    wrong.push(`the cell holds ${ledger.cell}, but ${cell.finished} was finished and ${cell.begun} begun`);
}

/** Every entry that is known: what was acknowledged, and what the undamaged directory holds besides. */
function rightEntries(notes: Notes, whole: Opened | undefined): Map<number, { readonly term: number; readonly digest: string }> {
  const right = new Map<number, { readonly term: number; readonly digest: string }>();
  for (const [at, [term, digest]] of whole?.entries.entries() ?? []) right.set((whole as Opened).mark.index + at + 1, { term, digest });
  for (const [index, promised] of notes.entries) right.set(index, promised);
  return right;
}

/** In what two directories differ that are both right; undefined when they do not. */
function differenceOf(whole: Opened, found: Opened): string | undefined {
  const differences = [
    found.term === whole.term ? "" : `term ${found.term} for ${whole.term}`,
    found.vote === whole.vote ? "" : "another vote",
    found.mark.index === whole.mark.index ? "" : `the mark at ${found.mark.index} for ${whole.mark.index}`,
    found.applied === whole.applied ? "" : `${found.applied} applied for ${whole.applied}`,
    found.mark.index + found.entries.length === whole.mark.index + whole.entries.length ? "" : "another end, unacknowledged",
  ].filter((difference) => difference !== "");
  return differences.length === 0 ? undefined : differences.join(", ");
}
