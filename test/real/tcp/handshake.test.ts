import { describe, expect, test } from "vitest";
import { encode, Malformed, type Packable } from "../../../src/base/codec.ts";
import { serverId } from "../../../src/base/ids.ts";
import { Rng } from "../../../src/base/rng.ts";
import { encodeHello, encodeRefusal, encodeWelcome, type Hello, judgeHello, readAnswer } from "../../../src/real/tcp/handshake.ts";
import { isName, printable } from "../../../src/real/tcp/options.ts";
import { protocolVersion } from "../../../src/rsm/wire.ts";

const [a, b] = [serverId("10.0.0.1:7000"), serverId("10.0.0.2:7000")];
const listener = { cluster: "shop", self: b, incarnation: 22 };
const hello: Hello = { role: "peer", cluster: "shop", who: a, incarnation: 11, to: b };

describe("a hello", () => {
  test("is read as it was written", () => {
    expect(judgeHello(encodeHello(hello), listener)).toEqual({ hello });
    expect(judgeHello(encodeHello({ ...hello, role: "probe" }), listener)).toEqual({ hello: { ...hello, role: "probe" } });
  });

  test.each<[string, Packable, string]>([
    [
      "another version",
      ["kvorum", protocolVersion + 1, "something", ["new"]],
      `You speak version ${protocolVersion + 1} of the protocol, and server 10.0.0.2:7000 speaks version ${protocolVersion}.`,
    ],
    [
      "another cluster",
      ["kvorum", protocolVersion, "peer", "bank", a, 11, b],
      'You belong to cluster "bank", and server 10.0.0.2:7000 to cluster "shop".',
    ],
    [
      "another server",
      ["kvorum", protocolVersion, "peer", "shop", a, 11, "10.0.0.3:7000"],
      "You want to reach server 10.0.0.3:7000, and this is server 10.0.0.2:7000.",
    ],
    [
      "oneself",
      ["kvorum", protocolVersion, "peer", "shop", b, 11, b],
      "You call yourself 10.0.0.2:7000, and that is this server's own name.",
    ],
  ])("for %s is refused with a sentence", (_, value, refusal) => {
    expect(judgeHello(encode(value), listener)).toEqual({ refusal });
  });

  test.each<[string, Packable]>([
    ["no list", "kvorum"],
    ["an empty list", []],
    ["another magic", ["quorum", 1, "peer", "shop", a, 11, b]],
    ["no version", ["kvorum"]],
    ["a version in words", ["kvorum", "one", "peer", "shop", a, 11, b]],
    ["too few values", ["kvorum", 1, "peer", "shop", a, 11]],
    ["too many values", ["kvorum", 1, "peer", "shop", a, 11, b, 0]],
    ["an unknown role", ["kvorum", 1, "king", "shop", a, 11, b]],
    ["an empty name", ["kvorum", 1, "peer", "shop", "", 11, b]],
    ["a name that moves the cursor", ["kvorum", 1, "peer", "shop", "a\u001b[2J", 11, b]],
    ["a name of two lines", ["kvorum", 1, "peer", "shop\nok", a, 11, b]],
    ["a long name", ["kvorum", 1, "peer", "s".repeat(256), a, 11, b]],
    ["a negative incarnation", ["kvorum", 1, "peer", "shop", a, -1, b]],
    ["an incarnation in words", ["kvorum", 1, "peer", "shop", a, "11", b]],
    ["lists in the list", ["kvorum", 1, "peer", "shop", [a], 11, b]],
  ])("with %s is malformed", (_, value) => {
    expect(() => judgeHello(encode(value), listener)).toThrow(Malformed);
  });
});

describe("an answer", () => {
  test("is read as it was written", () => {
    expect(readAnswer(true, encodeWelcome(listener), b)).toEqual({ incarnation: 22 });
    expect(readAnswer(false, encodeRefusal("No.", true), b)).toEqual({ refusal: "No.", isFinal: true });
    expect(readAnswer(false, encodeRefusal("Not now.", false), b)).toEqual({ refusal: "Not now.", isFinal: false });
  });

  test("of another server is a refusal", () => {
    expect(readAnswer(true, encodeWelcome({ ...listener, self: a }), b)).toEqual({
      refusal: "At the address of server 10.0.0.2:7000 there is server 10.0.0.1:7000.",
      isFinal: true,
    });
  });

  test("of another version is a refusal, and a refusal is understood in every version", () => {
    expect(readAnswer(true, encode(["kvorum", 9, b, 22]), b)).toEqual({
      refusal: `Server 10.0.0.2:7000 speaks version 9 of the protocol, and this one version ${protocolVersion}.`,
      isFinal: true,
    });
    const old = encode(["kvorum", 9, "You are too old.", "and more"]);
    expect(readAnswer(false, old, b)).toEqual({ refusal: "You are too old.", isFinal: true });
  });

  test("cannot write into a log what it likes", () => {
    const answer = readAnswer(false, encode(["kvorum", 1, `a\nb\u001b[2J${"x".repeat(2_000)}`]), b);
    expect(answer).toEqual({ refusal: `a?b?[2J${"x".repeat(493)}...`, isFinal: false });
  });

  test.each<[boolean, Packable]>([
    [true, ["kvorum", 1, b]],
    [true, ["kvorum", 1, b, "x"]],
    [true, ["kvorum", 1, 7, 22]],
    [false, ["kvorum", 1]],
    [false, ["kvorum", 1, 7]],
    [false, null],
  ])("that is none is malformed (%s, %j)", (isWelcome, value) => {
    expect(() => readAnswer(isWelcome, encode(value), b)).toThrow(Malformed);
  });
});

test("nothing but Malformed comes out of bytes that were damaged", () => {
  const rng = new Rng("handshakes");
  const good = [encodeHello(hello), encodeWelcome(listener), encodeRefusal("No.", true)];
  let refused = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Uint8Array.from(rng.pick(good)).subarray(0, rng.chance(0.2) ? rng.int(0, 40) : undefined);
    for (let blows = rng.int(1, 4); blows > 0 && bytes.length > 0; blows -= 1) bytes[rng.int(0, bytes.length - 1)] = rng.int(0, 255);
    for (const use of [() => judgeHello(bytes, listener), () => readAnswer(true, bytes, b), () => readAnswer(false, bytes, b)]) {
      try {
        use();
      } catch (error) {
        refused += 1;
        if (!(error instanceof Malformed)) throw error;
      }
    }
  }
  expect(refused).toBeGreaterThan(20_000);
});

test("names are what an address or a person would use", () => {
  for (const name of ["127.0.0.1:7000", "[::1]:7000", "büro.example:1", "prod east", "x".repeat(255)]) expect(isName(name)).toBe(true);
  for (const name of ["", "x".repeat(256), "a\tb", "\ufeffa", "\ud800", "a\u202eb", 7, undefined]) expect(isName(name)).toBe(false);
});

test("what is shown is short and harmless", () => {
  expect(printable("plain")).toBe("plain");
  expect(printable(`${"x".repeat(499)}\u{1f600}y`)).toBe(`${"x".repeat(499)}?...`);
});
