import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, equalBytes, putU32 } from "../../../src/base/bytes.ts";
import { Rng } from "../../../src/base/rng.ts";
import { FrameDecoder, type FrameFault, packFrame, packFrames } from "../../../src/real/tcp/frame.ts";
import { bytesOf } from "../../contract/storage-harness.ts";
import { type NaiveFrame, naiveFrames } from "./naive-frames.ts";

const bytesMax = 100_000;

/** Reads a stream that comes in `chunks`, each in memory that is used for something else afterwards, as a socket might do. */
function read(chunks: readonly Uint8Array[], max = bytesMax): { frames: NaiveFrame[]; fault: FrameFault | undefined } {
  const frames: NaiveFrame[] = [];
  const decoder = new FrameDecoder({ bytesMax: max, take: (kind, body) => frames.push({ kind, body }) });
  let fault: FrameFault | undefined;
  for (const chunk of chunks) {
    const passing = Uint8Array.from(chunk);
    fault = decoder.push(passing);
    passing.fill(0xee);
  }
  return { frames, fault };
}

/** `stream` in pieces that end at `cuts`. */
function cut(stream: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...new Set([...cuts.map((at) => at % (stream.length + 1)), stream.length])].toSorted((a, b) => a - b);
  return ends.map((end, i) => stream.subarray(ends[i - 1] ?? 0, end));
}

function pieces(stream: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(stream.length / size) }, (_, i) => stream.subarray(i * size, (i + 1) * size));
}

function expectSame(found: readonly NaiveFrame[], wanted: readonly NaiveFrame[]): void {
  expect(found.map(({ kind, body }) => [kind, body.length])).toEqual(wanted.map(({ kind, body }) => [kind, body.length]));
  expect(found.every(({ body }, i) => equalBytes(body, (wanted[i] as NaiveFrame).body))).toBe(true);
}

describe("frames", () => {
  test("come out as they went in, wherever a stream is cut once", () => {
    const bodies = [0, 1, 2, 8, 9, 10, 300, 0].map((length) => bytesOf(length, length));
    const stream = concat(packFrames(4, bodies));
    for (let at = 0; at <= stream.length; at += 1) {
      const { frames, fault } = read(cut(stream, [at]));
      expect(fault).toBeUndefined();
      expectSame(
        frames,
        bodies.map((body) => ({ kind: 4, body })),
      );
    }
  });

  test("come out as they went in, also byte by byte", () => {
    const bodies = [0, 1, 70_000, 2_048, 2_049].map((length) => bytesOf(length, length));
    const { frames, fault } = read(pieces(concat(packFrames(4, bodies)), 1));
    expect(fault).toBeUndefined();
    expectSame(
      frames,
      bodies.map((body) => ({ kind: 4, body })),
    );
  });

  test("come out as they went in, whatever their sizes and wherever the stream is cut", () => {
    const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(3_000), fc.integer({ min: 16_000, max: 17_000 })), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.array(fc.nat(60_000), { maxLength: 12 }), fc.integer({ min: 1, max: 255 }), (lengths, cuts, kind) => {
        const bodies = lengths.map((length, i) => bytesOf(length, i));
        const stream = concat(packFrames(kind, bodies));
        const { frames, fault } = read(cut(stream, cuts));
        expect(fault).toBeUndefined();
        expectSame(
          frames,
          bodies.map((body) => ({ kind, body })),
        );
      }),
    );
  });

  test("that are long are not copied again for every piece", () => {
    const body = bytesOf(4 << 20, 7);
    const { frames, fault } = read(pieces(concat(packFrames(4, [body])), 64), 5 << 20);
    expect(fault).toBeUndefined();
    expectSame(frames, [{ kind: 4, body }]);
  });

  test("are few pieces: the short ones together, the long ones where they are", () => {
    const long = bytesOf(100_000, 1);
    expect(
      packFrames(
        4,
        Array.from({ length: 100 }, () => bytesOf(50, 2)),
      ),
    ).toHaveLength(1);
    const mixed = packFrames(4, [bytesOf(50, 3), long, bytesOf(50, 4), bytesOf(50, 5)]);
    expect(mixed).toHaveLength(3);
    expect(mixed[1]).toBe(long);
  });

  test("keep little more than themselves alive", () => {
    for (const length of [1, 10, 2_000, 3_000, 65_536]) {
      const { frames } = read([concat([...packFrames(4, [bytesOf(length, 1)]), ...packFrames(4, [bytesOf(60_000, 1)])])]);
      expect(frames[0]?.body.buffer.byteLength).toBeLessThanOrEqual(Math.max(8_192, length));
    }
  });
});

