import { crc32 } from "node:zlib";

export interface NaiveFrame {
  readonly kind: number;
  readonly body: Uint8Array;
}

/** The frames at the front of `stream`, and what ended them: a fault's kind, or nothing. Simple and slow. */
export function naiveFrames(stream: Buffer, bytesMax: number): { frames: NaiveFrame[]; fault: string | undefined } {
  const frames: NaiveFrame[] = [];
  let rest = stream;
  while (rest.length >= 4) {
    const length = rest.readUInt32BE(0);
    if (length === 0) return { frames, fault: "empty" };
    if (length > bytesMax) return { frames, fault: "too_long" };
    if (rest.length < 8 + length) break;
    const payload = rest.subarray(8, 8 + length);
    if (crc32(payload) !== rest.readUInt32BE(4)) return { frames, fault: "damaged" };
    frames.push({ kind: payload[0] as number, body: Uint8Array.from(payload.subarray(1)) });
    rest = rest.subarray(8 + length);
  }
  return { frames, fault: undefined };
}
