import { pathToFileURL } from "node:url";
import { assert } from "../../src/base/assert.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import { decode, encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { wireLimits } from "../../src/base/prescan.ts";
import { Rng } from "../../src/base/rng.ts";
import { naiveDecode, Refused } from "./naive-decode.ts";

export interface FuzzReport {
  readonly inputs: number;
  readonly malformed: number;
  readonly accepted: number;
  /** The most elements that one accepted value had. */
  readonly elementsMax: number;
}

/**
 * Feeds `count` byte strings to the decoder: valid frames with something done to them, grammatical garbage, and noise. Each of
 * them must give what the naive decoder gives, or `Malformed` where that one refuses; nothing else is ever thrown. Stops at the
 * first that does not, with the bytes in the error's message.
 */
export function fuzzDecoder(count: number, seed: number, progress: (done: number) => void = () => {}): FuzzReport {
  const rng = new Rng(seed);
  let accepted = 0;
  let elementsMax = 0;
  for (let inputs = 0; inputs < count; inputs += 1) {
    const bytes = drawInput(rng);
    const elements = checkInput(bytes, `input ${inputs} of seed ${seed}`);
    if (elements !== undefined) {
      accepted += 1;
      elementsMax = Math.max(elementsMax, elements);
    }
    if ((inputs + 1) % 100_000 === 0) progress(inputs + 1);
  }
  return { inputs: count, malformed: count - accepted, accepted, elementsMax };
}

// ---- what must hold

/** The number of elements of the value in `bytes`; undefined when both decoders refuse them. */
function checkInput(bytes: Uint8Array, name: string): number | undefined {
  try {
    const expected = attempt(() => naiveDecode(bytes), Refused);
    const decoded = attempt(() => decode(bytes) as Packable, Malformed);
    assert((decoded === undefined) === (expected === undefined), "the decoder accepts what the naive one accepts");
    if (decoded === undefined || expected === undefined) return undefined;
    const elements = compare(decoded.value, expected.value);
    assert(elements <= wireLimits.elementsMax, "an accepted value keeps to the limit on elements");
    assert(equalBytes(encode(decoded.value), encode(expected.value)), "an accepted value can be encoded");
    return elements;
  } catch (cause) {
    throw new Error(`${name}: ${Buffer.from(bytes).toString("hex")}`, { cause });
  }
}

/** The value that `run` gives; undefined when it throws a `refusal`; any other throw goes on. */
function attempt<T>(run: () => T, refusal: typeof Refused | typeof Malformed): { readonly value: T } | undefined {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof refusal) return undefined;
    throw error;
  }
}

/** Asserts that two values are the same; the number of elements that they have. */
function compare(value: Packable, expected: Packable): number {
  if (Array.isArray(expected)) {
    assert(Array.isArray(value) && value.length === expected.length, "an array has all its elements");
    let elements = expected.length;
    for (let i = 0; i < expected.length; i += 1) elements += compare(value[i] as Packable, expected[i] as Packable);
    return elements;
  }
  if (expected instanceof Uint8Array) {
    assert(value instanceof Uint8Array && value.constructor === Uint8Array, "bytes are a plain Uint8Array");
    assert(equalBytes(value, expected), "bytes are the same");
  } else {
    assert(Object.is(value, expected), "a number, a string, a boolean or a null is the same");
  }
  return 0;
}

// ---- what is fed

function drawInput(rng: Rng): Uint8Array {
  const kind = rng.unit();
  if (kind < 0.0002) return crowd(wireLimits.elementsMax + rng.int(-1, 1));
  if (kind < 0.6) return mutated(rng, encode(drawValue(rng, 0)));
  if (kind < 0.9) return drawGarbage(rng);
  return noise(rng, rng.chance(0.05) ? rng.int(0, 2000) : rng.int(0, 40));
}

/** An array of so many nils. */
function crowd(length: number): Uint8Array {
  const bytes = new Uint8Array(5 + length).fill(0xc0);
  bytes.set([0xdd, ...bigEndian(length, 4)]);
  return bytes;
}

