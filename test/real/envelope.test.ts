import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { envelopeBytes, seal as sealOnDesk, unseal } from "../../src/real/envelope.ts";

const bytes = fc.uint8Array({ maxLength: 300 });

/** What goes to disk, as a store copies it. */
function seal(key: Uint8Array, value: Uint8Array): Uint8Array {
  return new Uint8Array(sealOnDesk(key, value));
}

/** A copy with one bit turned over. */
function flipped(whole: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(whole);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

test("what was sealed is found again, as bytes of nobody else's", () => {
  fc.assert(
    fc.property(bytes, bytes, (key, value) => {
      const sealed = seal(key, value);
      expect(sealed.length).toBe(value.length + envelopeBytes);
      const found = unseal(key, sealed);
      expect(found).toEqual(value);
      expect(Buffer.isBuffer(found)).toBe(false);
    }),
  );
});

test("an empty value is sealed alike, whatever memory it is a part of", () => {
  const key = utf8("k");
  const sealed = seal(key, utf8(""));
  for (const empty of [new Uint8Array(0), utf8("value").subarray(2, 2), Buffer.alloc(0)]) expect(seal(key, empty)).toEqual(sealed);
  expect(unseal(key, new Uint8Array(sealed))).toEqual(new Uint8Array(0));
  expect(unseal(utf8("l"), sealed)).toBeUndefined();
  expect(unseal(utf8(""), seal(utf8("abc").subarray(1, 1), utf8("v")))).toEqual(utf8("v"));
});

test("no bit of a row can change unseen", () => {
  const key = utf8("a key");
  const sealed = seal(key, utf8("a value of some length"));
  for (let bit = 0; bit < sealed.length * 8; bit += 1) expect(unseal(key, flipped(sealed, bit))).toBeUndefined();
  for (let bit = 0; bit < key.length * 8; bit += 1) expect(unseal(flipped(key, bit), sealed)).toBeUndefined();
});

test("a row under another row's key is not that row's", () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, (key, other, value) => {
      fc.pre(String(key) !== String(other));
      expect(unseal(other, seal(key, value))).toBeUndefined();
    }),
  );
});

test("a byte that passes from the key's end to the value's beginning is seen", () => {
  expect(unseal(utf8("ab"), seal(utf8("a"), utf8("bc")))).toBeUndefined();
  const sealed = seal(utf8("a"), utf8("bc"));
  const shifted = new Uint8Array(sealed.length - 1);
  shifted.set(sealed.subarray(0, envelopeBytes));
  shifted.set(sealed.subarray(envelopeBytes + 1), envelopeBytes);
  expect(unseal(utf8("ab"), shifted)).toBeUndefined();
});

test("a row that is cut short or grown is seen", () => {
  const key = utf8("k");
  const sealed = seal(key, utf8("value"));
  for (let length = 0; length < sealed.length; length += 1) expect(unseal(key, sealed.subarray(0, length))).toBeUndefined();
  expect(unseal(key, Buffer.concat([sealed, Uint8Array.of(0)]))).toBeUndefined();
});

test("rows of every size are sealed alike, on the desks and beside them", () => {
  const large = 2 * 1024 * 1024;
  for (const length of [0, 1, 4, 5, 4085, 4086, 4087, 4090, 4096, 5000, 70_000, 6000, large - 5, large - 4, 5000]) {
    for (const keyLength of length > 5000 ? [5] : [0, 1, 4, 5, 40]) {
      const [key, value] = [new Uint8Array(keyLength).fill(7), Uint8Array.from({ length }, (_, i) => i)];
      const sealed = seal(key, value);
      expect(sealed.length).toBe(length + envelopeBytes);
      // Not with `toEqual`, which takes its time over millions of bytes.
      expect(Buffer.compare(unseal(key, sealed) ?? utf8("none"), value)).toBe(0);
      expect(unseal(Uint8Array.of(...key, 7), sealed)).toBeUndefined();
    }
  }
});
