import { pathToFileURL } from "node:url";
import { assert } from "../../src/base/assert.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import { decode, encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { isReplicaId } from "../../src/base/ids.ts";
import { wireLimits } from "../../src/base/prescan.ts";
import { Rng } from "../../src/base/rng.ts";
import type { ChunkWord } from "../../src/rsm/snapshot/chunk.ts";
import { decodePacket, encodePacket, type Packet } from "../../src/rsm/wire.ts";

export interface FuzzReport {
  readonly inputs: number;
  readonly malformed: number;
  readonly accepted: number;
  /** Accepted packets by their kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** The most entries or rows that an accepted packet had. */
  readonly longest: number;
}

/**
 * Feeds `count` packets to the decoder: right ones with something done to their values or to their bytes. Each must be accepted, with
 * everything in it possible, or be refused with `Malformed`; nothing else is ever thrown. Stops at the first that is not, with its
 * bytes in the error's message.
 */
export function fuzzPackets(count: number, seed: number, progress: (done: number) => void = () => {}): FuzzReport {
  const rng = new Rng(seed);
  const kinds: Record<string, number> = {};
  let accepted = 0;
  let longest = 0;
  for (let inputs = 0; inputs < count; inputs += 1) {
    const bytes = drawPacket(rng);
    const packet = check(bytes, `input ${inputs} of seed ${seed}`);
    if (packet !== undefined) {
      accepted += 1;
      const kind = kindOf(packet);
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      longest = Math.max(longest, lengthOf(packet));
    }
    if ((inputs + 1) % 100_000 === 0) progress(inputs + 1);
  }
  return { inputs: count, malformed: count - accepted, accepted, kinds, longest };
}

function kindOf({ payload }: Packet): string {
  if (payload.kind === "chunk") return payload.mark === undefined ? "chunk" : "last chunk";
  if (payload.kind !== "raft") return payload.kind;
  const { message } = payload;
  if (message.kind === "vote" && message.transfer) return "vote for its leader";
  return message.kind === "append_reply" ? `append_reply ${message.accepted}` : message.kind;
}

function lengthOf({ payload }: Packet): number {
  if (payload.kind === "chunk") return payload.rows.length;
  return payload.kind === "raft" && payload.message.kind === "append" ? payload.message.entries.length : 0;
}

// ---- what must hold

function check(bytes: Uint8Array, name: string): Packet | undefined {
  const copy = new Uint8Array(bytes);
  try {
    const packet = decodePacket(bytes);
    checkPacket(packet);
    assert(equalBytes(bytes, copy), "decoding changes nothing");
    const again = encodePacket(packet.header, packet.payload);
    // The voters of a snapshot may stand in any order.
    const expected = packet.payload.kind === "chunk" ? encodeAgain(again) : encode(decode(copy) as Packable);
    assert(equalBytes(again, expected), "an accepted packet says what its bytes say");
    return packet;
  } catch (cause) {
    if (cause instanceof Malformed && /\S/.test(cause.message)) return undefined;
    throw new Error(`${name}: ${Buffer.from(copy).toString("hex")}`, { cause });
  }
}

function encodeAgain(bytes: Uint8Array): Uint8Array {
  const { header, payload } = decodePacket(bytes);
  return encodePacket(header, payload);
}

/** What the layers behind the decoder rely on. */
function checkPacket({ header, payload }: Packet): void {
  assert(isReplicaId(header.from) && isReplicaId(header.to), "a packet has two ends");
  assertWhole(header.creation, header.incarnation);
  if (payload.kind === "pinned" || payload.kind === "unknown") assertWhole(payload.incarnation);
  if (payload.kind === "chunk" || payload.kind === "chunk_ack" || payload.kind === "chunk_lost") checkChunkWord(payload);
  if (payload.kind !== "raft") return;
  const { message } = payload;
  assert(message.from === header.from && message.to === header.to, "a message has its packet's ends");
  assertWhole(...Object.values(message).filter((value) => typeof value === "number"));
  if (message.kind === "append") checkAppend(message);
}

