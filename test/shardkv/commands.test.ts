import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decode, encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { decodeCommand, encodeCommand, type KvCommand } from "../../src/shardkv/commands.ts";
import { KvMachine } from "../../src/shardkv/kv-machine.ts";
import { kvOptions, type KvOptions } from "../../src/shardkv/options.ts";
import { anyKey, commandOn, oddKeys } from "./arbitraries.ts";
import { bytesOf, hexOf, Store, textOf } from "./store.ts";

const limits = kvOptions();
const key = bytesOf("k");
const value = bytesOf("v");

/** The sentence with which a value is refused as a command. */
function refusal(given: Packable, options: KvOptions = limits): string {
  const decoded = decodeCommand(encode(given), options);
  if (decoded.ok) throw new Error(`${JSON.stringify(given)} is a command`);
  expect(decoded.why).toBe("bad_request");
  return decoded.detail;
}

test("a command comes back as it was", () => {
  fc.assert(
    fc.property(commandOn(anyKey, fc.uint8Array()), (command) => {
      expect(decodeCommand(encodeCommand(command), limits)).toEqual({ ok: true, value: command });
    }),
    { numRuns: 500 },
  );
});

const narrow = { ...limits, keyBytesMax: 3, valueBytesMax: 300 };
const spoilt = fc.record({ cut: fc.nat(3), at: fc.nat(10), byte: fc.integer({ min: 0, max: 255 }), more: fc.uint8Array({ maxLength: 2 }) });

test("a short way through the bytes comes to what the long one does", () => {
  let found = 0;
  fc.assert(
    fc.property(
      commandOn(fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 310 })),
      fc.option(spoilt, { freq: 1 }),
      (command, change) => {
        const good = encodeCommand(command);
        const bytes = change === null ? good : new Uint8Array([...good.subarray(0, good.length - change.cut), ...change.more]);
        if (change !== null && change.at < bytes.length) bytes[change.at] = change.byte;
        const decoded = decodeCommand(bytes, narrow);
        const long = longWay(bytes);
        expect(decoded.ok && keyAndValue.includes(decoded.value.op) ? decoded.value : undefined).toEqual(long);
        if (long !== undefined) found += 1;
      },
    ),
    { numRuns: 500 },
  );
  expect(found).toBeGreaterThan(50);
});

const keyAndValue: readonly (string | undefined)[] = [undefined, "put", "append", "swap"];

