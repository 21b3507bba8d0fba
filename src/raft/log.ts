import { assert, present } from "../base/assert.ts";
import { type Entry, entryBytes, type LogIndex, type Mark, type Term } from "./types.ts";

/** A write on its way to the disk. */
interface UnfinishedWrite {
  readonly number: number;
  /** All entries up to here are durable when it is done. Lowered when a truncation takes entries back (rule P2). */
  highest: LogIndex;
  readonly bytes: number;
}

/** The retained log: everything behind `mark`, in memory. `mark.index <= stable <= written <= last`, but for an install. */
export interface Log {
  mark: Mark;
  /** Entry `i` stands at `i - mark.index - 1`. */
  entries: Entry[];
  /** What `entries` count for. */
  bytes: number;
  /** Handed to the disk up to here. */
  written: LogIndex;
  /** Durable up to here; 0 while a snapshot is being installed. */
  stable: LogIndex;
  /** The lowest truncation since the last write was taken. */
  truncatedFrom: LogIndex | undefined;
  /** The snapshot that the next write installs. */
  install: Mark | undefined;
  /** In the order of their numbers. */
  writes: UnfinishedWrite[];
  /** What appended entries count for until the write that takes them is done; entries taken back meanwhile still count. */
  unstableBytes: number;
  /** The part of `unstableBytes` that no write has taken yet. */
  unwrittenBytes: number;
}

export function openLog(mark: Mark, entries: readonly Entry[]): Log {
  const log: Log = {
    mark,
    entries: [],
    bytes: 0,
    written: 0,
    stable: 0,
    truncatedFrom: undefined,
    install: undefined,
    writes: [],
    unstableBytes: 0,
    unwrittenBytes: 0,
  };
  appendEntries(log, entries);
  log.written = log.stable = lastIndex(log);
  log.unstableBytes = log.unwrittenBytes = 0;
  return log;
}

export function firstIndex(log: Log): LogIndex {
  return log.mark.index + 1;
}

export function lastIndex(log: Log): LogIndex {
  return log.mark.index + log.entries.length;
}

export function lastTerm(log: Log): Term {
  return log.entries.length > 0 ? (log.entries[log.entries.length - 1] as Entry).term : log.mark.term;
}

/** The term of the entry at `index`; undefined when it is compacted away or not there yet. The mark's own term is known. */
export function termAt(log: Log, index: LogIndex): Term | undefined {
  if (index === log.mark.index) return log.mark.term;
  return log.entries[index - log.mark.index - 1]?.term;
}

/** Whether this log holds, or held before it was compacted, the entry of that index and term. */
export function holds(log: Log, index: LogIndex, term: Term): boolean {
  return termAt(log, index) === term;
}

/** Whether a log that ends like this is at least as up to date as ours (Raft, 5.4.1). */
export function isUpToDate(log: Log, index: LogIndex, term: Term): boolean {
  return term > lastTerm(log) || (term === lastTerm(log) && index >= lastIndex(log));
}

/** The entries from `from` to `to`, both included; all of them are retained. */
export function entriesBetween(log: Log, from: LogIndex, to: LogIndex): Entry[] {
  assert(from >= firstIndex(log) && to <= lastIndex(log), "only retained entries are read");
  return log.entries.slice(from - log.mark.index - 1, to - log.mark.index);
}

/** Entries from `from` on, up to `to`, until `bytesMax` or `countMax` is reached; at least one if there is any. */
export function entriesWithin(log: Log, from: LogIndex, to: LogIndex, bytesMax: number, countMax: number): Entry[] {
  let bytes = 0;
  let end = from;
  while (end <= to && end - from < countMax) {
    bytes += entryBytes(log.entries[end - log.mark.index - 1] as Entry);
    if (bytes > bytesMax && end > from) break;
    end += 1;
  }
  return entriesBetween(log, from, end - 1);
}

