import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FuzzResult } from "../fuzz/fuzz-run.ts";
import { type FuzzVerdict, fuzzVerdict } from "../fuzz/text.ts";
import { type Machine, thisMachine } from "../machine.ts";
import type { YcsbResult } from "../ycsb/ycsb-run.ts";

/** What a fuzz run came to, as far as a report needs it. */
export interface FuzzSummary {
  readonly verdict: FuzzVerdict;
  readonly operations: number;
  readonly seconds: number;
  readonly longestMs: number;
  /** What was done to the servers, in sentences. */
  readonly events: readonly string[];
  readonly failures: readonly string[];
}

/** What of a fuzz run goes into a report; `events` are what was done to the servers. */
export function fuzzSummary(result: FuzzResult, events: readonly string[]): FuzzSummary {
  const operations = Object.values(result.counts).reduce((sum, count) => sum + count, 0);
  return {
    verdict: fuzzVerdict(result),
    operations,
    seconds: result.ms / 1000,
    longestMs: result.longest?.ms ?? 0,
    events,
    failures: result.failures,
  };
}

/** A result on disk: what was measured, and on what. `at` is when, by the wall clock. */
export type StoredResult = { readonly machine: Machine; readonly at: string } & Measured;

export type Measured = { readonly fuzz: FuzzSummary } | { readonly ycsb: YcsbResult };

/** Something that has just been measured here, as it is kept. */
export function storedNow(measured: Measured): StoredResult {
  return { machine: thisMachine(), at: new Date().toISOString(), ...measured };
}

/** Writes a result into a file, whose directory is made when it is missing. It is there whole, or not at all. */
export function writeResult(file: string, result: StoredResult): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(result, undefined, 1)}\n`);
  renameSync(`${file}.new`, file);
}

/** A file of results that cannot be read. The message is a sentence. */
export class BadResult extends Error {}

/** The results of a report, a file for each. */
export class Results {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Undefined where there is none. Throws `BadResult`. */
  read(name: string): StoredResult | undefined {
    const file = this.#file(name);
    if (!existsSync(file)) return undefined;
    try {
      return JSON.parse(readFileSync(file, "utf8")) as StoredResult;
    } catch (error) {
      throw new BadResult(`${file} is no result of a measurement; remove it, and it is measured again.`, { cause: error });
    }
  }

  write(name: string, result: StoredResult): void {
    writeResult(this.#file(name), result);
  }

  #file(name: string): string {
    return join(this.#directory, `${name}.json`);
  }
}