/** The put, append or swap that bytes hold, taken apart by the codec. */
function longWay(bytes: Uint8Array): unknown {
  let fields: unknown;
  try {
    fields = decode(bytes, { depthMax: 1, elementsMax: 8 });
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
  if (!Array.isArray(fields) || fields.length !== 3) return undefined;
  const [operation, first, second] = fields as unknown[];
  const op = typeof operation === "number" ? keyAndValue[operation] : undefined;
  if (op === undefined || !(first instanceof Uint8Array) || !(second instanceof Uint8Array)) return undefined;
  return first.length > narrow.keyBytesMax || second.length > narrow.valueBytesMax ? undefined : { op, key: first, value: second };
}

test("a command looks like this", () => {
  expect(hexOf(encodeCommand({ op: "put", key, value }))).toBe("9301c4016bc40176");
  expect(hexOf(encodeCommand({ op: "append", key, value }))).toBe("9302c4016bc40176");
  expect(hexOf(encodeCommand({ op: "swap", key, value }))).toBe("9303c4016bc40176");
  expect(hexOf(encodeCommand({ op: "delete", key }))).toBe("9204c4016b");
  expect(hexOf(encodeCommand({ op: "cas", key, expected: undefined, value }))).toBe("9405c4016bc0c40176");
  expect(hexOf(encodeCommand({ op: "cas", key, expected: value, value: undefined }))).toBe("9405c4016bc40176c0");
  expect(hexOf(encodeCommand({ op: "put_version", key, version: 300, value }))).toBe("9406c4016bcd012cc40176");
});

describe("what is no command is refused with a sentence", () => {
  test.each<[string, Packable, string]>([
    ["nil", null, "A command was given as nil; it is a list."],
    ["a number", 7, "A command was given as a number; it is a list."],
    ["text", "put", "A command was given as text; it is a list."],
    ["bytes", key, "A command was given as bytes; it is a list."],
    ["an empty list", [], "A command was given as an empty list; its first field is the number of an operation."],
    ["a list in a list", [1, [key], value], "A command cannot be read: Arrays are nested too deep."],
    ["many elements", [1, 2, 3, 4, 5, 6, 7, 8, 9], "A command cannot be read: There are too many elements."],
    ["a put without a value", [1, key], "A put has a key and a value; 1 fields were given behind the operation, and 2 are allowed."],
    ["a put of three", [1, key, value, 1], "A put has a key and a value; 3 fields were given behind the operation, and 2 are allowed."],
    ["a delete of two", [4, key, value], "A delete has a key; 2 fields were given behind the operation, and 1 are allowed."],
    ["a key of text", [1, "k", value], "A key was given as text; it is bytes."],
    ["a key of nil", [4, null], "A key was given as nil; it is bytes."],
    ["a value of nil", [2, key, null], "A value was given as nil; it is bytes."],
    ["a value of a boolean", [3, key, true], "A value was given as a boolean; it is bytes."],
    ["an expected number", [5, key, 7, value], "A value was given as a number; it is bytes."],
    ["a negative version", [6, key, -1, value], "A version was given as -1; it is a whole number, 0 or more."],
    ["a version of text", [6, key, "1", value], "A version was given as text; it is a whole number, 0 or more."],
  ])("%s", (_, given, sentence) => {
    expect(refusal(given)).toBe(sentence);
  });

  test.each([0, 7, -1, 2 ** 40, "put", "__proto__", null, true])("the operation %j", (operation) => {
    expect(refusal([operation, key, value])).toMatch(
      /^An operation was given as .*; there are 1 \(put\), .* and 6 \(put at a version\)\.$/,
    );
  });

  test("bytes that are cut off, or that go on", () => {
    const bytes = encodeCommand({ op: "put", key, value });
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeCommand(bytes.subarray(0, length), limits)).toMatchObject({ ok: false, why: "bad_request" });
    }
    expect(decodeCommand(Uint8Array.of(...bytes, 0), limits)).toMatchObject({
      detail: "A command cannot be read: There are bytes behind the value.",
    });
  });
});

const sized = (keyBytes: number, valueBytes: number): KvCommand => ({
  op: "put",
  key: new Uint8Array(keyBytes),
  value: new Uint8Array(valueBytes),
});
const detailOf = (command: KvCommand, options: KvOptions = limits): unknown => {
  const decoded = decodeCommand(encodeCommand(command), options);
  return decoded.ok ? "allowed" : decoded.detail;
};

describe("limits", () => {
  test("keys have 0 to 4096 bytes, values up to 1 MiB", () => {
    expect(detailOf(sized(0, 0))).toBe("allowed");
    expect(detailOf(sized(4096, 1 << 20))).toBe("allowed");
    expect(detailOf(sized(4097, 0))).toBe("A key of 4097 bytes was given; 4096 are allowed.");
    expect(detailOf(sized(0, (1 << 20) + 1))).toBe("A value of 1048577 bytes was given; 1048576 are allowed.");
  });

  test("are options", () => {
    const large = kvOptions({ keyBytesMax: 5000, valueBytesMax: 32 << 20 });
    expect(detailOf(sized(5000, 10 << 20), large)).toBe("allowed");
    expect(detailOf(sized(5001, 0), large)).toBe("A key of 5001 bytes was given; 5000 are allowed.");
    const small = kvOptions({ valueBytesMax: 3 });
    expect(detailOf({ op: "cas", key, expected: new Uint8Array(4), value: undefined }, small)).toMatch(/4 bytes was given; 3 are allowed/);
    expect(detailOf({ op: "cas", key, expected: undefined, value: new Uint8Array(4) }, small)).toMatch(/4 bytes was given; 3 are allowed/);
    expect(detailOf({ op: "put_version", key, version: 0, value: new Uint8Array(4) }, small)).toMatch(/4 bytes was given; 3 are allowed/);
  });

  test("are whole and positive", () => {
    for (const wrong of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const name of ["shards", "keyBytesMax", "valueBytesMax", "pageRowsMax", "pageBytesMax"] as const) {
        expect(() => kvOptions({ [name]: wrong })).toThrow(`${name} is a whole number`);
      }
    }
    expect(() => kvOptions({ pageRowsMax: 20_001 })).toThrow("from 1 to 20000");
    expect(Object.isFrozen(kvOptions())).toBe(true);
  });

  test("hold for a value that grows, and the value stays as it was", () => {
    const store = new Store({ valueBytesMax: 5 });
    store.put("k", "123");
    expect(store.run({ op: "append", key, value: bytesOf("456") })).toEqual({
      ok: false,
      why: "bad_request",
      detail: "An append of 3 bytes was given, which makes a value of 6 bytes; 5 are allowed.",
    });
    expect(store.get("k")).toBe("123");
    expect(store.run({ op: "append", key, value: bytesOf("45") })).toMatchObject({ ok: true, version: 2 });
  });
});

