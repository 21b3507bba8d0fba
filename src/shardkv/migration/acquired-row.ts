import { getU32, putU32 } from "../../base/bytes.ts";

/** What a group remembers of a shard for ever, once it had it; as numbers of configurations, 0 before the first time. */
export interface Acquired {
  /** The latest run of ownership for which this group completed an arrival, a birth or a thaw: it, or somebody later, has the data. */
  readonly acquired: number;
  /** The latest configuration at which data left: a parcel was made. */
  readonly left: number;
}

export const neverAcquired: Acquired = Object.freeze({ acquired: 0, left: 0 });

export function encodeAcquired({ acquired, left }: Acquired): Uint8Array {
  const bytes = new Uint8Array(8);
  putU32(bytes, 0, acquired);
  putU32(bytes, 4, left);
  return bytes;
}

export function decodeAcquired(bytes: Uint8Array): Acquired {
  return { acquired: getU32(bytes, 0), left: getU32(bytes, 4) };
}
