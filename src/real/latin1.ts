import type { Encoding } from "../client/encoding.ts";
import { given, invalid } from "../client/input.ts";

/** Text in which each character, U+0000 to U+00FF, is a byte. */
export const latin1: Encoding<string> = {
  encode(value, what) {
    if (typeof value !== "string") throw invalid(`${what} given as ${given(value)}; this client's keys and values are text.`);
    if (wider.test(value)) throw invalid(`${what} given as text with a character beyond U+00FF in it; each is one byte here.`);
    return Buffer.from(value, "latin1");
  },
  decode: (stored) => Buffer.from(stored.buffer, stored.byteOffset, stored.length).toString("latin1"),
};

const wider = /[\u0100-\uFFFF]/;
