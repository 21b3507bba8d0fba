import { assert } from "./assert.ts";
import { utf8 } from "./bytes.ts";
import { copyInto } from "./copy.ts";
import { pooled } from "./pool.ts";
import { type WireLimits, wireLimits } from "./prescan.ts";

/** What goes over our wires and into our rows. Numbers are safe integers; minus zero arrives as zero. */
export type Packable = number | string | boolean | null | Uint8Array | readonly Packable[];

/**
 * The MessagePack bytes of `value`, each part with the shortest head; they belong to the caller and are never written again. They are
 * as `pooled` gives them: a short result that is kept keeps at most 8 KiB alive. `value` is within `limits`: we do not write what
 * `decode` would refuse to read.
 */
export function encode(value: Packable, limits: WireLimits = wireLimits): Uint8Array {
  elementsLeft = limits.elementsMax;
  const size = sizeOf(value, limits.depthMax);
  const bytes = pooled(size);
  into = bytes;
  at = 0;
  write(value);
  // Whoever keeps the result decides how long its memory lives, not the place that wrote it.
  into = nothing;
  assert(at === size, "as many bytes were written as were measured");
  return bytes;
}

// ---- what may go over the wire, and its size

let elementsLeft = 0;

/** The number of bytes of `value` in MessagePack; stops whoever gives us something that we may not send. */
function sizeOf(value: Packable, depthLeft: number): number {
  if (typeof value === "number") return integerSize(value);
  if (Array.isArray(value)) return arraySize(value as readonly Packable[], depthLeft);
  if (typeof value === "string") return textSize(value);
  if (typeof value === "boolean" || value === null) return 1;
  assert(value instanceof Uint8Array, "only integers, strings, bytes, booleans, null and arrays of them are encoded");
  return bytesHeadSize(value.length) + value.length;
}

function arraySize(values: readonly Packable[], depthLeft: number): number {
  assert(depthLeft > 0, "an encoded value's arrays are not nested too deep");
  const length = values.length;
  elementsLeft -= length;
  assert(elementsLeft >= 0, "an encoded value has not too many elements");
  let size = length < 0x10 ? 1 : length < 0x10000 ? 3 : 5;
  for (let i = 0; i < length; i += 1) size += sizeOf(values[i] as Packable, depthLeft - 1);
  return size;
}

function bytesHeadSize(length: number): number {
  return length < 0x100 ? 2 : length < 0x10000 ? 3 : 5;
}

function integerSize(value: number): number {
  if (value >>> 0 === value) return value < 0x80 ? 1 : value < 0x100 ? 2 : value < 0x10000 ? 3 : 5;
  if (value >> 0 === value) return value >= -0x20 ? 1 : value >= -0x80 ? 2 : value >= -0x8000 ? 3 : 5;
  assert(Number.isSafeInteger(value), "an encoded number is a safe integer");
  return 9; // as a 64-bit float, which holds every safe integer
}

function textSize(text: string): number {
  const length = text.length;
  assert(length === 0 || text.charCodeAt(0) !== 0xfeff, "an encoded string does not begin with a byte order mark");
  let size = length;
  for (let i = 0; i < length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    size += unit < 0x800 ? 1 : 2;
    if ((unit & 0xf800) !== 0xd800) continue;
    // A surrogate pair is four bytes: two units, and two more.
    const isPair = unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    assert(isPair, "an encoded string has no half characters");
    i += 1;
  }
  return size + (size < 0x20 ? 1 : size < 0x100 ? 2 : size < 0x10000 ? 3 : 5);
}

// ---- writing

const nothing = new Uint8Array(0);
/** What is written to, and how far. One for all calls: no value is encoded inside of another's encoding. */
let into: Uint8Array = nothing;
let at = 0;

const float = new DataView(new ArrayBuffer(8));
const floatBytes = new Uint8Array(float.buffer);

function write(value: Packable): void {
  if (typeof value === "number") writeInteger(value);
  else if (value instanceof Uint8Array) writeBytes(value);
  else if (typeof value === "string") writeText(value);
  else if (value === null) into[at++] = 0xc0;
  else if (typeof value === "boolean") into[at++] = value ? 0xc3 : 0xc2;
  else writeArray(value);
}

function writeArray(values: readonly Packable[]): void {
  const length = values.length;
  if (length < 0x10) into[at++] = 0x90 | length;
  else if (length < 0x10000) writeHead(0xdc, length, 2);
  else writeHead(0xdd, length, 4);
  for (let i = 0; i < length; i += 1) write(values[i] as Packable);
}

function writeBytes(bytes: Uint8Array): void {
  const length = bytes.length;
  if (length < 0x100) writeHead(0xc4, length, 1);
  else if (length < 0x10000) writeHead(0xc5, length, 2);
  else writeHead(0xc6, length, 4);
  copyInto(into, bytes, at);
  at += length;
}

function writeInteger(value: number): void {
  if (value >>> 0 === value) {
    if (value < 0x80) into[at++] = value;
    else if (value < 0x100) writeHead(0xcc, value, 1);
    else if (value < 0x10000) writeHead(0xcd, value, 2);
    else writeHead(0xce, value, 4);
  } else if (value >> 0 === value) {
    if (value >= -0x20) into[at++] = value;
    else if (value >= -0x80) writeHead(0xd0, value, 1);
    else if (value >= -0x8000) writeHead(0xd1, value, 2);
    else writeHead(0xd2, value, 4);
  } else {
    float.setFloat64(0, value);
    into[at++] = 0xcb;
    into.set(floatBytes, at);
    at += 8;
  }
}

/** A byte that says what follows, and a number of `size` big-endian bytes. */
function writeHead(head: number, value: number, size: number): void {
  into[at++] = head;
  for (let shift = 8 * (size - 1); shift >= 0; shift -= 8) into[at++] = value >>> shift;
}

function writeText(text: string): void {
  const bytes = utf8(text);
  const length = bytes.length;
  if (length < 0x20) into[at++] = 0xa0 | length;
  else if (length < 0x100) writeHead(0xd9, length, 1);
  else if (length < 0x10000) writeHead(0xda, length, 2);
  else writeHead(0xdb, length, 4);
  into.set(bytes, at);
  at += length;
}
