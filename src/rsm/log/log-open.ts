import { Malformed } from "../../base/codec.ts";
import { afterPrefix } from "../../base/bytes.ts";
import type { KeyRange, Row, Storage, StorageView } from "../../env/storage.ts";
import type { Restored } from "../../raft/open.ts";
import type { Entry, HardState, LogIndex, Mark } from "../../raft/types.ts";
import { type HardCellValue } from "./hard-cell.ts";
import type { LogOnDisk, RowOnDisk } from "./log-store.ts";
import {
  type AppliedRow,
  chainAfter,
  decodeApplied,
  decodeHard,
  decodeLogRow,
  decodeMark,
  firstOfLogRow,
  type HardRow,
  type Keys,
} from "./rows.ts";

/** What a replica finds when it opens its rows. */
export type Opened =
  | { readonly kind: "new" }
  | { readonly kind: "restored"; readonly restored: Restored; readonly log: LogOnDisk; readonly generation: number }
  | { readonly kind: "damaged"; readonly why: string };

/** Nothing that is damaged may vote, acknowledge or serve: the sentence says what was found. */
class Damage extends Error {}

const page = { rowsMax: 256, bytesMax: 1024 * 1024 };

/**
 * Reads the log from the mark to the end and holds it against everything that was promised about it: no gap, no row that does
 * not follow from the one before (chain, terms), nothing acknowledged that is gone, no term or vote older than the cell's.
 */
export function openLogStore(storage: Storage, keys: Keys, cell: HardCellValue, opened: (found: Opened) => void): void {
  storage.snapshot((view) => {
    const rows: Row[] = [];
    readAll(view, { from: keys.logPrefix, to: afterPrefix(keys.logPrefix) }, rows, () => {
      view.close();
      opened(judge(storage, keys, cell, rows));
    });
  });
}

function readAll(view: StorageView, range: KeyRange, into: Row[], done: () => void): void {
  view.scan(range, page, (rows, rest) => {
    into.push(...rows);
    if (rest === undefined) done();
    else readAll(view, rest, into, done);
  });
}

function judge(storage: Storage, keys: Keys, cell: HardCellValue, rows: readonly Row[]): Opened {
  try {
    return judgeRows(storage, keys, cell, rows);
  } catch (error) {
    if (error instanceof Damage) return { kind: "damaged", why: error.message };
    throw error;
  }
}

function judgeRows(storage: Storage, keys: Keys, cell: HardCellValue, rows: readonly Row[]): Opened {
  const markRow = storage.get(keys.mark);
  const hardRow = storage.get(keys.hard);
  const appliedRow = storage.get(keys.applied);
  if (markRow === undefined) {
    damageIf(rows.length > 0 || hardRow !== undefined || appliedRow !== undefined, "the log's mark is gone");
    damageIf(cell.hardState.term > 0 || cell.acknowledged > 0, "the log is gone, but its cell remembers it");
    return { kind: "new" };
  }
  const mark = readRow("the log's mark", () => decodeMark(markRow));
  const noHard: HardRow = { term: 0, vote: undefined, acknowledged: 0, truncatedIn: 0 };
  const hard = hardRow === undefined ? noHard : readRow("the row of term and vote", () => decodeHard(hardRow));
  damageIf(appliedRow === undefined, "the applied row is gone");
  damageIf(mark.term > hard.term, `the log's mark at ${mark.index} has an impossible term`);
  const applied = readRow("the applied row", () => decodeApplied(appliedRow as Uint8Array));
  const log = walk(mark, rows, hard);
  checkPromises(mark, hard, cell, log);
  checkApplied(mark, applied, log);
  const restored: Restored = { hardState: reconcile(hard, cell), mark, entries: log.entries, applied: applied.index };
  return {
    kind: "restored",
    restored,
    log: { mark, rows: log.rows, chains: log.chains, truncatedIn: hard.truncatedIn },
    generation: applied.generation,
  };
}

interface Walked {
  readonly rows: RowOnDisk[];
  /** Behind the mark. */
  readonly entries: Entry[];
  readonly chains: number[];
}

