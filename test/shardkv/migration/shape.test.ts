import { expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import { KvMachine } from "../../../src/shardkv/kv-machine.ts";
import { type Configure, encodeGroupCommand, type GroupCommand } from "../../../src/shardkv/migration/commands.ts";
import { readGroup } from "../../../src/shardkv/migration/ledger.ts";
import { OtherShape } from "../../../src/shardkv/migration/shape.ts";
import { encodeShape } from "../../../src/shardmaster/shape.ts";
import { groupOf } from "../../explore/moves/configs.ts";
import { MemoryState } from "../memory-state.ts";

const shape = { cluster: "one", shards: 4, partitioner: { kind: "integer" } } as const;
const fixes = { op: "shape", shape: encodeShape(shape) } as const;
const first: Configure = { op: "configure", from: 0, number: 1, isMember: true, changes: [] };

/** A replica that was told a shape. */
function replica(told: { readonly cluster: string; readonly shards: number }, state: MemoryState): (command: GroupCommand) => number {
  const machine = new KvMachine({ partitioner: { kind: "integer" }, ownership: "configured", group: groupOf("A"), ...told });
  return (command) => machine.executeOwn(encodeGroupCommand(command), state, 5);
}

test("a group applies no configuration before it has its shape", () => {
  const state = new MemoryState();
  const logs = replica(shape, state);
  logs(first);
  expect(readGroup(state).number).toBe(0);
  logs(fixes);
  logs(first);
  expect(readGroup(state).number).toBe(1);
});

test("the same shape again changes nothing", () => {
  const state = new MemoryState();
  const logs = replica(shape, state);
  logs(fixes);
  const before = state.dump();
  logs(fixes);
  expect(state.dump()).toEqual(before);
});

test("a replica that was told another shape stops, also at a later configuration, and says which ones they are", () => {
  const state = new MemoryState();
  replica(shape, state)(fixes);
  for (const [other, said] of [
    [{ ...shape, cluster: "two" }, "'two' with 4 shards by integer"],
    [{ ...shape, shards: 5 }, "'one' with 5 shards by integer"],
  ] as const) {
    const why = `This server's group is part of 'one' with 4 shards by integer, for ever, and the shardmaster that it was given is that of ${said}.`;
    expect(() => replica(other, new MemoryState())(fixes)).toThrow(new OtherShape(encodeShape(shape), encodeShape(other)));
    expect(() => replica(other, state)(first)).toThrow(why);
  }
});

test("it stops before it does anything with the group's keys", () => {
  const state = new MemoryState();
  const told = { ...shape, shards: 5, ownership: "configured", group: groupOf("A") } as const;
  replica(shape, state)(fixes);
  const rows = state.dump();
  const machine = new KvMachine(told);
  expect(() => machine.execute(0, { op: "put", key: utf8("0"), value: utf8("x") }, state)).toThrow(OtherShape);
  expect(() => machine.query({ op: "get", shard: 0, key: utf8("0") }, state.view(), () => {})).toThrow(OtherShape);
  expect(state.dump()).toEqual(rows);
});
