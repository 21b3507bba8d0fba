import type { WrittenKeys } from "./load.ts";

/** The rig's keys, by their numbers, and what is written to them. */
export class Keys implements WrittenKeys {
  readonly count: number;
  readonly #valueBytes: number;
  /** The newest version that was acknowledged of each key. */
  readonly #acknowledged: Float64Array;
  #writes = 0;

  constructor(count: number, valueBytes: number) {
    this.count = count;
    this.#valueBytes = valueBytes;
    this.#acknowledged = new Float64Array(count);
  }

  key(number: number): string {
    return `key ${String(number).padStart(9, "0")}`;
  }

  /** A value for that key that no other key has, and that it never had. */
  value(number: number): string {
    this.#writes += 1;
    return `${this.key(number)} ${this.#writes} `.padEnd(this.#valueBytes, ".");
  }

  acknowledged(number: number, version: number): void {
    this.#acknowledged[number] = Math.max(this.#acknowledged[number] ?? 0, version);
  }

  /** What is wrong with the row that stands at this place of a scan over everything; undefined when nothing is. */
  fault(place: number, key: string, value: string, version: number): string | undefined {
    if (key !== this.key(place)) return `at place ${place} there is ${key}`;
    if (!value.startsWith(`${key} `) || value.length !== this.#valueBytes) return `${key} has a value that is not its own`;
    const acknowledged = this.#acknowledged[place] ?? 0;
    return version < acknowledged ? `${key} is at version ${version}, and ${acknowledged} was acknowledged` : undefined;
  }
}
