import { scanEnd } from "../../client/line-response.ts";

const newline = 10;
const endOfScan = Buffer.from(`\n${scanEnd}\n`, "latin1");
const none = Buffer.alloc(0);

/**
 * Puts what a client writes together to whole answers. One is under way at most, so that it ends where the bytes do: nothing is
 * searched through and, unless it came in parts, nothing is copied. What it says is not looked at.
 */
export class ResponseReader {
  #scan = false;
  #parts: Buffer[] = [];
  #bytes = 0;

  /** An answer is to come: that of a scan, or one line. */
  expect(scan: boolean): void {
    this.#scan = scan;
  }

  /** The whole answer, once its last byte has come. */
  take(chunk: Buffer): Buffer | undefined {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    if (!this.#isWhole(chunk)) return undefined;
    const whole = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    return whole;
  }

  #isWhole(chunk: Buffer): boolean {
    if (chunk[chunk.length - 1] !== newline) return false;
    if (!this.#scan) return this.#bytes > 1;
    if (chunk.length >= endOfScan.length) return endsScan(chunk);
    // The end itself came in parts.
    const last = this.#parts.length === 1 ? none : (this.#parts.at(-2) ?? none);
    const tail = last.length + chunk.length >= endOfScan.length ? Buffer.concat([last, chunk]) : Buffer.concat(this.#parts, this.#bytes);
    return endsScan(tail);
  }
}

function endsScan(bytes: Buffer): boolean {
  return bytes.length >= endOfScan.length && bytes.compare(endOfScan, 0, endOfScan.length, bytes.length - endOfScan.length) === 0;
}

/** How many lines an answer has, without those of `SCAN ... BEGIN` and `SCAN END`. */
export function rowsIn(scan: Buffer): number {
  let lines = 0;
  for (let at = scan.indexOf(newline); at !== -1; at = scan.indexOf(newline, at + 1)) lines += 1;
  return lines - 2;
}