const edgeIntegers = [0, 31, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER];
/** Characters of one to four bytes, a byte order mark among them; also so many that a text is in a different part of the decoder. */
const pieces = ["a", "key", "\u{e9}", "\u{20ac}", "\u{feff}", "\u{1f511}", "\u{7f}", "\u{800}", "x".repeat(15), "y".repeat(40)];

function drawInteger(rng: Rng): number {
  if (rng.chance(0.5)) return rng.int(0, 200);
  const edge = rng.pick(edgeIntegers);
  return rng.chance(0.5) || edge === 0 ? edge : -edge;
}

function drawText(rng: Rng): string {
  let whole = "";
  for (let left = rng.int(0, 4); left > 0; left -= 1) whole += rng.pick(pieces);
  return whole.startsWith("\u{feff}") ? `b${whole}` : whole;
}

function drawValue(rng: Rng, depth: number): Packable {
  const kind = rng.int(0, depth < 8 ? 9 : 5);
  if (kind < 2) return drawInteger(rng);
  if (kind === 2) return drawText(rng);
  if (kind === 3) return rng.chance(0.5);
  if (kind === 4) return null;
  if (kind === 5) return noise(rng, rng.chance(0.03) ? rng.int(250, 300) : rng.int(0, 20));
  const length = rng.chance(0.03) ? rng.int(14, 40) : rng.int(0, Math.max(1, 6 - depth));
  return Array.from({ length }, () => drawValue(rng, depth + 1));
}

function noise(rng: Rng, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = rng.u32();
  return bytes;
}

/** Between no and four mutations of a valid frame. */
function mutated(rng: Rng, frame: Uint8Array): Uint8Array {
  let bytes = frame;
  for (let left = rng.int(0, 4); left > 0; left -= 1) bytes = rng.pick(mutations)(rng, bytes);
  return bytes;
}

type Mutation = (rng: Rng, bytes: Uint8Array) => Uint8Array;

/** `bytes` with the part from `from` to `to` replaced by `middle`. */
function replaced(bytes: Uint8Array, from: number, to: number, middle: Uint8Array): Uint8Array {
  const whole = new Uint8Array(from + middle.length + bytes.length - to);
  whole.set(bytes.subarray(0, from));
  whole.set(middle, from);
  whole.set(bytes.subarray(to), from + middle.length);
  return whole;
}

function drawPart(rng: Rng, bytes: Uint8Array): readonly [from: number, to: number] {
  const from = rng.int(0, bytes.length);
  return [from, Math.min(bytes.length, from + rng.int(0, 12))];
}

const flip: Mutation = (rng, bytes) => {
  const copy = bytes.slice();
  const at = rng.int(0, Math.max(0, copy.length - 1));
  if (copy.length > 0) copy[at] = (copy[at] as number) ^ (1 << rng.int(0, 7));
  return copy;
};

const truncate: Mutation = (rng, bytes) => bytes.slice(0, rng.int(0, bytes.length));

const cutOut: Mutation = (rng, bytes) => replaced(bytes, ...drawPart(rng, bytes), new Uint8Array(0));

const duplicate: Mutation = (rng, bytes) => {
  const [from, to] = drawPart(rng, bytes);
  return replaced(bytes, to, to, bytes.slice(from, to));
};

/** The beginning of one frame and the end of another. */
const splice: Mutation = (rng, bytes) => {
  const other = encode(drawValue(rng, 0));
  return replaced(bytes, rng.int(0, bytes.length), bytes.length, other.slice(rng.int(0, other.length)));
};

/** A head with a length of its own, true or not, in the place of some bytes or between two. */
const lie: Mutation = (rng, bytes) => {
  const at = rng.int(0, bytes.length);
  const to = rng.chance(0.5) ? at : Math.min(bytes.length, at + rng.int(0, 5));
  return replaced(bytes, at, to, Uint8Array.from(drawHead(rng, bytes.length - at)));
};

const mutations: readonly Mutation[] = [flip, flip, truncate, cutOut, duplicate, splice, lie, lie];

