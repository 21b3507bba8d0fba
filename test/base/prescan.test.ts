import { expect, test } from "vitest";
import { concat, utf8 } from "../../src/base/bytes.ts";
import { prescan, wireLimits } from "../../src/base/prescan.ts";

/** The bytes of hexadecimal digits. */
const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replaceAll(" ", ""), "hex"));

/** `count` arrays of one element inside one another, around a nil. */
const nested = (count: number): Uint8Array => Uint8Array.from({ length: count + 1 }, (_, i) => (i < count ? 0x91 : 0xc0));

/** An array of `count` elements, each of them `element`. */
const repeated = (count: number, element: number): Uint8Array => {
  const bytes = new Uint8Array(5 + count).fill(element);
  bytes.set([0xdd, count >>> 24, count >>> 16, count >>> 8, count]);
  return bytes;
};

const truncated = "The bytes end inside the value.";
const trailing = "There are bytes behind the value.";
const tooDeep = "Arrays are nested too deep.";
const tooMany = "There are too many elements.";
const overdrawn = "An array claims more elements than there are bytes left.";
const map = "There is a map; only arrays, integers, strings, bytes, booleans and nil are allowed.";
const extension = "There is an extension type; only arrays, integers, strings, bytes, booleans and nil are allowed.";
const float32 = "There is a 32-bit float; only arrays, integers, strings, bytes, booleans and nil are allowed.";
const reserved = "There is the byte 0xc1, which MessagePack never uses.";
const notInteger = "There is a number that is not an integer.";
const notSafe = "There is an integer beyond 53 bits.";
const notUtf8 = "There is a string that is not UTF-8.";
const byteOrderMark = "There is a string that begins with a byte order mark.";

/** Every kind of value, with its head in hexadecimal and the bytes behind the head. */
const allowed: readonly (readonly [kind: string, digits: string])[] = [
  ["the least positive fixint", "00"],
  ["the greatest positive fixint", "7f"],
  ["a negative fixint", "e0"],
  ["nil", "c0"],
  ["false", "c2"],
  ["true", "c3"],
  ["bin 8", "c4 02 ff00"],
  ["bin 16", "c5 0002 ff00"],
  ["bin 32", "c6 00000002 ff00"],
  ["empty bytes", "c4 00"],
  ["a safe float 64", "cb 4330000000000000"],
  ["uint 8", "cc ff"],
  ["uint 16", "cd ffff"],
  ["uint 32", "ce ffffffff"],
  ["uint 64", "cf 001fffffffffffff"],
  ["int 8", "d0 80"],
  ["int 16", "d1 8000"],
  ["int 32", "d2 80000000"],
  ["int 64", "d3 001fffffffffffff"],
  ["a negative int 64", "d3 ffe0000000000001"],
  ["fixstr", "a3 616263"],
  ["an empty string", "a0"],
  ["str 8", "d9 03 616263"],
  ["str 16", "da 0003 616263"],
  ["str 32", "db 00000003 616263"],
  ["a string of two-byte characters", "a4 c280 dfbf"],
  ["a string of three-byte characters", "ac e0a080 ed9fbf ee8080 efbfbf"],
  ["a string of four-byte characters", "a8 f0908080 f48fbfbf"],
  ["a byte order mark inside a string", "a4 61 efbbbf"],
  ["an empty array", "90"],
  ["fixarray", "92 01 02"],
  ["array 16", "dc 0002 01 02"],
  ["array 32", "dd 00000002 01 02"],
  ["arrays beside and inside one another", "93 91 90 01 92 90 90"],
];

test.each(allowed)("%s passes", (_, digits) => {
  expect(prescan(hex(digits))).toBeUndefined();
});

test.each(allowed)("%s passes inside an array, and must be the last value there is", (_, digits) => {
  expect(prescan(concat([hex("93 c0"), hex(digits), hex("c0")]))).toBeUndefined();
  expect(prescan(concat([hex(digits), hex("c0")]))).toBe(trailing);
});

test.each(allowed)("every beginning of %s is refused", (_, digits) => {
  const whole = hex(digits);
  for (let length = 0; length < whole.length; length += 1) {
    expect([truncated, overdrawn]).toContain(prescan(whole.subarray(0, length)));
    expect([truncated, overdrawn]).toContain(prescan(concat([hex("91"), whole.subarray(0, length)])));
  }
});

