import { crc32 } from "node:zlib";
import { assert } from "../../base/assert.ts";
import { emptyBytes, getU32, putU32 } from "../../base/bytes.ts";

/** What a frame is: the first byte of its payload. */
export const frameKinds = {
  /** The dialler's first word. */
  hello: 1,
  /** The listener's first word: go on. */
  welcome: 2,
  /** The listener's last word. */
  refusal: 3,
  /** What the transport was given to send. */
  packet: 4,
  /** The dialler asks for a sign of life. */
  ping: 5,
  /** A sign of life of the listener. */
  pong: 6,
} as const;

/** Why what came is no frame; the connection it came on is good for nothing more. */
export interface FrameFault {
  readonly kind: "empty" | "too_long" | "damaged" | "too_much";
  /** One sentence. */
  readonly sentence: string;
}

/** A frame is its payload's length and CRC-32, four bytes each, most significant first, and the payload: the kind and a body. */
export const headBytes = 9;

/** The CRC-32 of each kind, from which that of its payload goes on. */
const kindCrcs: readonly number[] = Array.from({ length: 256 }, (_, kind) => crc32(Uint8Array.of(kind)));

// ---- writing

/** Longer bodies are written from where they are, shorter ones are copied into one piece: a piece of its own costs more than that. */
const copiedBytesMax = 16 * 1024;

/** Frames of one kind around `bodies`, as few pieces of memory to be written one behind the other. */
export function packFrames(kind: number, bodies: readonly Uint8Array[]): Uint8Array[] {
  let size = bodies.length * headBytes;
  for (const body of bodies) if (body.length <= copiedBytesMax) size += body.length;
  const flat = roomOfItsOwn(size);
  const pieces: Uint8Array[] = [];
  let begin = 0;
  let at = 0;
  for (const body of bodies) {
    putU32(flat, at, body.length + 1);
    putU32(flat, at + 4, crc32(body, kindCrcs[kind]));
    flat[at + 8] = kind;
    at += headBytes;
    if (body.length <= copiedBytesMax) {
      flat.set(body, at);
      at += body.length;
    } else {
      pieces.push(flat.subarray(begin, at), body);
      begin = at;
    }
  }
  if (at > begin) pieces.push(begin === 0 ? flat : flat.subarray(begin, at));
  return pieces;
}

/** One frame in one piece. */
export function packFrame(kind: number, body: Uint8Array = emptyBytes): Uint8Array {
  assert(body.length <= copiedBytesMax, "a frame in one piece is short");
  return packFrames(kind, [body])[0] as Uint8Array;
}

// ---- reading

/** What a decoder may hold and whom it tells. */
export interface FrameDecoderOptions {
  /** The most bytes of a payload; looked at before memory is taken for it. */
  readonly bytesMax: number;
  /** Gets every frame, from inside `push`. The body has no other owner and is never written again. */
  readonly take: (kind: number, body: Uint8Array) => void;
  /** Asked before memory is taken for a frame that has arrived in part; the bytes are given back when it is whole, or by `stop`. */
  readonly reserve?: (bytes: number) => boolean;
  readonly release?: (bytes: number) => void;
}

/** Finds the frames in a stream of bytes, however it is cut. Every byte of a body is copied once. */
export class FrameDecoder {
  readonly #options: FrameDecoderOptions;
  #bytesMax: number;
  /** The head of a frame that is cut off inside its head. */
  readonly #head = new Uint8Array(headBytes);
  #headLength = 0;
  /** The body of a frame that is cut off inside its body, as far as it has come. */
  #body: Uint8Array | undefined;
  #bodyLength = 0;
  #kind = 0;
  #crc = 0;
  #stopped = false;
  #fault: FrameFault | undefined;

  constructor(options: FrameDecoderOptions) {
    this.#options = options;
    this.#bytesMax = options.bytesMax;
  }

  /** From the next frame on, payloads may have so many bytes. May be called from inside `take`. */
  allow(bytesMax: number): void {
    this.#bytesMax = bytesMax;
  }

  /** Takes nothing more, and lets go of what it holds. May be called from inside `take`. */
  stop(): void {
    this.#stopped = true;
    this.#drop();
  }

