import { unreachable } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { LineRequest } from "../../client/line-request.ts";

/** What a fuzz run asks for: the parameters of the course's fuzzer, and a seed. */
export interface FuzzPlan {
  readonly clients: number;
  /** Keys of each client. */
  readonly keys: number;
  /** Operations of each client, on average: who is faster does more. */
  readonly operations: number;
  /** All clients use the same keys. */
  readonly conflict: boolean;
  /** Decides what each client asks, one thing after the other; not how they meet. */
  readonly seed: number;
}

const keyLength = 8;
const valueLength = 16;
const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Of a hundred operations so many are of this kind. */
const mix = [
  ["PUT", 20],
  ["SWAP", 20],
  ["GET", 30],
  ["SCAN", 20],
  ["DELETE", 10],
] as const;

/** What one client asks. */
export class FuzzDraw {
  readonly keys: readonly string[];
  readonly #rng: Rng;

  constructor(plan: FuzzPlan, client: number, rng: Rng) {
    this.#rng = rng.fork(`client ${client}`);
    const keyRng = rng.fork(plan.conflict ? "keys" : `keys ${client}`);
    this.keys = Array.from({ length: plan.keys }, (_, at) =>
      plan.conflict ? `key${String(at).padStart(keyLength - 3, "0")}` : word(keyRng, keyLength),
    );
  }

  next(): LineRequest {
    const op = this.#op();
    const key = this.#rng.pick(this.keys);
    switch (op) {
      case "PUT":
      case "SWAP":
        return { op, key, value: word(this.#rng, valueLength) };
      case "GET":
      case "DELETE":
        return { op, key };
      case "SCAN": {
        const other = this.#rng.pick(this.keys);
        return key <= other ? { op, start: key, end: other } : { op, start: other, end: key };
      }
      default:
        return unreachable(op);
    }
  }

  #op(): LineRequest["op"] {
    let drawn = this.#rng.int(0, 99);
    for (const [op, share] of mix) {
      if (drawn < share) return op;
      drawn -= share;
    }
    throw new RangeError("the shares of all operations are a hundred");
  }
}

function word(rng: Rng, length: number): string {
  let text = "";
  for (let i = 0; i < length; i += 1) text += alphanumerics[rng.int(0, alphanumerics.length - 1)] ?? "";
  return text;
}
