import type { Rng } from "../../../src/base/rng.ts";

/** What a client asks next. A ledger's key is only appended to and read. */
export type Wish =
  | { readonly op: "get" | "delete"; readonly key: string }
  | { readonly op: "put" | "append" | "swap"; readonly key: string; readonly value: string }
  | { readonly op: "cas"; readonly key: string; readonly expected: string | undefined; readonly value: string | undefined }
  | { readonly op: "put_version"; readonly key: string; readonly version: number; readonly value: string }
  | { readonly op: "scan"; readonly prefix: string };

/** What a client has last seen of a key. */
export interface Seen {
  readonly value: string | undefined;
  readonly version: number;
}

const keysOfEra = 12;
/** Every third key is a ledger. */
const ledgerEvery = 3;
/** What was appended ends with it, so that a ledger can be taken apart. */
export const tokenEnd = ";";

export function isLedger(key: string): boolean {
  return key.includes("/ledger");
}

/**
 * The keys that all clients use, few enough for them to collide. After so many operations others take their place: a key's history
 * stays short enough to be judged, and what is read of it in the end was written long before.
 */
export class Eras {
  readonly #operationsMax: number;
  readonly #keys: string[] = [];
  #operations = 0;
  #era = 0;

  constructor(operationsMax: number) {
    this.#operationsMax = operationsMax;
    this.#begin();
  }

  /** Every key there was. */
  get all(): readonly string[] {
    return this.#keys;
  }

  /** What all present keys begin with, and no others. */
  get prefix(): string {
    return `era ${String(this.#era).padStart(6, "0")}/`;
  }

  key(rng: Rng): string {
    this.#operations += 1;
    if (this.#operations > this.#operationsMax) this.#begin();
    return rng.pick(this.#keys.slice(-keysOfEra));
  }

  #begin(): void {
    this.#era += 1;
    this.#operations = 0;
    for (let i = 0; i < keysOfEra; i += 1) this.#keys.push(`${this.prefix}${i % ledgerEvery === 0 ? "ledger" : "key"} ${i}`);
  }
}

const mixture = [
  ["get", 24],
  ["put", 18],
  ["append", 14],
  ["swap", 10],
  ["delete", 8],
  ["cas", 12],
  ["put_version", 10],
  ["scan", 4],
] as const satisfies readonly (readonly [Wish["op"], number])[];

const weights = mixture.reduce((sum, [, weight]) => sum + weight, 0);

/** Draws what one client asks for. No value is ever drawn twice. */
export class Wishes {
  readonly #rng: Rng;
  readonly #client: string;
  readonly #scans: boolean;
  readonly #eras: Eras;
  readonly #seen: ReadonlyMap<string, Seen>;
  #values = 0;

  constructor(
    rng: Rng,
    { client, scans }: { readonly client: string; readonly scans: boolean },
    eras: Eras,
    seen: ReadonlyMap<string, Seen>,
  ) {
    this.#rng = rng;
    this.#client = client;
    this.#scans = scans;
    this.#eras = eras;
    this.#seen = seen;
  }

  next(): Wish {
    const key = this.#eras.key(this.#rng);
    const op = this.#op();
    if (op === "scan") return this.#scans ? { op, prefix: this.#eras.prefix } : { op: "get", key };
    if (isLedger(key)) return op === "get" ? { op, key } : { op: "append", key, value: this.#value() };
    return this.#wish(op, key);
  }

  #wish(op: Exclude<Wish["op"], "scan">, key: string): Wish {
    // Mostly what the client believes is there, so that conditions are met now and then.
    const seen = this.#rng.chance(0.85) ? this.#seen.get(key) : undefined;
    if (op === "get" || op === "delete") return { op, key };
    if (op === "cas") return { op, key, expected: seen?.value, value: this.#rng.chance(0.15) ? undefined : this.#value() };
    if (op === "put_version") return { op, key, version: seen?.version ?? 0, value: this.#value() };
    return { op, key, value: this.#value() };
  }

  #op(): Wish["op"] {
    let left = this.#rng.int(1, weights);
    for (const [op, weight] of mixture) {
      left -= weight;
      if (left <= 0) return op;
    }
    return "get";
  }

  #value(): string {
    this.#values += 1;
    return `${this.#client}.${this.#values}${tokenEnd}`;
  }
}
