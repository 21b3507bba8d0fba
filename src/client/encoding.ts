import { utf8, utf8Text } from "../base/bytes.ts";
import { pooledCopy } from "../base/pool.ts";
import type { Data } from "./client.ts";
import { KvorumError } from "./errors.ts";
import { given, invalid } from "./input.ts";

/** How a client's keys and values become the store's bytes, and the other way round. */
export interface Encoding<T extends Data> {
  /** The bytes of what a caller gave, in memory of their own; throws `invalid`. `what` begins the sentence: "A key was". */
  encode(value: unknown, what: string): Uint8Array;
  /** What the stored bytes are to the caller, for him alone; throws `not_text`. `what` is as in `encode`. */
  decode(bytes: Uint8Array, what: string): T;
}

/** Text, as UTF-8. Bytes that are not UTF-8 are an error, never replaced. */
export const text: Encoding<string> = {
  encode(value, what) {
    if (typeof value !== "string") throw invalid(`${what} given as ${given(value)}; this client's keys and values are text.`);
    const encoded = utf8(value);
    // Half a character has no UTF-8, and would be stored as another one. Where every character is one byte there is none.
    if (encoded.length !== value.length && /\p{Surrogate}/u.test(value))
      throw invalid(`${what} given as text with half a character (a lone surrogate) in it; UTF-8 has none.`);
    return encoded;
  },
  decode(bytes, what) {
    try {
      return utf8Text(bytes);
    } catch (cause) {
      throw new KvorumError("not_text", `${what} stored as bytes that are not UTF-8; connect with as: "bytes" to see them.`, cause);
    }
  },
};

/** Bytes, as they are. */
export const bytes: Encoding<Uint8Array> = {
  encode(value, what) {
    if (value instanceof Uint8Array) return pooledCopy(value);
    throw invalid(`${what} given as ${given(value)}; this client's keys and values are bytes (Uint8Array).`);
  },
  decode: (stored) => new Uint8Array(stored),
};