test("odd keys are ordinary keys", () => {
  const store = new Store();
  const all = [...oddKeys, new Uint8Array(4096).fill(0), new Uint8Array(4096).fill(0xff), new Uint8Array(4095).fill(0xff)];
  for (const [i, odd] of all.entries()) {
    expect(store.run({ op: "put", key: odd, value: odd.subarray(0, 20) })).toEqual({ ok: true, op: "put", existed: false, version: 1 });
    expect(store.run({ op: "append", key: odd, value: bytesOf(`#${i}`) })).toMatchObject({ old: odd.subarray(0, 20) });
  }
  for (const [i, odd] of all.entries()) expect(store.get(textOf(odd))).toBe(`${textOf(odd.subarray(0, 20))}#${i}`);
  const sorted = all.map(textOf).toSorted((a, b) => Buffer.compare(bytesOf(a), bytesOf(b)));
  expect(store.scan().map((row) => textOf(row.key))).toEqual(sorted);
});

describe("a decoded command", () => {
  const machine = new KvMachine();
  const decodedIn = (packetBytes: number, command: KvCommand): KvCommand => {
    const bytes = encodeCommand(command);
    const packet = new Uint8Array(packetBytes);
    packet.set(bytes, 100);
    const decoded = machine.decodeCommand(packet.subarray(100, 100 + bytes.length));
    if (!decoded.ok) throw new Error(decoded.detail);
    return decoded.value;
  };

  test("is a view of its request where nearly all commands are", () => {
    for (const op of ["put", "append", "swap"] as const) {
      const command = decodedIn(1 << 20, { op, key, value });
      expect([command.key.buffer.byteLength, (command as { value: Uint8Array }).value.buffer.byteLength]).toEqual([1 << 20, 1 << 20]);
    }
  });

  test("does not keep a large packet alive for a few bytes of a rare one", () => {
    expect(decodedIn(1 << 20, { op: "delete", key }).key.buffer.byteLength).toBeLessThanOrEqual(8192);
    expect(decodedIn(4096, { op: "delete", key }).key.buffer.byteLength).toBe(4096);
    const half = decodedIn(1 << 20, { op: "put_version", key, version: 1, value: new Uint8Array(400_000) });
    expect((half as { value: Uint8Array }).value.buffer.byteLength).toBe(400_000);
  });

  test("leaves nothing of its packet in the rows and in the result", () => {
    const store = new Store();
    const packet = new Uint8Array(1 << 20);
    const bytes = encodeCommand({ op: "put", key, value });
    packet.set(bytes);
    const decoded = store.machine.decodeCommand(packet.subarray(0, bytes.length));
    if (!decoded.ok) throw new Error(decoded.detail);
    store.machine.execute(store.machine.shardOf(key), decoded.value, store.state);
    packet.fill(0xee);
    expect(store.get("k")).toBe("v");
    expect(store.state.isUntouched()).toBe(true);
    for (const row of store.state.rows()) expect(row.key.buffer).not.toBe(packet.buffer);
  });
});
