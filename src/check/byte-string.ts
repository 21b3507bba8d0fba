import { assert } from "../base/assert.ts";
import { utf8, utf8Text } from "../base/bytes.ts";
import type { Brand } from "../base/ids.ts";

/**
 * A byte string as the checker holds it: a string with one character, from 0 to 255, for each byte. It compares, sorts, joins and
 * finds its place in a `Map` as the bytes would, costs one byte for each, and cannot be changed behind anybody's back.
 */
export type Bytes = Brand<string, "Bytes">;

/** No bytes: a value like any other, and never the same as no value. */
export const noBytes: Bytes = "" as Bytes;

/** Bytes at once that become characters: a call can take so many arguments everywhere. */
const chunkBytes = 4096;

/** The same bytes as characters. */
export function byteString(bytes: Uint8Array): Bytes {
  let text = "";
  for (let at = 0; at < bytes.length; at += chunkBytes) text += String.fromCharCode(...bytes.subarray(at, at + chunkBytes));
  return text as Bytes;
}

/** The UTF-8 bytes of a text. */
export function textBytes(text: string): Bytes {
  // Half a character has no bytes of its own: two different halves would become the same key.
  assert(isWhole(text), "a text that becomes bytes has no half characters");
  return /^[\0-\x7f]*$/.test(text) ? (text as Bytes) : byteString(utf8(text));
}

/** Whether every surrogate in a text is one of a pair. */
export function isWhole(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** The text that these bytes are in UTF-8; undefined when they are none. */
export function bytesText(bytes: Bytes): string | undefined {
  if (/^[\0-\x7f]*$/.test(bytes)) return bytes;
  try {
    return utf8Text(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The most bytes that are shown whole. */
const shownMax = 40;
/** How many of a longer one's first and last characters are shown: an appended value differs at its end. */
const endsShown = 16;

/** Bytes as a person can read them, on one line and of bounded length: quoted text, or hexadecimal digits. */
export function showBytes(bytes: Bytes): string {
  if (bytes.length <= shownMax) return shownWhole(bytes);
  const text = bytesText(bytes);
  const [head, tail] = text === undefined ? hexEnds(bytes) : textEnds(text);
  return `${head}...${tail} (${bytes.length} bytes)`;
}

function shownWhole(bytes: Bytes): string {
  const text = bytesText(bytes);
  return text === undefined ? `0x${hex(bytes)}` : quoted(text);
}

/** The first and the last characters, each with the quote on its outer side. */
function textEnds(text: string): [string, string] {
  const chars = Array.from(text);
  return [quoted(chars.slice(0, endsShown).join("")).slice(0, -1), quoted(chars.slice(-endsShown).join("")).slice(1)];
}

function hexEnds(bytes: Bytes): [string, string] {
  return [`0x${hex(bytes.slice(0, endsShown))}`, hex(bytes.slice(-endsShown))];
}

/** A text in double quotes, on one line and of bounded length, with everything escaped that a terminal might obey or that cannot be seen. */
export function showText(text: string): string {
  return text.length <= shownMax ? quoted(text) : `${quoted(text.slice(0, shownMax))}...`;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function hex(bytes: string): string {
  return Array.from(bytes, (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}
