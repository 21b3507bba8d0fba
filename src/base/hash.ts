import { assert } from "./assert.ts";

/*
 * Two 32-bit lanes eat the input four bytes at a time. A step is, for a given word, a bijection of the lane, and, for a given
 * lane, a bijection of the word. So two inputs that differ in one word alone never have the same hash: the lanes part there
 * and cannot meet again, and the lower lane stands whole in the result. Other pairs meet by a chance of about 2^-53. It guards
 * against accidents; somebody who wants a collision can compute one.
 */

/** The state of the lower lane; the upper lane's stands beside it. A pair would cost an allocation for each hash. */
let low = 0;
let high = 0;

/**
 * The hash of a log entry that is chained to the entry before it: it covers the predecessor's hash, and with it the whole log
 * up to here, the entry's term and its data. A safe integer, the same on every machine.
 */
export function chainHash(previous: number, term: number, data: Uint8Array): number {
  assert(Number.isSafeInteger(previous) && previous >= 0, "a hash is a safe integer, zero or more");
  assert(Number.isSafeInteger(term) && term >= 0, "a term is a safe integer, zero or more");
  start(previous);
  eat(term | 0);
  eat(upperHalf(term));
  return finish(data);
}

/** The hash of some bytes: a safe integer, the same on every machine. */
export function hashBytes(data: Uint8Array, seed = 0): number {
  assert(Number.isSafeInteger(seed) && seed >= 0, "a seed is a safe integer, zero or more");
  start(seed);
  return finish(data);
}

function start(seed: number): void {
  low = 0x243f6a88;
  high = 0x85a308d3 | 0;
  eat(seed | 0);
  eat(upperHalf(seed));
}

function eat(word: number): void {
  const mixed = premix(word);
  low = lowStep(low, mixed);
  high = highStep(high, mixed);
}

/** Brings a word's upper bits down, which a multiplication alone would never do; a bijection. */
function premix(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return (mixed << 15) | (mixed >>> 17);
}

function lowStep(lane: number, word: number): number {
  const mixed = lane ^ Math.imul(word, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function highStep(lane: number, word: number): number {
  const mixed = lane ^ Math.imul(word, 0x9e3779b1);
  return (Math.imul((mixed << 17) | (mixed >>> 15), 9) + 0x38495ab5) | 0;
}

function finish(data: Uint8Array): number {
  const length = data.length;
  eat(length | 0);
  let lower = low;
  let upper = high;
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    const word = premix(
      (data[i] as number) | ((data[i + 1] as number) << 8) | ((data[i + 2] as number) << 16) | ((data[i + 3] as number) << 24),
    );
    lower = lowStep(lower, word);
    upper = highStep(upper, word);
  }
  // The length is in already: the zeros that fill up the last word cannot be taken for data.
  let rest = 0;
  for (let i = whole; i < length; i += 1) rest |= (data[i] as number) << (8 * (i - whole));
  rest = premix(rest);
  lower = lowStep(lower, rest);
  upper = highStep(upper, rest);
  return (avalanche(upper) >>> 11) * 2 ** 32 + (avalanche(lower) >>> 0);
}

/** Spreads every bit over all others; a bijection. */
function avalanche(lane: number): number {
  let mixed = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** The bits of a safe integer above the lower 32. */
function upperHalf(value: number): number {
  return Math.floor(value / 2 ** 32) | 0;
}

// ---- short

/** A quick hash of some bytes, to find them by: four at a time, spread over all 32 bits in the end (as MurmurHash3). */
export function hash32(key: Uint8Array, seed = 0): number {
  const length = key.length;
  const whole = length & ~3;
  let hash = seed ^ length;
  for (let i = 0; i < whole; i += 4) {
    const word = (key[i] as number) | ((key[i + 1] as number) << 8) | ((key[i + 2] as number) << 16) | ((key[i + 3] as number) << 24);
    hash = mix(hash, word);
  }
  let rest = 0;
  for (let i = whole; i < length; i += 1) rest = (rest << 8) | (key[i] as number);
  hash = mix(hash, rest);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mix(hash: number, word: number): number {
  const spread = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((spread << 15) | (spread >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
