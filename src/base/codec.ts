import type * as Msgpackr from "msgpackr";
import * as msgpackr from "msgpackr/unpack";
import { prescan, type WireLimits, wireLimits } from "./prescan.ts";

export { encode, type Packable } from "./encode.ts";

/** Bytes that are not a value we understand: their sender's fault, never ours. The message is one sentence. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/**
 * Behind the door `msgpackr/unpack` is all of msgpackr's reading but its native string reader: no native code meets a stranger's
 * bytes, and decoding is the same on every machine. Its types stand behind the main door.
 */
const { Unpackr }: Pick<typeof Msgpackr, "Unpackr"> = msgpackr;

/** The only unpacker. A 64-bit integer becomes a number: the pre-scan lets only safe ones through. */
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: false, int64AsType: "number" });

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
    return unpackr.unpack(view, range) as unknown;
  } catch (cause) {
    // Not reached as far as we know: what the pre-scan lets through can be decoded.
    throw new Malformed("The bytes are not a MessagePack value.", { cause });
  }
}

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