/** Adds entries at the end; they follow the last one without a gap, and terms do not fall. */
export function appendEntries(log: Log, entries: readonly Entry[]): void {
  for (const entry of entries) {
    assert(entry.index === lastIndex(log) + 1, "an entry follows the last one");
    assert(entry.term >= lastTerm(log), "terms do not fall along the log");
    log.entries.push(entry);
    log.bytes += entryBytes(entry);
    log.unwrittenBytes += entryBytes(entry);
    log.unstableBytes += entryBytes(entry);
  }
}

/** Takes back everything from `from` on. Writes in flight no longer make durable what they carried of it (rule P2). */
export function truncate(log: Log, from: LogIndex): void {
  assert(from >= firstIndex(log) && from <= lastIndex(log), "only retained entries are taken back");
  for (const entry of log.entries.splice(from - log.mark.index - 1)) log.bytes -= entryBytes(entry);
  if (log.written >= from) log.truncatedFrom = Math.min(from, log.truncatedFrom ?? from);
  log.written = Math.min(log.written, from - 1);
  log.stable = Math.min(log.stable, from - 1);
  for (const write of log.writes) write.highest = Math.min(write.highest, from - 1);
}

/** Forgets everything up to `mark.index`, which the state holds. */
export function compact(log: Log, mark: Mark): void {
  assert(mark.index >= log.mark.index && mark.index <= log.stable, "only durable entries are compacted");
  assert(holds(log, mark.index, mark.term), "the mark is an entry of this log");
  for (const entry of log.entries.splice(0, mark.index - log.mark.index)) log.bytes -= entryBytes(entry);
  log.mark = mark;
}

/** Replaces the whole log by a snapshot. Nothing is durable until the write that installs it is. */
export function restore(log: Log, mark: Mark): void {
  log.mark = mark;
  log.entries = [];
  log.bytes = 0;
  log.written = mark.index;
  log.stable = 0;
  log.truncatedFrom = undefined;
  log.install = mark;
  for (const write of log.writes) write.highest = 0;
}

/** Whether the disk lacks something of this log. */
export function hasUnwritten(log: Log): boolean {
  return log.written < lastIndex(log) || log.truncatedFrom !== undefined || log.install !== undefined;
}

/** Notes that write `number` holds everything up to the last entry. */
export function writeTaken(log: Log, number: number): void {
  log.written = lastIndex(log);
  log.truncatedFrom = undefined;
  log.install = undefined;
  log.writes.push({ number, highest: log.written, bytes: log.unwrittenBytes });
  log.unwrittenBytes = 0;
}

/** Notes that write `number`, and all before it, are durable. */
export function writeDone(log: Log, number: number): void {
  while (log.writes.length > 0 && (log.writes[0] as UnfinishedWrite).number <= number) {
    const write = present(log.writes.shift(), "a write is unfinished");
    log.stable = Math.max(log.stable, write.highest);
    log.unstableBytes -= write.bytes;
  }
  assert(log.stable <= lastIndex(log), "only entries of this log are stable");
}

/** How far the log will be durable when write `number`, and all before it, are. */
export function stableAfter(log: Log, number: number): LogIndex {
  let stable = log.stable;
  for (const write of log.writes) if (write.number <= number) stable = Math.max(stable, write.highest);
  return stable;
}

/** The number of the write after which everything up to `index` is durable; 0 when it is, `next` when none holds it yet. */
export function writeThatHolds(log: Log, index: LogIndex, next: number): number {
  if (index <= log.stable) return 0;
  for (const write of log.writes) if (write.highest >= index) return write.number;
  return next;
}

/**
 * The last place up to `index` whose entry has a term of at most `term`: no later one can be shared with a log whose entry at
 * `index` has that term (fast backtracking, Raft 5.3). The mark counts; below it nothing is known.
 */
export function lastNotAbove(log: Log, index: LogIndex, term: Term): LogIndex {
  let low = log.mark.index;
  let high = Math.max(low, Math.min(index, lastIndex(log)));
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((termAt(log, middle) as Term) > term) high = middle - 1;
    else low = middle;
  }
  return low;
}
