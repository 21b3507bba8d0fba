import { assert } from "./assert.ts";

/** How much one encoded value may hold. */
export interface WireLimits {
  /** The most arrays that may stand inside one another: `[[1]]` needs two. */
  readonly depthMax: number;
  /** The most elements that all arrays may have together. */
  readonly elementsMax: number;
}

export const wireLimits: WireLimits = Object.freeze({ depthMax: 8, elementsMax: 65_536 });

/** No limit on the depth can be above it: so many open arrays can be remembered. */
const depthCeiling = 64;
/** Elements that the arrays around the present one still owe, outermost first. Nothing is kept here between two calls. */
const outerOwed = new Uint32Array(depthCeiling);

// Refusals travel as negative positions, so that a scan allocates nothing.
const truncated = -1;
const trailing = -2;
const tooDeep = -3;
const tooMany = -4;
const overdrawn = -5;
const map = -6;
const extension = -7;
const float32 = -8;
const reserved = -9;
const notInteger = -10;
const notSafe = -11;
const notUtf8 = -12;
const byteOrderMark = -13;

const sentences: readonly string[] = [
  "",
  "The bytes end inside the value.",
  "There are bytes behind the value.",
  "Arrays are nested too deep.",
  "There are too many elements.",
  "An array claims more elements than there are bytes left.",
  "There is a map; only arrays, integers, strings, bytes, booleans and nil are allowed.",
  "There is an extension type; only arrays, integers, strings, bytes, booleans and nil are allowed.",
  "There is a 32-bit float; only arrays, integers, strings, bytes, booleans and nil are allowed.",
  "There is the byte 0xc1, which MessagePack never uses.",
  "There is a number that is not an integer.",
  "There is an integer beyond 53 bits.",
  "There is a string that is not UTF-8.",
  "There is a string that begins with a byte order mark.",
];

/**
 * Walks over `bytes` once, without decoding, and says in one sentence why they are not one MessagePack value of the kind we
 * allow; undefined when they are. Allowed are arrays, safe integers in any of their encodings (one beyond 32 bits may come as a
 * 64-bit float), UTF-8 strings, byte strings, booleans and nil, within `limits`, and nothing behind the value. Since every
 * element takes a byte or more, an array that claims more elements than there are bytes left is refused on the spot: what
 * passes can be decoded in memory proportional to its length.
 */
export function prescan(bytes: Uint8Array, limits: WireLimits = wireLimits): string | undefined {
  const { depthMax, elementsMax } = limits;
  assert(depthMax <= depthCeiling, `the limit on the depth is at most ${depthCeiling}`);
  const end = bytes.length;
  let at = 0;
  let depth = 0;
  let owed = 1; // by the innermost open array
  let owedAll = 1; // by all open arrays together
  let elements = 0;
  for (;;) {
    while (owed === 0) {
      if (depth === 0) return at === end ? undefined : sentences[-trailing];
      depth -= 1;
      owed = outerOwed[depth] as number;
    }
    owed -= 1;
    owedAll -= 1;
    if (at >= end) return sentences[-truncated];
    const head = bytes[at] as number;
    if (head < 0x80 || head >= 0xe0) {
      at += 1;
      continue;
    }
    const isSmallArray = (head & 0xf0) === 0x90;
    if (!isSmallArray && head !== 0xdc && head !== 0xdd) {
      at = behindScalar(bytes, at, end, head);
      if (at < 0) return sentences[-at];
      continue;
    }
    const headBytes = isSmallArray ? 1 : head === 0xdc ? 3 : 5;
    if (at + headBytes > end) return sentences[-truncated];
    const length = isSmallArray ? head & 0x0f : head === 0xdc ? u16(bytes, at + 1) : u32(bytes, at + 1);
    at += headBytes;
    if (depth >= depthMax) return sentences[-tooDeep];
    owedAll += length;
    if (owedAll > end - at) return sentences[-overdrawn];
    elements += length;
    if (elements > elementsMax) return sentences[-tooMany];
    outerOwed[depth] = owed;
    depth += 1;
    owed = length;
  }
}