describe("a decoder", () => {
  test("agrees with a slow one on streams that were damaged", () => {
    const rng = new Rng("damaged");
    for (let round = 0; round < 3_000; round += 1) {
      const bodies = Array.from({ length: rng.int(1, 5) }, () => bytesOf(rng.int(0, 200), round));
      const stream = Buffer.from(concat(packFrames(4, bodies)));
      for (let blows = rng.int(0, 3); blows > 0; blows -= 1) stream[rng.int(0, stream.length - 1)] = rng.int(0, 255);
      const short = stream.subarray(0, rng.chance(0.3) ? rng.int(0, stream.length) : stream.length);
      const wanted = naiveFrames(short, bytesMax);
      const cuts = Array.from({ length: rng.int(0, 5) }, () => rng.int(0, 2_000));
      const { frames, fault } = read(cut(short, cuts));
      expect(fault?.kind).toBe(wanted.fault);
      expectSame(frames, wanted.frames);
    }
  });

  test("agrees with a slow one on bytes that mean nothing", () => {
    const rng = new Rng("noise");
    for (let round = 0; round < 3_000; round += 1) {
      const noise = Buffer.from(Array.from({ length: rng.int(3, 60) }, () => rng.int(0, 255)));
      // Most lengths are absurd; small ones get further.
      if (rng.chance(0.5)) noise.fill(0, 0, 3);
      const wanted = naiveFrames(noise, bytesMax);
      const { frames, fault } = read(pieces(noise, rng.int(1, 20)));
      expect(fault?.kind).toBe(wanted.fault);
      expectSame(frames, wanted.frames);
    }
  });

  test("sees every flipped bit", () => {
    const frame = packFrame(4, bytesOf(20, 1));
    for (let bit = 0; bit < frame.length * 8; bit += 1) {
      const stream = concat([frame, frame]);
      stream[bit >> 3] = (stream[bit >> 3] as number) ^ (1 << (bit & 7));
      const { frames } = read([stream]);
      // A length that has grown may leave it waiting for more; it never hands out anything.
      expect(frames).toEqual([]);
    }
  });
});

describe("a decoder that is given nonsense", () => {
  test.each([
    [0, "A frame has no bytes; it needs at least one."],
    [bytesMax + 1, "A frame claims 100001 bytes; 100000 are allowed."],
    [bytesMax * 10, "A frame claims 1000000 bytes; 100000 are allowed."],
    [2 ** 31, "A frame claims 2147483648 bytes; 100000 are allowed."],
    [2 ** 32 - 1, "A frame claims 4294967295 bytes; 100000 are allowed."],
  ])("refuses the length %d when it has seen nothing else, and takes no memory for it", (length, sentence) => {
    let asked = 0;
    const head = new Uint8Array(4);
    putU32(head, 0, length);
    for (const size of [1, 4]) {
      const decoder = new FrameDecoder({ bytesMax, take: () => {}, reserve: () => (asked += 1) > 0 });
      const faults = pieces(head, size).map((piece) => decoder.push(piece));
      expect(faults.at(-1)?.sentence).toBe(sentence);
      expect(faults.slice(0, -1).every((fault) => fault === undefined)).toBe(true);
    }
    expect(asked).toBe(0);
  });

  test("takes a frame of exactly the allowed length, and none that is one byte longer", () => {
    expect(read(packFrames(4, [bytesOf(bytesMax - 1, 1)])).frames).toHaveLength(1);
    expect(read(packFrames(4, [bytesOf(bytesMax, 1)])).fault?.kind).toBe("too_long");
  });

  test("reads nothing after a fault", () => {
    const taken: number[] = [];
    const decoder = new FrameDecoder({ bytesMax, take: (kind) => taken.push(kind) });
    const damaged = packFrame(1, bytesOf(5, 5));
    damaged[4] = (damaged[4] as number) ^ 1;
    expect(decoder.push(concat([packFrame(2), damaged, packFrame(3)]))?.kind).toBe("damaged");
    expect(decoder.push(packFrame(3))?.kind).toBe("damaged");
    expect(taken).toEqual([2]);
  });
});

describe("a decoder's owner", () => {
  test("can stop it, and allow more, from inside of what it has found", () => {
    const taken: number[] = [];
    const decoder: FrameDecoder = new FrameDecoder({
      bytesMax: 10,
      take: (kind) => {
        taken.push(kind);
        if (kind === 1) decoder.allow(1_000);
        if (kind === 3) decoder.stop();
      },
    });
    const long = packFrame(2, bytesOf(500, 1));
    expect(decoder.push(concat([packFrame(1), long, packFrame(3), packFrame(4)]))).toBeUndefined();
    decoder.push(packFrame(4));
    expect(taken).toEqual([1, 2, 3]);
  });

  test("gets back what was reserved, however a frame ends", () => {
    let held = 0;
    const open = (): FrameDecoder =>
      new FrameDecoder({
        bytesMax,
        take: () => {},
        reserve: (bytes) => (held += bytes) <= 1_500,
        release: (bytes) => (held -= bytes),
      });
    const frame = packFrame(4, bytesOf(999, 1));
    const [whole, stopped, damaged] = [open(), open(), open()];
    whole.push(frame.subarray(0, 20));
    expect(held).toBe(1_000);
    whole.push(frame.subarray(20));
    expect(held).toBe(0);
    stopped.push(frame.subarray(0, 20));
    stopped.stop();
    expect(held).toBe(0);
    damaged.push(frame.subarray(0, 20));
    expect(damaged.push(new Uint8Array(2_000))?.kind).toBe("damaged");
    expect(held).toBe(0);
  });

  test("can forbid it to hold anything", () => {
    const decoder = new FrameDecoder({ bytesMax, take: () => {}, reserve: () => false });
    const frame = packFrame(4, bytesOf(999, 1));
    expect(decoder.push(frame)).toBeUndefined(); // a whole frame needs nothing held
    expect(decoder.push(frame.subarray(0, 20))?.kind).toBe("too_much");
  });
});