test.each([
  ["a float 64 of 0", "cb 0000000000000000"],
  ["a float 64 of 1", "cb 3ff0000000000000"],
  ["a float 64 of -1", "cb bff0000000000000"],
  ["a float 64 of 2^32 + 1", "cb 41f0000000100000"],
  ["a float 64 of 2^53 - 1", "cb 433fffffffffffff"],
  ["a float 64 of -(2^53 - 1)", "cb c33fffffffffffff"],
])("%s passes", (_, digits) => {
  expect(prescan(hex(digits))).toBeUndefined();
});

test.each([
  ["no bytes", "", truncated],
  ["an array without its elements", "91", overdrawn],
  ["an array with one element missing", "92 c4 00 ", truncated],
  ["bytes with one missing", "c4 03 0000", truncated],
  ["bytes that claim 4 GiB", "c6 ffffffff 00", truncated],
  ["a string that claims 4 GiB", "db ffffffff 61", truncated],
  ["an integer behind the value", "01 02", trailing],
  ["a second array", "90 90", trailing],
  ["an empty map", "80", map],
  ["a small map", "81 a161 01", map],
  ["map 16", "de 0001 a161 01", map],
  ["map 32", "df 00000001 a161 01", map],
  ["a map inside an array", "92 01 80", map],
  ["ext 8", "c7 01 05 00", extension],
  ["ext 16", "c8 0001 05 00", extension],
  ["ext 32", "c9 00000001 05 00", extension],
  ["fixext 1, undefined to msgpackr", "d4 00 00", extension],
  ["fixext 2", "d5 05 0000", extension],
  ["fixext 4, a timestamp", "d6 ff 00000000", extension],
  ["fixext 8", "d7 ff 0000000000000000", extension],
  ["fixext 16", "d8 05 00000000000000000000000000000000", extension],
  ["a float 32", "ca 3f800000", float32],
  ["the byte that is never used", "c1", reserved],
  ["a float 64 of 1.5", "cb 3ff8000000000000", notInteger],
  ["a float 64 of 2^31 + 0.5", "cb 41e0000000100000", notInteger],
  ["a float 64 of 2^52 - 0.5", "cb 432fffffffffffff", notInteger],
  ["minus zero", "cb 8000000000000000", notInteger],
  ["the least float 64", "cb 0000000000000001", notInteger],
  ["a float 64 of 2^53", "cb 4340000000000000", notSafe],
  ["a float 64 of -2^53", "cb c340000000000000", notSafe],
  ["the greatest float 64", "cb 7fefffffffffffff", notSafe],
  ["infinity", "cb 7ff0000000000000", notInteger],
  ["not a number", "cb 7ff8000000000000", notInteger],
  ["uint 64 of 2^53", "cf 0020000000000000", notSafe],
  ["uint 64 of 2^64 - 1", "cf ffffffffffffffff", notSafe],
  ["int 64 of 2^53", "d3 0020000000000000", notSafe],
  ["int 64 of -2^53", "d3 ffe0000000000000", notSafe],
  ["int 64 of -2^63", "d3 8000000000000000", notSafe],
  ["a lone continuation byte", "a1 80", notUtf8],
  ["an overlong form of two bytes", "a2 c1bf", notUtf8],
  ["an overlong form of three bytes", "a3 e09fbf", notUtf8],
  ["an overlong form of four bytes", "a4 f08fbfbf", notUtf8],
  ["a surrogate", "a3 eda080", notUtf8],
  ["a character beyond the last one", "a4 f4908080", notUtf8],
  ["a lead byte that leads nothing", "a4 f5808080", notUtf8],
  ["a lead byte of five", "a5 f888808080", notUtf8],
  ["a character cut off by the end of its string", "92 a2 e282 ac", notUtf8],
  ["a third byte that continues nothing", "a3 e28241", notUtf8],
  ["a fourth byte that continues nothing", "a4 f0908041", notUtf8],
  ["bad UTF-8 behind good text", "a4 6162 c328", notUtf8],
  ["bad UTF-8 in a longer string", "d9 04 616263ff", notUtf8],
  ["a byte order mark", "a4 efbbbf61", byteOrderMark],
])("%s is refused", (_, digits, why) => {
  expect(prescan(hex(digits))).toBe(why);
});

test("a float 64 passes exactly when it is a safe integer: every power of two and its neighbours", () => {
  const powers = Array.from({ length: 2100 }, (_, i) => 2 ** (i - 1070));
  const around = powers.flatMap((power) => [power, power + 1, power - 1, power + 0.5, power * 1.25, power * (1 + Number.EPSILON)]);
  const bytes = Uint8Array.of(0xcb, 0, 0, 0, 0, 0, 0, 0, 0);
  for (const value of [...around, ...around.map((positive) => -positive)]) {
    new DataView(bytes.buffer).setFloat64(1, value);
    const passes = prescan(bytes) === undefined;
    expect([value, passes]).toEqual([value, Number.isSafeInteger(value) && !Object.is(value, -0)]);
  }
});

