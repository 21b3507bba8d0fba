import { assert } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import { fnvHash64 } from "./fnv.ts";

/** How uneven YCSB's keys are. */
const zipfianConstant = 0.99;

/** The sum of `1 / i^theta` for `i` from `from + 1` to `to`. */
function zetaPart(from: number, to: number): number {
  let sum = 0;
  for (let i = from + 1; i <= to; i += 1) sum += 1 / i ** zipfianConstant;
  return sum;
}

/**
 * Whole numbers from 0, the small ones most often: 0 comes with a share of `1 / zeta(items)`, and `i` with `1 / (i + 1)^0.99` of that. The first
 * two have their exact share, the others nearly. This is YCSB's way to draw them, after Gray and others, "Quickly generating billion-record
 * synthetic databases".
 */
export class Zipfian {
  readonly #rng: Rng;
  #items: number;
  #zeta: number;
  #eta: number;

  /** `zeta` is that of `items`, where adding it up would take too long. */
  constructor(rng: Rng, items: number, zeta: number = zetaPart(0, items)) {
    assert(items > 1, "there are several to draw from");
    this.#rng = rng;
    this.#items = items;
    this.#zeta = zeta;
    this.#eta = etaOf(items, zeta);
  }

  /** One of so many; there may be more than at the draw before, not fewer. */
  next(items: number = this.#items): number {
    if (items !== this.#items) this.#grow(items);
    const u = this.#rng.unit();
    const share = u * this.#zeta;
    if (share < 1) return 0;
    if (share < 1 + 0.5 ** zipfianConstant) return 1;
    return Math.floor(items * (this.#eta * u - this.#eta + 1) ** (1 / (1 - zipfianConstant)));
  }

  #grow(items: number): void {
    assert(items > this.#items, "items become more, never fewer");
    this.#zeta += zetaPart(this.#items, items);
    this.#items = items;
    this.#eta = etaOf(items, this.#zeta);
  }
}

function etaOf(items: number, zeta: number): number {
  return (1 - (2 / items) ** (1 - zipfianConstant)) / (1 - zetaPart(0, 2) / zeta);
}

/** YCSB draws from so many, whatever the number of records, and spreads them by a hash; and knows their zeta by heart. */
const scrambledItems = 10_000_000_000;
const scrambledZeta = 26.46902820178302;

/** Whole numbers from 0 to `items - 1`, some far more often than others, and the frequent ones anywhere. */
export class ScrambledZipfian {
  readonly #zipfian: Zipfian;
  readonly #items: bigint;

  constructor(rng: Rng, items: number) {
    this.#zipfian = new Zipfian(rng, scrambledItems, scrambledZeta);
    this.#items = BigInt(items);
  }

  next(): number {
    return Number(fnvHash64(this.#zipfian.next()) % this.#items);
  }
}

/** Whole numbers from 0 to the latest, the latest most often. */
export class Latest {
  readonly #zipfian: Zipfian;

  constructor(rng: Rng, items: number) {
    this.#zipfian = new Zipfian(rng, items);
  }

  /** `items` counts those that are there now. */
  next(items: number): number {
    return items - 1 - this.#zipfian.next(items);
  }
}
