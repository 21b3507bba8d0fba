import { beforeAll, describe, expect, test } from "vitest";
import type { ScanRange } from "../../src/client/client.ts";
import { KvorumError } from "../../src/client/errors.ts";
import { all, StoreWorld } from "./store.ts";

const world = new StoreWorld({ pageRowsMax: 3 });
const client = world.client();

beforeAll(async () => {
  for (const key of ["", "a", "b", "ba", "bb", "c", "d"]) await world.settled(client.put(key, `value of ${key}`));
});

async function keys(range: ScanRange<string>): Promise<string> {
  return (await world.settled(all(client.scan(range)))).map(({ key }) => key).join(" ");
}

test.each<[ScanRange<string>, string]>([
  [{}, " a b ba bb c d"],
  [{ start: "b" }, "b ba bb c d"],
  [{ start: "b", startInclusive: false }, "ba bb c d"],
  [{ end: "b" }, " a"],
  [{ end: "b", endInclusive: true }, " a b"],
  [{ start: "b", end: "b" }, ""],
  [{ start: "b", end: "b", endInclusive: true }, "b"],
  [{ start: "c", end: "a" }, ""],
  [{ prefix: "b" }, "b ba bb"],
  [{ prefix: "" }, " a b ba bb c d"],
  [{ prefix: "x" }, ""],
  [{ limit: 4 }, " a b ba"],
  [{ start: "a", limit: 1 }, "a"],
  [{ start: "a", limit: 100 }, "a b ba bb c d"],
])("%j gives the keys %j", async (range, expected) => {
  expect(await keys(range)).toBe(expected);
});

test("rows have key, value and version", async () => {
  expect(await world.settled(all(client.scan({ start: "d" })))).toEqual([{ key: "d", value: "value of d", version: 1 }]);
});

async function sizes(range: ScanRange<string>): Promise<number[]> {
  return (await world.settled(all(client.scan(range).pages()))).map((page) => page.length);
}

test("pages are as large as was asked, or as the servers allow, and none is empty", async () => {
  expect(await sizes({ pageRows: 2 })).toEqual([2, 2, 2, 1]);
  expect(await sizes({ pageRows: 100 })).toEqual([3, 3, 1]);
  expect(await sizes({ pageRows: 2, limit: 3 })).toEqual([2, 1]);
  expect(await sizes({ prefix: "x" })).toEqual([]);
});

test("a scan that is left early asks no further, and one that is iterated again begins anew", async () => {
  const scan = client.scan();
  const first = async (): Promise<string | undefined> => {
    for await (const { key } of scan) return key;
    return undefined;
  };
  expect([await world.settled(first()), await world.settled(first())]).toEqual(["", ""]);
});

describe("refused at once with a sentence that says what is allowed", () => {
  test.each<[string, unknown]>([
    ["A pageRows was given as 0; it is a whole number, 1 or more.", { pageRows: 0 }],
    ["A limit was given as 0; it is a whole number, 1 or more.", { limit: 0 }],
    ["A limit was given as 1.5; it is a whole number, 1 or more.", { limit: 1.5 }],
    ["The start of a scan was given as 7; this client's keys and values are text.", { start: 7 }],
    ["startInclusive was given as the text 'yes'; it is true or false.", { startInclusive: "yes" }],
    ["A scan was given a prefix and a start or an end; one or the other is allowed.", { prefix: "a", end: "b" }],
    ["A key of 5000 bytes was given; 4096 are allowed.", { end: "x".repeat(5000) }],
    ["The range of a scan was given as the text 'a'; an object is allowed.", "a"],
  ])("%s", (sentence, range) => {
    let error: unknown;
    try {
      client.scan(range as ScanRange<string>);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(KvorumError);
    expect(error).toMatchObject({ code: "invalid", message: sentence });
  });
});
