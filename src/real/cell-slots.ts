import { crc32 } from "node:zlib";
import { assert } from "../base/assert.ts";
import { getU32, getU64, putU32, putU64, utf8 } from "../base/bytes.ts";

/*
 * A cell's file has three slots, and each holds one version of the value. Two would not do. A value that is being written must not
 * touch two others: the last one that was synced, which a power cut must not tear, and the last one that was written behind it without
 * a sync, which the end of the process must not tear.
 */

/** Slots in a file. */
export const slotCount = 3;
/** A slot is what disks and file systems write in one piece: a torn write never reaches into its neighbour. */
export const slotBytes = 4096;

/** Checksum, length and sequence number. */
const headBytes = 16;

/** The longest value that fits. */
export const cellBytesMax: number = slotBytes - headBytes;

/** A version of a cell's value. */
export interface Version {
  readonly slot: number;
  /** The newest version has the highest; at least 1. */
  readonly sequence: number;
  readonly value: Uint8Array;
}

/** A slot's contents, which may be shorter than a slot. `name` is the cell's, and part of the checksum. */
export function encodeSlot(name: string, sequence: number, value: Uint8Array): Uint8Array {
  assert(value.length <= cellBytesMax, `a cell's value has at most ${cellBytesMax} bytes`);
  const slot = new Uint8Array(headBytes + value.length);
  putU32(slot, 4, value.length);
  putU64(slot, 8, sequence);
  slot.set(value, headBytes);
  putU32(slot, 0, sumOf(name, slot));
  return slot;
}

/** The newest version that a file of the cell `name` holds whole; undefined when there is none. */
export function newestVersion(file: Uint8Array, name: string): Version | undefined {
  let newest: Version | undefined;
  for (let slot = 0; slot < slotCount; slot += 1) {
    const version = decodeSlot(file, name, slot);
    if (version !== undefined && version.sequence > (newest?.sequence ?? 0)) newest = version;
  }
  return newest;
}

function decodeSlot(file: Uint8Array, name: string, slot: number): Version | undefined {
  const bytes = file.subarray(slot * slotBytes, (slot + 1) * slotBytes);
  const length = bytes.length < headBytes ? Infinity : getU32(bytes, 4);
  if (length > bytes.length - headBytes) return undefined;
  const used = bytes.subarray(0, headBytes + length);
  if (getU32(used, 0) !== sumOf(name, used)) return undefined;
  return { slot, sequence: getU64(used, 8), value: new Uint8Array(used.subarray(headBytes)) };
}

function sumOf(name: string, slot: Uint8Array): number {
  return crc32(slot.subarray(4), crc32(utf8(name)));
}
