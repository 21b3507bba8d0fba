import { assert } from "../../src/base/assert.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import { decode, encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { wireLimits } from "../../src/base/prescan.ts";
import { Rng } from "../../src/base/rng.ts";
import type { Decoded, Refused } from "../../src/rsm/state/state-machine.ts";
import { encodeCommand, type KvCommand } from "../../src/shardkv/commands.ts";
import { encodeQuery, type KvQuery } from "../../src/shardkv/queries.ts";
import { decodeResult, encodeResult } from "../../src/shardkv/results.ts";
import { Store } from "./store.ts";

export interface FuzzReport {
  readonly inputs: number;
  /** How many were commands, queries, results; one can be more than one of them. */
  readonly commands: number;
  readonly queries: number;
  readonly results: number;
  /** The longest list in what was accepted, and the longest sentence of a refusal. */
  readonly longest: number;
  readonly sentence: number;
}

type Counts = { -readonly [name in keyof FuzzReport]: FuzzReport[name] };

const keyBytesMax = 20;
const valueBytesMax = 40;
const shards = 300;

/**
 * Feeds `count` byte strings to the decoders of commands, queries and results: right ones with something done to them, right
 * lists with wrong fields, and noise. Each is refused with a sentence, or means what its bytes say; what is accepted is then
 * executed on a store. Stops at the first that is not, with its bytes in the error's message.
 */
export function fuzzRequests(count: number, seed: number): FuzzReport {
  const depth = Error.stackTraceLimit;
  // Most of the time would go into stacks of refusals that nobody reads.
  Error.stackTraceLimit = 1;
  try {
    return fuzz(count, seed);
  } finally {
    Error.stackTraceLimit = depth;
  }
}

function fuzz(count: number, seed: number): FuzzReport {
  const rng = new Rng(seed);
  const store = new Store({ keyBytesMax, valueBytesMax, shards, partitioner: { kind: "first-byte" }, pageRowsMax: 4, pageBytesMax: 100 });
  const counts: Counts = { inputs: 0, commands: 0, queries: 0, results: 0, longest: 0, sentence: 0 };
  for (; counts.inputs < count; counts.inputs += 1) {
    const bytes = drawInput(rng);
    const copy = new Uint8Array(bytes);
    try {
      checkCommand(store, bytes, counts);
      checkQuery(store, bytes, counts);
      checkResult(bytes, counts);
      assert(equalBytes(bytes, copy), "decoding changes nothing");
    } catch (cause) {
      throw new Error(`input ${counts.inputs} of seed ${seed}: ${Buffer.from(copy).toString("hex")}`, { cause });
    }
  }
  return counts;
}

// ---- what must hold

/** What the bytes of an accepted request say, written as we write it. */
const canonical = (bytes: Uint8Array): Uint8Array => encode(decode(bytes) as Packable);

function accepted<T>(decoded: Decoded<T>, counts: Counts): T | undefined {
  if (decoded.ok) return decoded.value;
  checkRefusal(decoded, counts);
  return undefined;
}

function checkRefusal({ why, detail }: Refused, counts: Counts): void {
  assert(why === "bad_request" && /^[A-Z][^\n]*[.]$/.test(detail), `a refusal is one sentence: ${detail}`);
  counts.sentence = Math.max(counts.sentence, detail.length);
}

function checkKey(key: Uint8Array | undefined): void {
  assert(key === undefined || key.length <= keyBytesMax, "a key keeps to its limit");
}

function checkCommand(store: Store, bytes: Uint8Array, counts: Counts): void {
  const command: KvCommand | undefined = accepted(store.machine.decodeCommand(bytes), counts);
  if (command === undefined) return;
  counts.commands += 1;
  assert(equalBytes(encodeCommand(command), canonical(bytes)), "a command says what its bytes say");
  checkKey(command.key);
  const values = Object.entries(command).filter(([name]) => name === "value" || name === "expected");
  for (const [, value] of values)
    assert(value === undefined || (value as Uint8Array).length <= valueBytesMax, "a value keeps to its limit");
  const result = store.run(command);
  if (!result.ok) checkRefusal(result, counts);
}

function checkQuery(store: Store, bytes: Uint8Array, counts: Counts): void {
  const query: KvQuery | undefined = accepted(store.machine.decodeQuery(bytes), counts);
  if (query === undefined) return;
  counts.queries += 1;
  assert(equalBytes(encodeQuery(query), canonical(bytes)), "a query says what its bytes say");
  if (query.op === "group") return;
  if (query.op === "get") checkKey(query.key);
  else checkKey(query.cursor);
  if (query.op === "scan") for (const bound of [query.start, query.end]) checkKey(bound?.key);
  if (query.op !== "get" && query.shards !== "all") {
    assert(query.shards.length > 0 && query.shards.length <= shards, "shards are named once each");
    counts.longest = Math.max(counts.longest, query.shards.length);
  }
  const result = store.ask(query);
  if (!result.ok) checkRefusal(result, counts);
}

