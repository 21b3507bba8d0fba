import { utf8 } from "../../src/base/bytes.ts";
import type { Storage, WriteOp } from "../../src/env/storage.ts";
import type { Crash, Time } from "./harness.ts";

export interface StorageHarness extends Time {
  /** The storage of the present life; empty at the beginning. */
  readonly storage: Storage;
  /** Ends the present life without warning and begins another. */
  crash(how: Crash): Promise<void>;
  close(): Promise<void>;
}

export function put(key: string, value: string): WriteOp {
  return { op: "put", key: utf8(key), value: utf8(value) };
}

export function del(key: string): WriteOp {
  return { op: "delete", key: utf8(key) };
}

/** Writes one synced batch and waits until it is done. */
export async function written(harness: StorageHarness, batch: readonly WriteOp[]): Promise<void> {
  let finished = false;
  harness.storage.write(batch, { sync: true }, () => (finished = true));
  await harness.until(() => finished);
}

/** Bytes that look random and depend on `seed`. */
export function bytesOf(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = Math.imul(i + 1, 0x9e3779b1 + seed) >>> 11;
  return bytes;
}
