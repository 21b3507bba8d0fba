import type { World } from "./world.ts";

/** Which messages have been said, a bit for each. */
type Bits = Uint32Array;

interface Entry<T> {
  readonly said: Bits;
  readonly way: T;
  isNew: boolean;
}

/**
 * The worlds that were met. Where more was said, all can happen that can happen where less was said, and what never comes right does
 * not hang on it: so of worlds that differ in nothing else only those are kept in which most was said.
 */
export class Seen<T> {
  readonly #entries = new Map<string, Entry<T>[]>();
  readonly #touched = new Set<Entry<T>[]>();

  /** How many worlds there are that differ in more than in what was said. */
  get size(): number {
    return this.#entries.size;
  }

  add(world: World, way: T): void {
    const { locals, master, history, time } = world;
    const key = `${locals.join(",")};${master};${history};${time}`;
    const said = bitsOf(world.said);
    let entries = this.#entries.get(key);
    if (entries === undefined) {
      entries = [];
      this.#entries.set(key, entries);
    }
    if (entries.some((entry) => contains(entry.said, said))) return;
    const kept = entries.filter((entry) => !contains(said, entry.said));
    entries.length = 0;
    entries.push(...kept, { said, way, isNew: true });
    this.#touched.add(entries);
  }

  /** Those that were not handed out yet. */
  takeNew(): T[] {
    const found: T[] = [];
    for (const entries of this.#touched) {
      for (const entry of entries) {
        if (entry.isNew) found.push(entry.way);
        entry.isNew = false;
      }
    }
    this.#touched.clear();
    return found;
  }
}

function bitsOf(numbers: ReadonlySet<number>): Bits {
  let highest = 0;
  for (const number of numbers) highest = Math.max(highest, number);
  const bits = new Uint32Array((highest >>> 5) + 1);
  for (const number of numbers) bits[number >>> 5] = (bits[number >>> 5] as number) | (1 << (number & 31));
  return bits;
}

function contains(more: Bits, less: Bits): boolean {
  for (let at = 0; at < less.length; at += 1) {
    const bits = less[at] as number;
    if ((bits & (more[at] ?? 0)) >>> 0 !== bits) return false;
  }
  return true;
}