/** Follows the rows from the one that reaches over the mark to the last. */
function walk(mark: Mark, rows: readonly Row[], hard: HardRow): Walked {
  const walked: Walked = { rows: [], entries: [], chains: [] };
  let next: LogIndex | undefined;
  let chain = mark.chain;
  let term = 0;
  for (const row of rows) {
    const first = readRow("a log row", () => firstOfLogRow(row.key));
    const { chainBefore, entries } = readRow(`the log row at ${first}`, () => decodeLogRow(row.value, first));
    damageIf(entries.length === 0, `the log row at ${first} is empty`);
    damageIf(next === undefined ? first > mark.index + 1 : first !== next, `the log has a hole before ${first}`);
    damageIf(
      next === undefined ? first === mark.index + 1 && chainBefore !== mark.chain : chainBefore !== chain,
      `the log row at ${first} does not follow from what stands before it`,
    );
    if (next === undefined) chain = chainBefore;
    if (first === mark.index + 1) term = mark.term;
    for (const entry of entries) {
      damageIf(entry.term < term || entry.term > hard.term, `the entry at ${entry.index} has an impossible term`);
      term = entry.term;
      chain = chainAfter(chain, entry);
      if (entry.index === mark.index)
        damageIf(chain !== mark.chain || term !== mark.term, `the log does not lead to its mark at ${mark.index}`);
      if (entry.index <= mark.index) continue;
      walked.entries.push(entry);
      walked.chains.push(chain);
    }
    next = first + entries.length;
    damageIf(next <= mark.index + 1, `the log row at ${first} should have been dropped`);
    walked.rows.push({ first, count: entries.length, bytes: row.key.length + row.value.length });
  }
  return walked;
}

function checkPromises(mark: Mark, hard: HardRow, cell: HardCellValue, log: Walked): void {
  const last = mark.index + log.entries.length;
  damageIf(last < hard.acknowledged, `the log ends at ${last}, but ${hard.acknowledged} was durable`);
  const binding = cell.acknowledgedIn >= hard.truncatedIn;
  damageIf(binding && last < cell.acknowledged, `the log ends at ${last}, but ${cell.acknowledged} was acknowledged`);
  const other = cell.acknowledged >= mark.index && chainAt(mark, log, cell.acknowledged) !== cell.acknowledgedChain;
  damageIf(binding && other, `the log up to ${cell.acknowledged} is not the one that was acknowledged`);
  damageIf(hard.term < cell.hardState.term, `the log's term ${hard.term} is older than the cell's ${cell.hardState.term}`);
  const bothVoted = hard.term === cell.hardState.term && hard.vote !== undefined && cell.hardState.vote !== undefined;
  damageIf(bothVoted && hard.vote !== cell.hardState.vote, `the log and the cell hold different votes in term ${hard.term}`);
}

function checkApplied(mark: Mark, applied: AppliedRow, log: Walked): void {
  const last = mark.index + log.entries.length;
  damageIf(
    applied.index < mark.index || applied.index > last,
    `${applied.index} is applied, but the log reaches from ${mark.index} to ${last}`,
  );
  const term = applied.index === mark.index ? mark.term : log.entries[applied.index - mark.index - 1]?.term;
  const follows = chainAt(mark, log, applied.index) === applied.chain && term === applied.term;
  damageIf(!follows, `the state at ${applied.index} does not follow from the log`);
}

/** The hash over everything up to `index`, which is the mark or behind it. */
function chainAt(mark: Mark, log: Walked, index: LogIndex): number | undefined {
  return index === mark.index ? mark.chain : log.chains[index - mark.index - 1];
}

/** Of two copies of the same term the one that holds a vote wins (rule P8). */
function reconcile(hard: HardRow, cell: HardCellValue): HardState {
  const vote = hard.vote ?? (cell.hardState.term === hard.term ? cell.hardState.vote : undefined);
  return { term: hard.term, vote };
}

/** What a row holds; one that cannot be decoded is damage, and the sentence names it. */
function readRow<T>(name: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new Damage(`${name} is unreadable: ${error.message}`);
  }
}

function damageIf(condition: boolean, why: string): void {
  if (condition) throw new Damage(why);
}
