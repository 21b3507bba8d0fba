import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { putU64 } from "../../src/base/bytes.ts";
import { groupId, replicaId } from "../../src/base/ids.ts";
import type { WriteOp } from "../../src/env/storage.ts";
import { membership } from "../../src/raft/membership.ts";
import type { Entry, Mark } from "../../src/raft/types.ts";
import { LevelStorage } from "../../src/real/level-storage.ts";
import { openLevel } from "../../src/real/level.ts";
import { Turn } from "../../src/real/turn.ts";
import { LogStore } from "../../src/rsm/log/log-store.ts";
import { Keys } from "../../src/rsm/log/rows.ts";
import { commandBatch, throughputSettings } from "./throughput-run.ts";

/** What is written: rows of a key like a log row's and a value like a command's. */
export const diskSettings: Readonly<Record<"keyBytes" | "valueBytes" | "rounds", number>> = {
  keyBytes: 13,
  valueBytes: throughputSettings.commandBytes,
  rounds: 41,
};

/** Batches of so many rows or entries. */
const sizes = (process.env["SIZES"] ?? "1,16,64,256").split(",").map(Number);

/** The log is compacted when it holds so many entries. */
const entriesMax = 65_536;

/** What all batches of one size have cost on one way to the disk. */
export interface DiskMeasured {
  readonly name: string;
  readonly size: number;
  readonly rows: number;
  readonly rowsPerS: number;
  /** Of all threads: LevelDB's own work is in it. */
  readonly cpuUsEach: number;
  /** How much that is beside a bare `level`: the median over all rounds, in each of which the two ran one after the other. */
  readonly ratio: number;
}

/** One way to put rows on the disk. */
interface DiskCase {
  readonly name: string;
  /** Writes so many rows, synced, and calls `done`. */
  readonly write: (size: number, done: () => void) => void;
  readonly close: () => Promise<void>;
}

/**
 * Runs each way for about `ms` milliseconds with each size, in short turns, so that a slow moment of the machine meets all of them. The
 * disk and the machine's other work decide how many rows a second there are; the CPU time for each hardly depends on them.
 */
export async function measureDisk(ms: number): Promise<DiskMeasured[]> {
  const directory = mkdtempSync(join(tmpdir(), "kvorum-bench-"));
  const cases = [
    await bareCase(join(directory, "bare")),
    await storageCase("LevelStorage, one write", join(directory, "storage"), writeAtOnce),
    await storageCase("LevelStorage, a write for each row", join(directory, "writes"), writeEach),
    await logCase(join(directory, "log")),
  ];
  try {
    const measured: DiskMeasured[] = [];
    for (const size of sizes) measured.push(...(await measureSize(cases, size, ms)));
    return measured;
  } finally {
    for (const { close } of cases) await close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureSize(cases: readonly DiskCase[], size: number, ms: number): Promise<DiskMeasured[]> {
  const turns: Round[][] = cases.map(() => []);
  for (let round = -1; round < diskSettings.rounds; round += 1) {
    for (const [at, own] of turns.entries()) {
      const turn = await runFor(cases[at] as DiskCase, size, ms / diskSettings.rounds);
      // The round before the first one warms up.
      if (round >= 0) own.push(turn);
    }
  }
  const bare = turns[0] as Round[];
  return cases.map(({ name }, at) => {
    const own = turns[at] as Round[];
    const [rows, wallMs, cpuUs] = [sum(own, "rows"), sum(own, "wallMs"), sum(own, "cpuUs")];
    const ratio = median(own.map((turn, round) => cpuEach(turn) / cpuEach(bare[round] as Round)));
    return { name, size, rows, rowsPerS: (rows / wallMs) * 1000, cpuUsEach: cpuUs / rows, ratio };
  });
}

/** What one way has done in one round. */
interface Round {
  readonly rows: number;
  readonly wallMs: number;
  readonly cpuUs: number;
}

function sum(turns: readonly Round[], name: keyof Round): number {
  return turns.reduce((total, turn) => total + turn[name], 0);
}

function cpuEach({ rows, cpuUs }: Round): number {
  return cpuUs / rows;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** One batch after the other, for so long. */
async function runFor({ write }: DiskCase, size: number, ms: number): Promise<Round> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let rows = 0;
  await new Promise<void>((resolve) => {
    const next = (): void => {
      rows += size;
      if (performance.now() - start < ms) write(size, next);
      else resolve();
    };
    write(size, next);
  });
  const { user, system } = process.cpuUsage(cpu);
  return { rows, wallMs: performance.now() - start, cpuUs: user + system };
}

const value = new Uint8Array(diskSettings.valueBytes).map((_, i) => Math.imul(i + 1, 0x9e3779b1) >>> 11);

/** A key of its own for each row, in ascending order. */
function keysFrom(): () => Uint8Array {
  let number = 0;
  return () => {
    const key = new Uint8Array(diskSettings.keyBytes);
    putU64(key, 5, (number += 1));
    return key;
  };
}

async function bareCase(path: string): Promise<DiskCase> {
  const level = new Level<Uint8Array, Uint8Array>(path, { keyEncoding: "view", valueEncoding: "view" });
  await level.open();
  const key = keysFrom();
  const write = (size: number, done: () => void): void => {
    const batch = level.batch();
    for (let i = 0; i < size; i += 1) batch.put(key(), value);
    void batch.write({ sync: true }).then(done);
  };
  return { name: "bare level", write, close: () => level.close() };
}

type WriteTo = (storage: LevelStorage, ops: readonly WriteOp[], done: () => void) => void;

const writeAtOnce: WriteTo = (storage, ops, done) => storage.write(ops, { sync: true }, done);

const writeEach: WriteTo = (storage, ops, done) => {
  for (const [at, op] of ops.entries()) storage.write([op], { sync: true }, at === ops.length - 1 ? done : nothing);
};

function nothing(): void {}

function stop(_: string, sentence: string): void {
  throw new Error(sentence);
}

async function openStorage(path: string): Promise<LevelStorage> {
  return new LevelStorage(await openLevel(path, { create: true }), { turn: new Turn(), stop });
}

async function storageCase(name: string, path: string, writeTo: WriteTo): Promise<DiskCase> {
  const storage = await openStorage(path);
  const key = keysFrom();
  const write = (size: number, done: () => void): void => {
    const ops = Array.from({ length: size }, () => ({ op: "put", key: key(), value }) as const);
    writeTo(storage, ops, done);
  };
  return { name, write, close: () => storage.close() };
}

/** Appends of entries: a log row for all of them, and term and vote. */
async function logCase(path: string): Promise<DiskCase> {
  const storage = await openStorage(path);
  const group = membership([0, 1, 2].map(replicaId));
  const start: Mark = { index: 0, term: 0, chain: 0, membership: group };
  const log = new LogStore(storage, new Keys(groupId(1)), { mark: start, rows: [], chains: [], truncatedIn: 0 });
  const command = commandBatch()[0] as Uint8Array;
  const hardState = { term: 7, vote: undefined };
  let number = 0;
  const write = (size: number, done: () => void): void => {
    const { last } = log;
    number += 1;
    const entries: Entry[] = Array.from({ length: size }, (_, at) => ({ index: last + 1 + at, term: 7, data: command }));
    if (last - log.mark.index >= entriesMax) log.compact({ index: last, term: 7, chain: log.chainAt(last), membership: group });
    log.write({ number, hardState, hardStateChanged: false, install: undefined, truncateFrom: undefined, entries }, last, [], done);
  };
  return { name: "log store on LevelStorage", write, close: () => storage.close() };
}