function checkChunkWord(word: ChunkWord): void {
  assertWhole(word.term, word.transfer.nonce, word.transfer.count);
  if (word.kind === "chunk_ack") {
    assertWhole(word.finished, word.missing);
    assert(word.missing === 0 || word.missing > word.finished, "what is missing is not finished");
  }
  if (word.kind !== "chunk") return;
  const { number, finished, rows, mark } = word;
  assertWhole(number, finished);
  assert(word.term > 0, "a chunk has a term");
  assert(number > finished, "a chunk that is sent is not finished");
  assert(2 * rows.length <= wireLimits.elementsMax, "rows are limited");
  for (const row of rows) assert(row[0] instanceof Uint8Array && row[1] instanceof Uint8Array, "rows are bytes");
  if (mark === undefined) return;
  assert(mark.index > 0 && mark.term > 0 && mark.term <= word.term, "a mark is an entry of its leader's log");
  assert(Number.isSafeInteger(mark.index + 2 ** 50), "the log can go on behind the mark");
}

function checkAppend(message: Extract<Extract<Packet["payload"], { kind: "raft" }>["message"], { kind: "append" }>): void {
  let { prevIndex: index, prevTerm: term } = message;
  assert((index === 0) === (term === 0), "the beginning of the log alone has no term");
  for (const entry of message.entries) {
    assert(entry.index === index + 1 && Number.isSafeInteger(entry.index), "entries follow each other");
    assert(entry.term >= Math.max(term, 1), "terms do not fall");
    assert(entry.data instanceof Uint8Array, "data is bytes");
    ({ index, term } = entry);
  }
  assert(term <= message.term, "no entry is newer than its message");
  assert(2 * message.entries.length <= wireLimits.elementsMax, "entries are limited");
}

function assertWhole(...values: readonly number[]): void {
  for (const value of values) assert(Number.isSafeInteger(value) && value >= 0, "a number is whole, zero or more");
}

// ---- right packets

const edges = [0, 1, 2, 127, 128, 65_535, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 52, 2 ** 52 + 1, Number.MAX_SAFE_INTEGER];

function drawNumber(rng: Rng): number {
  return rng.chance(0.85) ? rng.int(0, 30) : rng.pick(edges);
}

function drawBytes(rng: Rng): Uint8Array {
  return new Uint8Array(rng.chance(0.02) ? rng.int(200, 400) : rng.int(0, 6)).fill(rng.int(0, 255));
}

function drawEntries(rng: Rng, term: number): Packable[] {
  let at = Math.max(1, term);
  return Array.from({ length: rng.chance(0.01) ? 300 : rng.int(0, 5) }, () => {
    at += rng.chance(0.3) ? rng.int(0, 2) : 0;
    return [at, drawBytes(rng)];
  }).flat();
}

/** The values of a right packet. */
function drawValues(rng: Rng): Packable[] {
  const head = [1, rng.int(0, 3), drawNumber(rng), rng.int(0, 4), drawNumber(rng), rng.int(0, 4)];
  const prevTerm = rng.int(1, 5);
  const hintTerm = rng.int(0, 5);
  const kind = rng.int(0, 10);
  if (kind < 2) return [...head, rng.pick([1, 3, 12]), drawNumber(rng), drawNumber(rng), drawNumber(rng)];
  if (kind < 4) return [...head, rng.pick([2, 4]), drawNumber(rng), rng.chance(0.5)];
  if (kind === 4 && rng.chance(0.2)) return [...head, 5, rng.int(10, 99), 0, 0, drawNumber(rng), drawNumber(rng), drawEntries(rng, 1)];
  if (kind < 7) return [...head, 5, 2000, rng.int(1, 50), prevTerm, drawNumber(rng), drawNumber(rng), drawEntries(rng, prevTerm)];
  if (kind === 7) return [...head, 6, drawNumber(rng), drawNumber(rng), drawNumber(rng)];
  if (kind === 8) return [...head, 7, hintTerm + rng.int(0, 9), drawNumber(rng), rng.int(50, 99), rng.int(0, 50), hintTerm];
  if (kind === 9) return [...head, ...drawChunkWord(rng, prevTerm)];
  return [...head, ...rng.pick([[11, drawNumber(rng)], [16], [17, drawNumber(rng)], [18, drawNumber(rng)]])];
}

function drawChunkWord(rng: Rng, markTerm: number): Packable[] {
  const kind = rng.pick([8, 8, 9, 10]);
  const begin = [kind, markTerm + rng.int(0, 3), drawNumber(rng), drawNumber(rng)];
  const finished = rng.int(0, 9);
  if (kind === 10) return begin;
  if (kind === 9) return [...begin, finished, rng.chance(0.5) ? 0 : finished + rng.int(1, 4)];
  const rows = Array.from({ length: 2 * rng.int(0, 6) }, () => drawBytes(rng));
  const mark = [rng.int(1, 99), markTerm, drawNumber(rng), rng.shuffle([0, 1, 2, 3, 4]).slice(0, rng.int(1, 5))];
  return [...begin, finished + rng.int(1, 4), finished, rows, rng.chance(0.3) ? null : mark];
}