test("arrays are nested at most as deep as allowed, wherever they stand", () => {
  expect(prescan(nested(8))).toBeUndefined();
  expect(prescan(nested(9))).toBe(tooDeep);
  expect(prescan(hex("92 c0 91 91 91 91 91 91 90"))).toBeUndefined();
  expect(prescan(hex("92 c0 91 91 91 91 91 91 91 90"))).toBe(tooDeep);
  expect(prescan(nested(3), { depthMax: 2, elementsMax: 10 })).toBe(tooDeep);
  expect(prescan(hex("01"), { depthMax: 0, elementsMax: 10 })).toBeUndefined();
  expect(prescan(nested(64), { depthMax: 64, elementsMax: 64 })).toBeUndefined();
  expect(() => prescan(hex("01"), { depthMax: 65, elementsMax: 10 })).toThrow("at most 64");
});

test("all arrays together have at most as many elements as allowed", () => {
  expect(prescan(repeated(wireLimits.elementsMax, 0xc0))).toBeUndefined();
  expect(prescan(repeated(wireLimits.elementsMax + 1, 0xc0))).toBe(tooMany);
  expect(prescan(hex("92 92 01 02 92 03 04"), { depthMax: 8, elementsMax: 6 })).toBeUndefined();
  expect(prescan(hex("92 92 01 02 92 03 04"), { depthMax: 8, elementsMax: 5 })).toBe(tooMany);
});

test("an array's claim is held against the bytes left, less what the arrays around it are owed", () => {
  expect(prescan(hex("93 dc 0002 01 02 03 04"))).toBeUndefined();
  expect(prescan(hex("93 dc 0003 01 02 03 04"))).toBe(overdrawn);
});

test("a long string is judged to its last byte", () => {
  const long = utf8(`${"x".repeat(70_000)}\u{20ac}`);
  const whole = concat([Uint8Array.of(0xdb, 0, long.length >>> 16, long.length >>> 8, long.length), long]);
  expect(prescan(whole)).toBeUndefined();
  whole[whole.length - 1] = 0x20;
  expect(prescan(whole)).toBe(notUtf8);
});

/** Small frames that cost a decoder without a pre-scan a great deal of memory, its stack, or its integrity. */
const bombs: readonly (readonly [name: string, bytes: Uint8Array, why: string])[] = [
  ["an array of 33.5 million", hex("dd 02000000"), overdrawn],
  ["8 of them inside one another", hex("dd 02000000".repeat(8)), overdrawn],
  ["64 of them inside one another", hex("dd 02000000".repeat(64)), overdrawn],
  ["2,000 arrays of 65,535 inside one another", hex("dc ffff".repeat(2000)), overdrawn],
  ["an array of 4 billion", hex("dd ffffffff"), overdrawn],
  ["5,000 arrays of one element inside one another", nested(5000), tooDeep],
  ["65,000 empty maps", repeated(65_000, 0x80), map],
  ["a million empty maps", repeated(1 << 20, 0x80), tooMany],
  ["8 million empty maps", repeated(8 << 20, 0x80), tooMany],
  ["a million empty arrays", repeated(1 << 20, 0x90), tooMany],
  ["a map with the key __proto__", concat([hex("81 a9"), utf8("__proto__"), hex("80")]), map],
  ["a map with the key hasOwnProperty", concat([hex("81 ae"), utf8("hasOwnProperty"), hex("01")]), map],
  ["a record definition", hex("d4 72 40 91 a161 01"), extension],
  ["a record definition of two bytes", hex("d5 72 40 00 91 a161 01"), extension],
  ["a record definition in an array", hex("92 d4 72 40 91 a161 01 40"), extension],
  ["a pointer without a target", hex("d6 70 00000001"), extension],
  ["an error", hex("d4 65 00 93 a3 616263 a0 c0"), extension],
  ["a regular expression", hex("d4 78 00 92 a3 612b62 a0"), extension],
];

test.each(bombs)("%s: refused before anything is allocated", (_, bytes, why) => {
  const before = process.memoryUsage();
  const refusal = prescan(bytes);
  const after = process.memoryUsage();
  expect(refusal).toBe(why);
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(1 << 20);
});
