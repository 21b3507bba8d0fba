import { beforeEach, expect, test } from "vitest";
import { assert } from "../../../src/base/assert.ts";
import { encodeMasterCommand } from "../../../src/shardmaster/commands.ts";
import { FoundingMachine } from "../../../src/shardmaster/founding/founding-machine.ts";
import { decodeFounding, encodeFoundingQuery, encodeRegister, type Founding } from "../../../src/shardmaster/founding/wire.ts";
import { encodeMasterQuery, latestNumber } from "../../../src/shardmaster/queries.ts";
import { decodeMasterResult, type MasterResult } from "../../../src/shardmaster/results.ts";
import type { Refused } from "../../../src/rsm/state/state-machine.ts";
import { MemoryState } from "../../shardkv/memory-state.ts";
import { changed, group, unchanged } from "../master.ts";

const founders = [group(1, 7), group(2, 7)];

let state: MemoryState;
let machine: FoundingMachine;
beforeEach(() => {
  state = new MemoryState();
  machine = new FoundingMachine(founders);
});

function run(bytes: Uint8Array): MasterResult | Refused {
  const decoded = machine.decodeCommand(bytes);
  return decoded.ok ? decodeMasterResult(machine.execute(0, decoded.value, state)) : decoded;
}

function ask(bytes: Uint8Array): Uint8Array {
  const decoded = machine.decodeQuery(bytes);
  assert(decoded.ok, "a query is understood");
  let answer: Uint8Array | undefined;
  machine.query(decoded.value, state.view(), (result) => {
    if (result instanceof Uint8Array) answer = result;
  });
  assert(answer !== undefined, "a query is answered");
  return answer;
}

const init = (): MasterResult | Refused =>
  run(encodeMasterCommand({ op: "init", cluster: "test", shards: 2, partitioner: { kind: "hash" } }));
const register = (gid: number, replica: number, begun: boolean = false): MasterResult | Refused =>
  run(encodeRegister({ gid: group(gid).gid, creation: 7, replica, begun }));
const founding = (): Founding => decodeFounding(ask(encodeFoundingQuery()));
const owners = (): readonly number[] => {
  const result = decodeMasterResult(ask(encodeMasterQuery({ op: "config", number: latestNumber })));
  assert(result.ok && result.op === "config", "a configuration");
  return result.config.shards.map(({ gid }) => gid);
};

test("the first configuration is made when a quorum of each group has registered, and not before", () => {
  init();
  for (const [gid, replica] of [
    [1, 0],
    [1, 1],
    [1, 2],
    [2, 2],
  ] as const) {
    expect(register(gid, replica)).toEqual(changed(0));
    expect(owners()).toEqual([0, 0]);
    expect(founding().begun).toBe(false);
  }
  expect(register(2, 0)).toEqual(changed(1));
  expect(owners()).toEqual([1, 2]);
  expect(founding()).toEqual({
    groups: founders,
    registered: [
      [0, 1, 2],
      [0, 2],
    ],
    begun: true,
  });
});

test("who registers again changes nothing", () => {
  init();
  register(1, 0);
  expect(register(1, 0)).toEqual(unchanged(0));
  expect(founding().registered).toEqual([[0], []]);
  for (const replica of [1, 0, 1]) register(1, replica);
  for (const replica of [1, 0, 1]) register(2, replica);
  expect(owners()).toEqual([1, 2]);
  expect(register(1, 2)).toEqual(changed(1));
  expect(register(1, 2)).toEqual(unchanged(1));
});

test("registrations before the cluster has its shape count", () => {
  for (const gid of [1, 2]) for (const replica of [0, 1]) register(gid, replica);
  expect(founding().begun).toBe(false);
  init();
  expect(owners()).toEqual([1, 2]);
});

test("one server that knows that it had begun is enough for a shardmaster that has forgotten", () => {
  init();
  expect(register(2, 1, true)).toEqual(changed(1));
  expect(owners()).toEqual([1, 2]);
  expect(founding().registered).toEqual([[], [1]]);
});

test("servers that nobody was started for are refused", () => {
  init();
  expect(register(3, 0)).toMatchObject({ ok: false, detail: expect.stringContaining("Replica 0 of group 3 is none of those") });
  expect(register(1, 3)).toMatchObject({ ok: false });
  expect(run(encodeRegister({ gid: group(1).gid, creation: 8, replica: 0, begun: true }))).toMatchObject({ ok: false });
  expect(owners()).toEqual([0, 0]);
});

test("in everything else it is a shardmaster", () => {
  init();
  for (const gid of [1, 2]) for (const replica of [0, 1]) register(gid, replica);
  expect(run(encodeMasterCommand({ op: "move", shard: 0, gid: group(2).gid }))).toEqual(changed(2));
  expect(register(1, 2)).toEqual(changed(2));
  expect(owners()).toEqual([2, 2]);
});

test("what is not quite a registration is refused with a sentence", () => {
  const good = encodeRegister({ gid: group(1).gid, creation: 7, replica: 0, begun: false });
  expect(machine.decodeCommand(good)).toMatchObject({ ok: true });
  const short = Uint8Array.of(0x91, 64);
  expect(machine.decodeCommand(short)).toMatchObject({ ok: false, detail: expect.stringContaining("A registration has") });
  expect(machine.decodeCommand(Uint8Array.of(0x95, 64, 0, 7, 0, 0xc2))).toMatchObject({
    ok: false,
    detail: expect.stringContaining("group's number"),
  });
  expect(machine.decodeCommand(Uint8Array.of(0x95, 64, 1, 7, 0, 1))).toMatchObject({ ok: false });
});