  /** Reads on. After a fault it reads nothing more. `chunk` is only looked at. */
  push(chunk: Uint8Array): FrameFault | undefined {
    const end = chunk.length;
    let at = 0;
    while (at < end && !this.#stopped) {
      if (this.#body !== undefined) at = this.#fill(this.#body, chunk, at);
      else if (this.#headLength === 0 && end - at >= headBytes) at = this.#begin(chunk, at, chunk, at + headBytes);
      else at = this.#gather(chunk, at);
    }
    return this.#fault;
  }

  /** Goes on with a head that is in pieces. Its length is judged as soon as it is there. */
  #gather(chunk: Uint8Array, at: number): number {
    const head = this.#head;
    let next = at;
    while (next < chunk.length && this.#headLength < headBytes) {
      head[this.#headLength] = chunk[next] as number;
      this.#headLength += 1;
      next += 1;
      if (this.#headLength === 4 && !this.#isLengthFine(getU32(head, 0))) return next;
    }
    if (this.#headLength < headBytes) return next;
    this.#headLength = 0;
    return this.#begin(head, 0, chunk, next);
  }

  /** Takes a frame whose head is whole and whose body begins at `at`. */
  #begin(head: Uint8Array, headAt: number, chunk: Uint8Array, at: number): number {
    const length = getU32(head, headAt);
    if (!this.#isLengthFine(length)) return at;
    const crc = getU32(head, headAt + 4);
    const kind = head[headAt + 8] as number;
    const end = at + length - 1;
    if (end <= chunk.length) {
      this.#finish(kind, crc, copied(chunk, at, end));
      return end;
    }
    if (this.#options.reserve?.(length) === false) {
      this.#fail("too_much", `A frame of ${length} bytes is more than can be held for strangers at the moment.`);
      return at;
    }
    this.#kind = kind;
    this.#crc = crc;
    this.#body = roomOfItsOwn(length - 1);
    this.#bodyLength = 0;
    return at;
  }

  #fill(body: Uint8Array, chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + body.length - this.#bodyLength);
    body.set(chunk.subarray(at, end), this.#bodyLength);
    this.#bodyLength += end - at;
    if (this.#bodyLength < body.length) return end;
    this.#drop();
    this.#finish(this.#kind, this.#crc, body);
    return end;
  }

  #finish(kind: number, crc: number, body: Uint8Array): void {
    if (crc32(body, kindCrcs[kind]) === crc) this.#options.take(kind, body);
    else this.#fail("damaged", `A frame of ${body.length + 1} bytes does not have the checksum that it came with.`);
  }

  #isLengthFine(length: number): boolean {
    if (length === 0) this.#fail("empty", "A frame has no bytes; it needs at least one.");
    else if (length > this.#bytesMax) {
      this.#fail("too_long", `A frame claims ${length} bytes; ${this.#bytesMax} are allowed.`);
    }
    return !this.#stopped;
  }

  #fail(kind: FrameFault["kind"], sentence: string): void {
    this.#fault = { kind, sentence };
    this.stop();
  }

  #drop(): void {
    if (this.#body === undefined) return;
    this.#options.release?.(this.#body.length + 1);
    this.#body = undefined;
  }
}

// ---- memory

// Short bodies stand in a pool that is filled once from front to back and then left to its views, so that one which is kept keeps
// 8 KiB alive, and not what a socket has read at a time, which is eight times as much.

const poolBytes = 8192;
const pooledBytesMax = 2048;
let pool = new Uint8Array(poolBytes);
let poolUsed = 0;

function copied(chunk: Uint8Array, at: number, end: number): Uint8Array {
  const size = end - at;
  const copy = size > pooledBytesMax ? roomOfItsOwn(size) : pooled(size);
  copy.set(chunk.subarray(at, end));
  return copy;
}

function pooled(size: number): Uint8Array {
  if (poolUsed + size > poolBytes) {
    pool = new Uint8Array(poolBytes);
    poolUsed = 0;
  }
  poolUsed += size;
  return pool.subarray(poolUsed - size, poolUsed);
}

/** Memory that nobody has cleared: who claims a long frame and does not send it costs addresses, but no memory. */
function roomOfItsOwn(size: number): Uint8Array {
  const { buffer } = Buffer.allocUnsafeSlow(size);
  return new Uint8Array(buffer, 0, size);
}
