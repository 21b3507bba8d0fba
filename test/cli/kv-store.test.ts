import { expect, test } from "vitest";
import { type StoreFlags, storeOf } from "../../src/cli/kv-store.ts";

function asked(flags: StoreFlags, ...given: (keyof StoreFlags)[]): ReturnType<typeof storeOf> {
  return storeOf(flags, (option) => given.includes(option));
}

test("a store is that of a group, or that of a shardmaster", () => {
  expect(asked({ servers: "a:1,b:2" })).toEqual({ group: ["a:1", "b:2"], groupNumber: undefined });
  expect(asked({ servers: "a:1", group: 7 }, "servers", "group")).toEqual({ group: ["a:1"], groupNumber: 7 });
  expect(asked({ masters: "m:1,n:2" })).toEqual({ masters: ["m:1", "n:2"] });
});

test("what is given on the command line counts more than the environment", () => {
  const both = { servers: "a:1", masters: "m:1" };
  expect(asked(both, "servers")).toEqual({ group: ["a:1"], groupNumber: undefined });
  expect(asked(both, "masters")).toEqual({ masters: ["m:1"] });
});

test.each<[string, StoreFlags, (keyof StoreFlags)[]]>([
  ["it is not said which store is meant: give --servers <addresses> or --masters <addresses>", {}, []],
  [
    "options '--servers <addresses>' and '--masters <addresses>' were given; one or the other is allowed",
    { servers: "a:1", masters: "m:1" },
    ["servers", "masters"],
  ],
  [
    "KVORUM_SERVERS and KVORUM_MASTERS are both set: give --servers <addresses> or --masters <addresses>",
    { servers: "a:1", masters: "m:1" },
    [],
  ],
  [
    "the option '--group <number>' goes with --servers: the shardmaster knows which group has a key",
    { masters: "m:1", group: 2 },
    ["group"],
  ],
])("%s", (sentence, flags, given) => {
  expect(asked(flags, ...given)).toBe(sentence);
});
