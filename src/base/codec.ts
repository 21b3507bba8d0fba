import type * as Msgpackr from "msgpackr";
import * as msgpackr from "msgpackr/pack";
import { assert } from "./assert.ts";
import { prescan, type WireLimits, wireLimits } from "./prescan.ts";

/** Bytes that are not a value we understand: their sender's fault, never ours. The message is one sentence. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** What goes over our wires and into our rows. Numbers are safe integers; minus zero arrives as zero. */
export type Packable = number | string | boolean | null | Uint8Array | readonly Packable[];

/**
 * Behind the door `msgpackr/pack` is all of msgpackr but its native string reader: no native code meets a stranger's bytes, and
 * decoding is the same on every machine. Its types stand behind the main door.
 */
const {
  addExtension,
  Packr,
  RESET_BUFFER_MODE,
  REUSE_BUFFER_MODE,
}: Pick<typeof Msgpackr, "addExtension" | "Packr" | "RESET_BUFFER_MODE" | "REUSE_BUFFER_MODE"> = msgpackr;

/** The only packer, and the unpacker too. A 64-bit integer becomes a number: the pre-scan lets only safe ones through. */
const packr = new Packr({ useRecords: false, mapsAsObjects: false, structuredClone: false, useToJSON: false, int64AsType: "number" });

/**
 * The MessagePack bytes of `value`, which belong to the caller and are never written again. A small result is a view into a pool
 * of 8 KiB, which is filled once from front to back and then left to its views: a result that is kept keeps at most 8 KiB alive.
 * One above 2 KiB has memory of its own. `value` is within `limits`: we do not write what `decode` would refuse to read.
 */
export function encode(value: Packable, limits: WireLimits = wireLimits): Uint8Array {
  elementsLeft = limits.elementsMax;
  const size = sizeOf(value, limits.depthMax);
  if (size > sharedBytesMax) return encodeLarge(value, size);
  const packed = pack(value, size);
  const result = room(size);
  result.set(packed);
  return result;
}

/** As `encode`, into memory that was made for it, and with one copy less. */
function encodeLarge(value: Packable, size: number): Uint8Array {
  packr.useBuffer(Buffer.allocUnsafeSlow(size + slackBytes));
  try {
    const { buffer, byteOffset } = pack(value, size);
    return new Uint8Array(buffer, byteOffset, size);
  } finally {
    packr.useBuffer(sharedBuffer);
  }
}

/** What msgpackr makes of `value`, in memory that it may use again. */
function pack(value: Packable, size: number): Uint8Array {
  const packed = packr.pack(value, REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as Buffer & { readonly start: number; readonly end: number };
  assert(packed.end - packed.start === size, "msgpackr wrote as many bytes as were measured");
  return packed.subarray(packed.start, packed.end);
}

/**
 * The value that `bytes` hold; throws `Malformed` when they hold none, more than one, one that is not `Packable`, or one beyond
 * `limits`. Byte strings in it are views into the memory of `bytes`, never copies: they change when it changes and keep it alive.
 */
export function decode(bytes: Uint8Array, limits: WireLimits = wireLimits): unknown {
  const refusal = prescan(bytes, limits);
  if (refusal !== undefined) throw new Malformed(refusal);
  const memory = bytes.buffer;
  const view = memory === keptMemory ? keptView : viewOf(memory);
  range.start = bytes.byteOffset;
  range.end = bytes.byteOffset + bytes.length;
  try {
    return packr.unpack(view, range) as unknown;
  } catch (cause) {
    // Not reached as far as we know: what the pre-scan lets through can be decoded.
    throw new Malformed("The bytes are not a MessagePack value.", { cause });
  }
}

// ---- encoding: memory

// msgpackr packs into memory that all its users in a process share, and that stays as large as the largest message: what it wrote
// is copied out at once, and nothing of ours stays there. What is large gets memory of its own, lest four times as much be kept for ever.

const sharedBytesMax = 64 * 1024;
const sharedBuffer = Buffer.allocUnsafeSlow(8192);
/** What msgpackr wants to have free behind a value. */
const slackBytes = 2176;

const poolBytes = 8192;
const pooledBytesMax = 2048;
let pool = new Uint8Array(poolBytes);
let poolUsed = 0;

function room(size: number): Uint8Array {
  if (size > pooledBytesMax) return new Uint8Array(size);
  if (poolUsed + size > poolBytes) {
    pool = new Uint8Array(poolBytes);
    poolUsed = 0;
  }
  poolUsed += size;
  return pool.subarray(poolUsed - size, poolUsed);
}

// ---- encoding: what may go over the wire, and its size

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

// ---- encoding: byte strings

/** Room for `size` bytes in the buffer that is being packed into. */
type Allocate = (size: number) => { readonly target: Uint8Array; readonly position: number };

function packBytes(bytes: Uint8Array, allocate: Allocate): void {
  const length = bytes.length;
  const headSize = bytesHeadSize(length);
  const { target, position } = allocate(headSize + length);
  target[position] = headSize === 2 ? 0xc4 : headSize === 3 ? 0xc5 : 0xc6;
  let at = position + 1;
  for (let shift = 8 * (headSize - 2); shift >= 0; shift -= 8) {
    target[at] = length >>> shift;
    at += 1;
  }
  target.set(bytes, at);
}

// msgpackr's own way to byte strings asks for six other classes first; this one halves the cost of a message with a few. The
// bytes written are the same, and no byte on a wire can name the type 256.
addExtension({ Class: Uint8Array, type: 256, pack: packBytes as unknown as (value: unknown) => Uint8Array });

// ---- decoding: memory

/** Larger memory is not remembered, lest it be kept alive. */
const keptBytesMax = 65_536;

/** The memory that the bytes decoded last were a part of, when it is small. */
let keptMemory: ArrayBufferLike | undefined;
/**
 * All of `keptMemory`. msgpackr hangs a `DataView` on the array that it reads from, so it does not get the caller's, and the
 * many messages in one memory share the view that was made for the first.
 */
let keptView = new Uint8Array(0) as Uint8Array;
/** Where in the view the bytes are. One object for all calls. */
const range = { start: 0, end: 0 };

function viewOf(memory: ArrayBufferLike): Uint8Array {
  const view = new Uint8Array(memory);
  if (memory.byteLength <= keptBytesMax) {
    keptMemory = memory;
    keptView = view;
  }
  return view;
}
