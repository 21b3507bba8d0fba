import { expect, test } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import type { CallOutcome } from "../../src/client/outcome.ts";
import type { KvCommand } from "../../src/shardkv/commands.ts";
import type { GetResult, KvResult, ScanResult } from "../../src/shardkv/results.ts";
import type { KvCaller } from "../../src/client/kv-caller.ts";
import type { SimClient } from "../../src/sim/group/sim-client.ts";
import { StoreWorld } from "./store.ts";

const [k, v, w] = [utf8("k"), utf8("v"), utf8("w")];

/** Has a command executed, and gives its outcome. */
function executed(
  world: StoreWorld,
  client: SimClient<KvCaller>,
  command: KvCommand,
  deadlineMs = Infinity,
): CallOutcome<KvResult> | undefined {
  let outcome: CallOutcome<KvResult> | undefined;
  client.caller.execute(command, deadlineMs, (given) => (outcome = given));
  world.until(() => outcome !== undefined, "a command ends");
  return outcome;
}

function got(world: StoreWorld, client: SimClient<KvCaller>, key: Uint8Array, deadlineMs = Infinity): CallOutcome<GetResult> | undefined {
  let outcome: CallOutcome<GetResult> | undefined;
  client.caller.get(key, deadlineMs, (given) => (outcome = given));
  world.until(() => outcome !== undefined, "a get ends");
  return outcome;
}

function page(world: StoreWorld, client: SimClient<KvCaller>, limit: number | undefined): CallOutcome<ScanResult> | undefined {
  let outcome: CallOutcome<ScanResult> | undefined;
  const all = { shards: "all", start: undefined, end: undefined, limit, cursor: undefined } as const;
  client.caller.scanPage(all, Infinity, (given) => (outcome = given));
  world.until(() => outcome !== undefined, "a page ends");
  return outcome;
}

test("commands and queries end in the results of their operations", () => {
  const world = new StoreWorld();
  const client = world.cluster.newClient();
  const results = (
    [
      { op: "put", key: k, value: v },
      { op: "append", key: k, value: w },
      { op: "swap", key: k, value: v },
      { op: "cas", key: k, expected: w, value: v },
      { op: "put_version", key: k, version: 3, value: w },
    ] as const
  ).map((command) => executed(world, client, command));
  expect(results).toEqual(
    [
      { ok: true, op: "put", existed: false, version: 1 },
      { ok: true, op: "append", old: v, version: 2 },
      { ok: true, op: "swap", old: utf8("vw"), version: 3 },
      { ok: true, op: "cas", done: false, version: 3, current: v },
      { ok: true, op: "put_version", done: true, version: 4 },
    ].map((result) => ({ kind: "result", result })),
  );
  expect(got(world, client, k)).toEqual({ kind: "result", result: { ok: true, op: "get", value: w, version: 4 } });
  expect(page(world, client, 1)).toEqual({
    kind: "result",
    result: { ok: true, op: "scan", rows: [{ key: k, value: w, version: 4 }], cursor: undefined },
  });
  expect(executed(world, client, { op: "delete", key: k })).toMatchObject({ result: { existed: true } });
});

test("what the machine refuses when it executes is refused", () => {
  const world = new StoreWorld({ valueBytesMax: 3 });
  const client = world.cluster.newClient();
  executed(world, client, { op: "put", key: k, value: utf8("ab") });
  expect(executed(world, client, { op: "append", key: k, value: utf8("cd") })).toEqual({
    kind: "refused",
    why: "bad_request",
    detail: "An append of 2 bytes was given, which makes a value of 4 bytes; 3 are allowed.",
  });
  expect(got(world, client, k)).toMatchObject({ result: { value: utf8("ab") } });
});

test("a deadline before the first attempt is definite, one behind it is not, and a query's changes nothing", () => {
  const world = new StoreWorld();
  const client = world.cluster.newClient();
  expect(executed(world, client, { op: "put", key: k, value: v })).toMatchObject({ kind: "result" });
  world.killAll();
  expect(executed(world, client, { op: "put", key: k, value: w }, 2000)).toEqual({ kind: "unknown", detail: "deadline" });
  expect(got(world, client, k, 2000)).toEqual({ kind: "unknown", detail: "deadline" });
  const other = world.cluster.newClient();
  expect(executed(world, other, { op: "put", key: k, value: w }, 2000)).toEqual({ kind: "refused", why: "never_sent", detail: "deadline" });
});

test("a call is tried through the loss of a leader until it ends", () => {
  const world = new StoreWorld();
  const client = world.cluster.newClient();
  executed(world, client, { op: "put", key: k, value: v });
  const leader = world.cluster.leader as number;
  world.cluster.crash(leader, { powerCut: true });
  expect(executed(world, client, { op: "append", key: k, value: w })).toMatchObject({ result: { old: v } });
  world.cluster.start(leader);
  expect(got(world, client, k)).toMatchObject({ result: { value: utf8("vw"), version: 2 } });
});

test("cancelling ends a call at once, once", () => {
  const world = new StoreWorld();
  const client = world.cluster.newClient();
  const outcomes: unknown[] = [];
  const cancel = client.caller.get(k, Infinity, (outcome) => outcomes.push(outcome));
  cancel();
  cancel();
  world.cluster.run(5000);
  expect(outcomes).toEqual([{ kind: "unknown", detail: "cancelled" }]);
});