/** Every head that is followed by its own length or count, and the size of that in bytes. */
const countedHeads: readonly (readonly [head: number, size: number])[] = [
  [0xc4, 1],
  [0xc5, 2],
  [0xc6, 4],
  [0xc7, 1],
  [0xc8, 2],
  [0xc9, 4],
  [0xd9, 1],
  [0xda, 2],
  [0xdb, 4],
  [0xdc, 2],
  [0xdd, 4],
  [0xde, 2],
  [0xdf, 4],
];

/** A head and a length, near `left` or far from it. */
function drawHead(rng: Rng, left: number): number[] {
  const [head, size] = rng.pick(countedHeads);
  const near = Math.max(0, left + rng.int(-6, 2));
  const length = rng.chance(0.7) ? near : rng.pick([0, 1, 0xff, 0xffff, 65_536, 65_537, 2 ** 25, 2 ** 31, 2 ** 32 - 1]);
  return [head, ...bigEndian(length, size)];
}

function bigEndian(value: number, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * (size - 1 - i))) % 256);
}

/** Tokens of the whole of MessagePack, most of them ours, within arrays that claim about as many as there are. */
function drawGarbage(rng: Rng): Uint8Array {
  const out: number[] = [];
  const tokens = rng.chance(0.02) ? rng.int(20, 300) : rng.int(1, 12);
  if (rng.chance(0.8)) out.push(...(tokens < 16 ? [0x90 | tokens] : [0xdc, ...bigEndian(tokens, 2)]));
  if (rng.chance(0.1)) out.push(...Array.from({ length: rng.int(1, 12) }, () => 0x91));
  for (let left = tokens; left > 0; left -= 1) out.push(...drawToken(rng, left));
  return Uint8Array.from(out);
}

/** Eight-byte numbers around the ends of what is safe, and some that are no integers. */
const wideNumbers: readonly number[][] = [
  [0xcb, 0x43, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xcb, 0x43, 0x40, 0, 0, 0, 0, 0, 0],
  [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0],
  [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
  [0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0],
  [0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0],
  [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 1],
  [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0],
];

function drawToken(rng: Rng, left: number): number[] {
  const kind = rng.unit();
  if (kind < 0.3) return [rng.pick([0, 1, 0x7f, 0xc0, 0xc2, 0xc3, 0xe0, 0xff, 0x90, 0xa0])];
  if (kind < 0.4) return [0x90 | rng.int(0, Math.min(15, left))];
  if (kind < 0.5) return [...rng.pick(wideNumbers)];
  if (kind < 0.6) return [rng.pick([0xcb, 0xcf, 0xd3]), ...noise(rng, 8)];
  if (kind < 0.7) return fixed(rng);
  if (kind < 0.95) return counted(rng);
  return drawHead(rng, left);
}

/** A number of up to four bytes, or something that is not ours: a float, a map, an extension, the byte never used. */
function fixed(rng: Rng): number[] {
  const [head, size] = rng.pick([
    [0xcc, 1],
    [0xd0, 1],
    [0xcd, 2],
    [0xd1, 2],
    [0xce, 4],
    [0xd2, 4],
    [0xcc, 1],
    [0xcd, 2],
    [0xce, 4],
    [0xca, 4],
    [0xc1, 0],
    [0x80, 0],
    [0xd4, 2],
    [0xd6, 5],
  ] as const);
  return [head, ...noise(rng, size)];
}

/** A string or a byte string with a true length, in one of the widths for it; the string may be no UTF-8. */
function counted(rng: Rng): number[] {
  const isText = rng.chance(0.7);
  const body = isText && rng.chance(0.8) ? Buffer.from(drawText(rng)) : noise(rng, rng.int(0, 4));
  const width = rng.int(0, 2);
  if (isText && body.length < 32 && rng.chance(0.5)) return [0xa0 | body.length, ...body];
  return [(isText ? 0xd9 : 0xc4) + width, ...bigEndian(body.length, 2 ** width), ...body];
}

// ---- by hand: tsx test/base/codec-fuzz.ts [count] [seed]

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [count, seed] = [Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? Date.now())];
  process.stderr.write(`${count} inputs, seed ${seed}\n`);
  const report = fuzzDecoder(count, seed, (done) => {
    if (done % 500_000 === 0) process.stderr.write(`${done}\n`);
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
