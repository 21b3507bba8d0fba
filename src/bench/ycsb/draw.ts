import type { Rng } from "../../base/rng.ts";
import { KnownKeys, recordKey, Values } from "./records.ts";
import { scanLengthMax, type Workload } from "./workloads.ts";
import { Latest, ScrambledZipfian } from "./zipfian.ts";

/** What a client of a benchmark does next. A `modify` reads the key, and then writes it. */
export type YcsbOperation =
  | { readonly kind: "read"; readonly key: string }
  | { readonly kind: "insert" | "update" | "modify"; readonly key: string; readonly value: string }
  | { readonly kind: "scan"; readonly start: string; readonly end: string };

/** What one client does, one thing after the other; undefined when it is done. */
export interface Draw {
  next(): YcsbOperation | undefined;
}

/** The load: every client inserts all records, so that all but the first write over what is there. */
export class LoadDraw implements Draw {
  readonly #values: Values;
  readonly #records: number;
  #done = 0;

  constructor(rng: Rng, records: number) {
    this.#values = new Values(rng);
    this.#records = records;
  }

  next(): YcsbOperation | undefined {
    if (this.#done === this.#records) return undefined;
    this.#done += 1;
    return { kind: "insert", key: recordKey(this.#done - 1), value: this.#values.whole() };
  }
}

/** The run of a workload. All clients insert the same further records. */
export class RunDraw implements Draw {
  readonly #workload: Workload;
  readonly #rng: Rng;
  readonly #values: Values;
  readonly #known: KnownKeys;
  readonly #zipfian: ScrambledZipfian;
  readonly #latest: Latest;
  /** Records that are there. */
  #records: number;
  #left: number;

  constructor(workload: Workload, records: number, operations: number, rng: Rng) {
    this.#known = new KnownKeys(records);
    this.#records = records;
    this.#workload = workload;
    this.#left = operations;
    this.#rng = rng.fork("operations");
    this.#values = new Values(rng.fork("values"));
    // As YCSB: keys are drawn from those that are expected, and drawn again where they are not there yet.
    const expected = Math.floor((operations * workload.insert * 2) / 100);
    this.#zipfian = new ScrambledZipfian(rng.fork("keys"), records + expected);
    this.#latest = new Latest(rng.fork("latest"), records);
  }

  next(): YcsbOperation | undefined {
    if (this.#left === 0) return undefined;
    this.#left -= 1;
    const { read, update, insert, scan } = this.#workload;
    const drawn = this.#rng.int(0, 99);
    if (drawn < read) return { kind: "read", key: this.#key() };
    if (drawn < read + update) return { kind: "update", key: this.#key(), value: this.#values.one() };
    if (drawn < read + update + insert) return this.#insert();
    if (drawn < read + update + insert + scan) return this.#scan();
    return { kind: "modify", key: this.#key(), value: this.#values.one() };
  }

  #key(): string {
    if (this.#workload.keys === "latest") return recordKey(this.#latest.next(this.#records));
    for (;;) {
      const record = this.#zipfian.next();
      if (record < this.#records) return recordKey(record);
    }
  }

  #insert(): YcsbOperation {
    const key = recordKey(this.#records);
    this.#records += 1;
    this.#known.add(key);
    return { kind: "insert", key, value: this.#values.whole() };
  }

  #scan(): YcsbOperation {
    const start = this.#key();
    return { kind: "scan", start, end: this.#known.endOf(start, this.#rng.int(1, scanLengthMax)) };
  }
}
