import { expect, test } from "vitest";
import { KvMachine } from "../../../src/shardkv/kv-machine.ts";
import { type Configure, encodeGroupCommand, type GroupCommand } from "../../../src/shardkv/migration/commands.ts";
import { readGroup } from "../../../src/shardkv/migration/ledger.ts";
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

test("a replica that was told another shape stops, also at a later configuration", () => {
  const state = new MemoryState();
  replica(shape, state)(fixes);
  for (const other of [
    { ...shape, cluster: "two" },
    { ...shape, shards: 5 },
  ]) {
    expect(() => replica(other, new MemoryState())(fixes)).toThrow("a replica is told the shape that its group has");
    expect(() => replica(other, state)(first)).toThrow("a replica is told the shape that its group has");
  }
});