/** The position behind the value at `at`, which begins with `head` and is neither an array nor a one-byte integer; or a refusal. */
function behindScalar(bytes: Uint8Array, at: number, end: number, head: number): number {
  if (head < 0x90) return map;
  if (head < 0xc0) return behindString(bytes, at + 1, end, head & 0x1f);
  switch (head) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return at + 1;
    case 0xc4:
      return at + 2 > end ? truncated : behindBytes(at + 2, end, bytes[at + 1] as number);
    case 0xc5:
      return at + 3 > end ? truncated : behindBytes(at + 3, end, u16(bytes, at + 1));
    case 0xc6:
      return at + 5 > end ? truncated : behindBytes(at + 5, end, u32(bytes, at + 1));
    case 0xcc: // uint 8
    case 0xd0: // int 8
      return behindBytes(at + 1, end, 1);
    case 0xcd: // uint 16
    case 0xd1: // int 16
      return behindBytes(at + 1, end, 2);
    case 0xce: // uint 32
    case 0xd2: // int 32
      return behindBytes(at + 1, end, 4);
    case 0xcb: // float 64
    case 0xcf: // uint 64
    case 0xd3: // int 64
      return at + 9 > end ? truncated : behindWideNumber(head, at, u32(bytes, at + 1), u32(bytes, at + 5));
    case 0xd9:
      return at + 2 > end ? truncated : behindString(bytes, at + 2, end, bytes[at + 1] as number);
    case 0xda:
      return at + 3 > end ? truncated : behindString(bytes, at + 3, end, u16(bytes, at + 1));
    case 0xdb:
      return at + 5 > end ? truncated : behindString(bytes, at + 5, end, u32(bytes, at + 1));
    case 0xc1:
      return reserved;
    case 0xca:
      return float32;
    default:
      return head >= 0xde ? map : extension;
  }
}

function behindBytes(at: number, end: number, length: number): number {
  return length > end - at ? truncated : at + length;
}

/** Judges the eight bytes of a float 64, uint 64 or int 64, given as two halves. */
function behindWideNumber(head: number, at: number, high: number, low: number): number {
  if (head === 0xcb) return isInteger64(high, low) ? at + 9 : isHuge64(high) ? notSafe : notInteger;
  // A safe integer is between -(2^53 - 1) and 2^53 - 1, so the upper half is between -2^21 and 2^21 - 1.
  if (high < 0x200000) return at + 9;
  const isNegativeAndSafe = head === 0xd3 && (high > 0xffe00000 || (high === 0xffe00000 && low > 0));
  return isNegativeAndSafe ? at + 9 : notSafe;
}

/** Whether the 64-bit float of these halves is a safe integer, other than minus zero. */
function isInteger64(high: number, low: number): boolean {
  if ((high | low) === 0) return true;
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  if (exponent < 0 || exponent > 52) return false;
  const fractionBits = 52 - exponent;
  if (fractionBits >= 32) return low === 0 && (high & ((1 << (fractionBits - 32)) - 1)) === 0;
  return (low & ((1 << fractionBits) - 1)) === 0;
}

/** Whether the 64-bit float with this upper half is finite and 2^53 or more in size. */
function isHuge64(high: number): boolean {
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  return exponent > 52 && exponent < 1024;
}

function behindString(bytes: Uint8Array, at: number, end: number, length: number): number {
  if (length > end - at) return truncated;
  const behind = at + length;
  for (let i = at; i < behind; i += 1) {
    if ((bytes[i] as number) >= 0x80) return behindWideString(bytes, at, i, behind);
  }
  return behind;
}

/** Judges a string that is ASCII up to `next`. */
function behindWideString(bytes: Uint8Array, at: number, next: number, behind: number): number {
  for (let i = next; i < behind;) {
    const size = utf8Size(bytes, i, behind);
    if (size === 0) return notUtf8;
    i += size;
  }
  // Decoders disagree on whether this mark is part of the text; msgpackr drops it from long strings and keeps it in short ones.
  const isMarked = bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf;
  return isMarked ? byteOrderMark : behind;
}

/** The number of bytes of the UTF-8 character at `at`; 0 when there is none: overlong forms and surrogates are none. */
function utf8Size(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (size > end - at) return 0;
  const second = bytes[at + 1] as number;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = at + 2; i < at + size; i += 1) {
    if (((bytes[i] as number) & 0xc0) !== 0x80) return 0;
  }
  return size;
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;
}