function checkResult(bytes: Uint8Array, counts: Counts): void {
  try {
    const result = decodeResult(bytes);
    counts.results += 1;
    assert(equalBytes(encodeResult(result), canonical(bytes)), "a result says what its bytes say");
    if (!result.ok || result.op !== "scan") return;
    assert(3 * result.rows.length <= wireLimits.elementsMax, "rows are limited");
    counts.longest = Math.max(counts.longest, result.rows.length);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
}

// ---- what is fed

function drawInput(rng: Rng): Uint8Array {
  const kind = rng.unit();
  if (kind < 0.35) return encode(drawValues(rng));
  if (kind < 0.6) return encode(withWrongField(rng, drawValues(rng)));
  if (kind < 0.9) return mutated(rng, encode(drawValues(rng)));
  return noise(rng, rng.int(0, 30));
}

const noise = (rng: Rng, length: number): Uint8Array => Uint8Array.from({ length }, () => rng.int(0, 255));

const drawKey = (rng: Rng): Uint8Array => noise(rng, rng.chance(0.02) ? rng.int(18, 22) : rng.int(0, 2)).map((byte) => byte & 0x83);
const drawValue = (rng: Rng): Uint8Array => noise(rng, rng.chance(0.05) ? rng.int(38, 42) : rng.int(0, 5)).fill(7);
const orNull = (rng: Rng, value: Packable): Packable => (rng.chance(0.4) ? null : value);
const drawNumber = (rng: Rng): number => (rng.chance(0.8) ? rng.int(0, 9) : rng.pick([255, 299, 300, 65_535, 2 ** 32, 2 ** 53 - 1, -1]));

function drawShards(rng: Rng): Packable {
  if (rng.chance(0.4)) return null;
  const list = Array.from({ length: rng.chance(0.1) ? 300 : rng.int(1, 4) }, (_, at) => (rng.chance(0.98) ? at : rng.int(0, 310)));
  return Uint8Array.from(list.flatMap((shard) => [shard >>> 8, shard & 0xff]));
}

const drawBound = (rng: Rng): Packable => orNull(rng, [rng.chance(0.5), drawKey(rng)]);

/** The fields of a right command, query or result. */
function drawValues(rng: Rng): Packable[] {
  switch (rng.int(0, 9)) {
    case 0:
      return [rng.int(1, 3), drawKey(rng), drawValue(rng)];
    case 1:
      return [4, drawKey(rng)];
    case 2:
      return [5, drawKey(rng), orNull(rng, drawValue(rng)), orNull(rng, drawValue(rng))];
    case 3:
      return [6, drawKey(rng), drawNumber(rng), drawValue(rng)];
    case 4: {
      const key = drawKey(rng);
      return [1, rng.chance(0.9) ? (key[0] ?? 0) : drawNumber(rng), key];
    }
    case 5:
    case 6:
      return [2, drawShards(rng), drawBound(rng), drawBound(rng), orNull(rng, drawNumber(rng)), orNull(rng, drawKey(rng))];
    case 7:
      return [3, drawShards(rng), orNull(rng, drawKey(rng))];
    case 8:
      return [9, orNull(rng, drawKey(rng)), drawTriples(rng, () => [drawKey(rng), drawValue(rng), drawNumber(rng)])];
    default:
      return drawResult(rng);
  }
}

function drawResult(rng: Rng): Packable[] {
  switch (rng.int(0, 4)) {
    case 0:
      return [0, "No."];
    case 1:
      return [1, true, drawNumber(rng)];
    case 2:
      return [7, false, drawNumber(rng)];
    case 3:
      return [8, orNull(rng, drawValue(rng)), drawNumber(rng)];
    default:
      return [10, null, drawTriples(rng, () => [rng.int(0, 300), drawNumber(rng), drawNumber(rng)])];
  }
}

function drawTriples(rng: Rng, draw: () => Packable[]): Packable[] {
  return Array.from({ length: rng.chance(0.05) ? 200 : rng.int(0, 4) }, draw).flat();
}

function withWrongField(rng: Rng, values: Packable[]): Packable {
  const at = rng.int(0, values.length - 1);
  const wrong = rng.pick<Packable>([null, true, -1, 0, 2 ** 40, "text", "__proto__", [], [[]], noise(rng, 3), [true, 1]]);
  if (rng.chance(0.6)) return values.with(at, wrong);
  if (rng.chance(0.3)) return wrong;
  return rng.chance(0.5) ? [...values, wrong] : values.slice(0, at);
}

/** The bytes with one to three things done to them. */
function mutated(rng: Rng, bytes: Uint8Array): Uint8Array {
  const changed = [...bytes];
  for (let left = rng.int(1, 3); left > 0; left -= 1) {
    const at = rng.int(0, changed.length);
    const change = rng.int(0, 4);
    if (change === 0) changed.splice(at, rng.int(1, 5));
    else if (change === 1) changed.splice(at, 0, ...noise(rng, rng.int(1, 5)));
    else if (change === 2) changed.splice(at, 1, rng.pick([0x00, 0x7f, 0x90, 0xc0, 0xc1, 0xc4, 0xc6, 0xcf, 0xdc, 0xdd, 0xdf, 0xff]));
    else if (change === 3) changed.length = at;
    else changed.splice(at, 1, (changed[at] ?? 0) ^ (1 << rng.int(0, 7)));
  }
  return Uint8Array.from(changed);
}
