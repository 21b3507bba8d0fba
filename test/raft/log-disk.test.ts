import fc from "fast-check";
import { expect, test } from "vitest";
import { replicaId } from "../../src/base/ids.ts";
import {
  appendEntries,
  compact,
  firstIndex,
  hasUnwritten,
  lastIndex,
  type Log,
  openLog,
  restore,
  termAt,
  truncate,
  writeDone,
  writeTaken,
  writeThatHolds,
} from "../../src/raft/log.ts";
import { membership } from "../../src/raft/membership.ts";
import { entryBytes, type Entry, type Mark } from "../../src/raft/types.ts";

const group = membership([replicaId(1)]);
const empty: Mark = { index: 0, term: 0, chain: 0, membership: group };

interface Write {
  readonly number: number;
  readonly install: Mark | undefined;
  readonly truncateFrom: number | undefined;
  readonly entries: readonly Entry[];
}

/** The slow oracle: a disk as a map from index to term, and the writes that have not reached it. */
class Model {
  readonly log: Log = openLog(empty, []);
  rows: Map<number, number> = new Map();
  queue: Write[] = [];
  next = 1;
  /** An index and a term name one entry, also after it was taken back: no term comes again there. */
  term = 1;
  /** Bytes of appended entries, by the write that takes them; the last is yet to come. */
  bytes: number[] = [0];

  append(rise: number, sizes: readonly number[]): void {
    const first = lastIndex(this.log) + 1;
    this.term += rise;
    const entries = sizes.map((size, i) => ({ index: first + i, term: this.term, data: new Uint8Array(size) }));
    appendEntries(this.log, entries);
    for (const entry of entries) this.bytes.push((this.bytes.pop() ?? 0) + entryBytes(entry));
  }

  take(): void {
    const { log } = this;
    const entries = log.entries.slice(log.written - log.mark.index);
    this.queue.push({ number: this.next, install: log.install, truncateFrom: log.truncatedFrom, entries });
    writeTaken(log, this.next);
    this.next += 1;
    this.bytes.push(0);
  }

  finish(count: number): void {
    const done = this.queue.splice(0, count);
    for (const write of done) land(this.rows, write);
    this.bytes.splice(0, done.length);
    const last = done.at(-1);
    if (last !== undefined) writeDone(this.log, last.number);
  }
}

/** Whether a disk with these rows has everything of the log up to `index`. */
function durable(log: Log, rows: ReadonlyMap<number, number>, index: number): boolean {
  for (let at = log.mark.index; at <= index; at += 1) {
    if (at > 0 && rows.get(at) !== termAt(log, at)) return false;
  }
  return true;
}

/** What a write does to the rows; the mark of a snapshot is a row like any other. */
function land(rows: Map<number, number>, write: Write): void {
  const { install, truncateFrom } = write;
  if (install !== undefined) {
    rows.clear();
    rows.set(install.index, install.term);
  }
  if (truncateFrom !== undefined) for (const at of rows.keys()) if (at >= truncateFrom) rows.delete(at);
  for (const { index, term } of write.entries) rows.set(index, term);
}

type Step = readonly ["append" | "truncate" | "take" | "finish" | "compact" | "restore", number, number];

function perform(model: Model, [kind, a, b]: Step): void {
  const { log } = model;
  if (kind === "append") model.append(a % 2, [b, a]);
  else if (kind === "take" && hasUnwritten(log)) model.take();
  else if (kind === "finish") model.finish(1 + (a % 3));
  else if (kind === "truncate" && lastIndex(log) >= firstIndex(log)) {
    const from = firstIndex(log) + (a % log.entries.length);
    truncate(log, from);
    // As in the core: what takes entries back puts others in their place.
    model.append(1, [b]);
  } else if (kind === "compact" && log.stable > log.mark.index) {
    const index = log.mark.index + 1 + (a % (log.stable - log.mark.index));
    compact(log, { index, term: termAt(log, index) ?? 0, chain: 0, membership: group });
  } else if (kind === "restore") {
    model.term += 1;
    restore(log, { index: lastIndex(log) - Math.min(2, log.entries.length) + 1 + a, term: model.term, chain: 0, membership: group });
  }
}

/** What does not hold of a log and its disk. */
function faults({ log, rows, queue, bytes }: Model): string[] {
  const atRest = queue.length === 0 && !hasUnwritten(log);
  const rules: Record<string, boolean> = {
    "mark <= stable, or a snapshot is being installed": log.mark.index <= log.stable || log.stable === 0,
    "stable <= written <= last": log.stable <= log.written && log.written <= lastIndex(log),
    "what is stable is durable": log.stable === 0 || durable(log, rows, log.stable),
    "at rest all is stable": !atRest || log.stable === lastIndex(log),
    "unstable bytes are counted": log.unstableBytes === bytes.reduce((sum, each) => sum + each, 0),
    "bytes are counted": log.bytes === log.entries.reduce((sum, entry) => sum + entryBytes(entry), 0),
  };
  return Object.keys(rules).filter((rule) => rules[rule] !== true);
}

const steps = fc.array(
  fc.tuple(
    fc.constantFrom("append", "append", "take", "take", "finish", "finish", "truncate", "truncate", "compact", "restore"),
    fc.nat(5),
    fc.nat(30),
  ),
  { maxLength: 40 },
);

test("P2 `stable` never claims what the disk lacks, whatever is taken back, compacted or replaced meanwhile", () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const model = new Model();
      for (const step of taken) {
        perform(model, step);
        expect(faults(model)).toEqual([]);
      }
    }),
    { numRuns: 2000 },
  );
});

test("P5 `writeThatHolds` names the first write after which an entry is durable", () => {
  fc.assert(
    fc.property(steps, fc.nat(20), (taken, at) => {
      const model = new Model();
      for (const step of taken) perform(model, step);
      const { log, next } = model;
      const index = Math.max(log.mark.index, Math.min(at, lastIndex(log)));
      const named = writeThatHolds(log, index, next);
      // What the disk will look like when each of the writes is done, the one to come included.
      if (hasUnwritten(log)) model.take();
      const rows = new Map(model.rows);
      let first = durable(log, rows, index) ? 0 : undefined;
      for (const write of model.queue) {
        land(rows, write);
        if (!durable(log, rows, index)) first = undefined;
        else first ??= write.number;
      }
      expect(named).toBe(index === 0 ? 0 : first);
    }),
    { numRuns: 2000 },
  );
});