// ---- what is done to them

function drawPacket(rng: Rng): Uint8Array {
  const values = drawValues(rng);
  const kind = rng.unit();
  if (kind < 0.15) return encode(values);
  if (kind < 0.65) return encode(changed(rng, values));
  return broken(rng, encode(kind < 0.8 ? changed(rng, values) : values));
}

/** One to three changes of values, anywhere. */
export function changed(rng: Rng, values: readonly Packable[]): Packable[] {
  let result = [...values];
  for (let left = rng.int(1, 3); left > 0; left -= 1) result = changedOnce(rng, result);
  return result;
}

function changedOnce(rng: Rng, values: readonly Packable[]): Packable[] {
  const copy = [...values];
  const at = rng.int(0, Math.max(0, copy.length - 1));
  const inner = copy[at];
  const kind = rng.int(0, 9);
  if (Array.isArray(inner) && rng.chance(0.8)) copy[at] = changedOnce(rng, inner as readonly Packable[]);
  else if (kind === 0) copy.splice(at, 1);
  else if (kind === 1) copy.splice(at, 0, drawValue(rng));
  else if (kind === 2) copy.push(drawValue(rng));
  else if (kind === 3) copy.reverse();
  else if (kind < 7 && typeof inner === "number" && Number.isSafeInteger(inner)) copy[at] = nudged(rng, inner);
  else copy[at] = drawValue(rng);
  return copy;
}

function nudged(rng: Rng, value: number): number {
  const next = rng.pick([value + 1, value - 1, -value, value * 2, value + 1_000_001, ...edges]);
  return Number.isSafeInteger(next) ? next + 0 : 0;
}

function drawValue(rng: Rng): Packable {
  return rng.pick<Packable>([
    drawNumber(rng),
    -drawNumber(rng),
    "x",
    "",
    null,
    true,
    false,
    [],
    [[]],
    [1, new Uint8Array(1)],
    drawBytes(rng),
  ]);
}

/** Numbers that no packet holds, each with its head. */
const wrongNumbers: readonly (readonly number[])[] = [
  [0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0],
  [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
  [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0],
  [0xca, 0x3f, 0x80, 0, 0],
  [0xd3, 0xff, 0xe0, 0, 0, 0, 0, 0, 0],
  [0x81, 1, 1],
  [0xd4, 1, 1],
  [0xdd, 0xff, 0xff, 0xff, 0xff],
  [0xc6, 0xff, 0xff, 0xff, 0xff],
];

/** One to three changes of bytes, anywhere. */
export function broken(rng: Rng, packet: Uint8Array): Uint8Array {
  let bytes = packet;
  for (let left = rng.int(1, 3); left > 0; left -= 1) bytes = brokenOnce(rng, bytes);
  return bytes;
}

function brokenOnce(rng: Rng, bytes: Uint8Array): Uint8Array {
  const from = rng.int(0, bytes.length);
  const to = Math.min(bytes.length, from + rng.int(0, 4));
  const kind = rng.int(0, 5);
  if (kind === 0) return bytes.slice(0, from);
  if (kind === 1) return Uint8Array.of(...bytes.subarray(0, from), ...bytes.subarray(to));
  if (kind === 2) return Uint8Array.of(...bytes.subarray(0, to), ...bytes.subarray(from));
  if (kind === 3)
    return Uint8Array.of(...bytes.subarray(0, from), ...rng.pick(wrongNumbers), ...bytes.subarray(Math.min(bytes.length, from + 1)));
  if (bytes.length === 0) return bytes;
  const at = rng.int(0, bytes.length - 1);
  return bytes.with(at, (bytes[at] as number) ^ (1 << rng.int(0, 7)));
}

// ---- by hand: tsx test/rsm/packet-fuzz.ts [count] [seed]

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [count, seed] = [Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? Date.now())];
  process.stderr.write(`${count} packets, seed ${seed}\n`);
  const report = fuzzPackets(count, seed, (done) => {
    if (done % 500_000 === 0) process.stderr.write(`${done}\n`);
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
