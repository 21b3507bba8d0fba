import { describe, expect, test } from "vitest";
import { present } from "../../src/base/assert.ts";
import { utf8, utf8Text } from "../../src/base/bytes.ts";
import type { ServerId } from "../../src/base/ids.ts";
import type { KvCaller } from "../../src/client/kv-caller.ts";
import type { CallOutcome } from "../../src/client/outcome.ts";
import { memberOptions } from "../../src/rsm/options.ts";
import type { GetResult } from "../../src/shardkv/results.ts";
import { DiskFailure } from "../../src/sim/disk/drive.ts";
import { GroupCluster, type GroupClusterOptions } from "../../src/sim/group/group-cluster.ts";
import { kvGroup } from "../../src/sim/kv/kv-group.ts";
import type { SimClient } from "../../src/sim/group/sim-client.ts";

const { raft, tickMs } = memberOptions();
/** A clock may be a tenth too slow, and an election may have to be repeated. */
const replacedMs = 1.2 * tickMs * (raft.stallTicks + 2 * 2 * raft.electionTicks);

/** A writer that appends 1, 2, 3, ... one after the other, and knows how far the group has acknowledged that. */
class Appender {
  readonly #cluster: GroupCluster<KvCaller>;
  readonly #client: SimClient<KvCaller>;
  acknowledged = 0;
  #stopped = false;

  constructor(cluster: GroupCluster<KvCaller>) {
    this.#cluster = cluster;
    this.#client = cluster.newClient();
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
  }

  #next(): void {
    this.#client.act((caller) =>
      caller.execute({ op: "append", key: utf8("log"), value: utf8(`${this.acknowledged + 1},`) }, Infinity, ({ kind }) => {
        if (kind !== "result") throw new Error(`an append that is tried for ever ends as ${kind}`);
        this.acknowledged += 1;
        if (!this.#stopped) this.#cluster.world.post(10, () => this.#next());
      }),
    );
  }
}

function begun(options: Partial<GroupClusterOptions> = {}): { cluster: GroupCluster<KvCaller>; appender: Appender } {
  const cluster = new GroupCluster("disks", kvGroup(), { size: 3, ...options });
  cluster.startAll();
  const appender = new Appender(cluster);
  cluster.run(3000);
  expect(appender.acknowledged).toBeGreaterThan(10);
  return { cluster, appender };
}

function leaderOf(cluster: GroupCluster<KvCaller>): number {
  return present(cluster.leader, "somebody leads");
}

/** How many numbers a reader finds, which are all from 1 on; undefined when he is given no answer. */
function readBy(cluster: GroupCluster<KvCaller>, reader: SimClient<KvCaller>, deadlineMs: number): number | undefined {
  let outcome: CallOutcome<GetResult> | undefined;
  reader.act((caller) =>
    caller.get(utf8("log"), deadlineMs, (end) => {
      outcome = end;
    }),
  );
  cluster.run(deadlineMs + 100);
  if (outcome?.kind !== "result") return undefined;
  const numbers = utf8Text(outcome.result.value ?? new Uint8Array(0))
    .split(",")
    .slice(0, -1);
  expect(numbers).toEqual(numbers.map((_, at) => String(at + 1)));
  return numbers.length;
}

describe("a leader whose disk hangs for ten seconds", () => {
  test("is replaced within the time of a stall and an election, and the group goes on", () => {
    const { cluster, appender } = begun();
    const old = leaderOf(cluster);
    cluster.sim.server(old).disk.drive.hang();
    cluster.run(replacedMs);
    expect(leaderOf(cluster)).not.toBe(old);
    const before = appender.acknowledged;
    cluster.run(10_000 - replacedMs);
    expect(appender.acknowledged).toBeGreaterThan(before + 50);
    cluster.sim.server(old).disk.drive.release();
    cluster.run(1000);
    appender.stop();
    cluster.run(1000);
    expect(readBy(cluster, cluster.newClient(), 2000)).toBe(appender.acknowledged);
  });

  test("answers nobody who asks it alone with what is no longer so", () => {
    const { cluster, appender } = begun();
    const old = leaderOf(cluster);
    const reader = cluster.newClient({}, { attemptMs: 20, attemptMaxMs: 50 });
    const others: ServerId[] = cluster.sim.servers.filter((_, at) => at !== old).map(({ id }) => id);
    for (const id of others) cluster.network.cut(reader.id, id);
    cluster.sim.server(old).disk.drive.hang();
    const answers: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const acknowledged = appender.acknowledged;
      const found = readBy(cluster, reader, 400);
      if (found === undefined) continue;
      answers.push(found);
      expect(found).toBeGreaterThanOrEqual(acknowledged);
    }
    // It serves, rightly, as long as it leads, and not at all when it has been replaced.
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.length).toBeLessThan(10);
    expect(leaderOf(cluster)).not.toBe(old);
  });
});

test("a group all of whose disks take up to 600 ms for a sync keeps its leader, and goes on", () => {
  const { cluster, appender } = begun();
  const leader = leaderOf(cluster);
  const term = cluster.replica(leader)?.member.raft?.state.term;
  for (const { disk } of cluster.sim.servers) disk.drive.slow(200);
  const before = appender.acknowledged;
  cluster.run(60_000);
  expect(appender.acknowledged).toBeGreaterThan(before + 50);
  expect(leaderOf(cluster)).toBe(leader);
  expect(cluster.replica(leader)?.member.raft?.state.term).toBe(term);
});

test("a server whose disk fails dies of that at once, and nothing is lost", () => {
  const died: unknown[] = [];
  const { cluster, appender } = begun({ onFailure: (_, error) => died.push(error) });
  for (let round = 0; round < 6; round += 1) {
    const at = round % 2 === 0 ? leaderOf(cluster) : round % 3;
    cluster.sim.server(at).disk.drive.failNext("the device reports an error");
    cluster.run(500);
    expect(cluster.sim.server(at).process.alive).toBe(false);
    cluster.start(at);
    cluster.run(2500);
  }
  appender.stop();
  cluster.run(2000);
  expect(died.length).toBe(6);
  expect(died.every((error) => error instanceof DiskFailure)).toBe(true);
  expect(readBy(cluster, cluster.newClient(), 2000)).toBe(appender.acknowledged);
});
