import { expect, test } from "vitest";
import { type ServerId, serverId } from "../../../src/base/ids.ts";
import type { Admin } from "../../../src/client/admin.ts";
import { AdminClient } from "../../../src/client/admin-client.ts";
import { MasterCaller } from "../../../src/client/master-caller.ts";
import { ReportCaller } from "../../../src/client/report-caller.ts";
import type { ClusterStatus, GroupStatus, ShardWait } from "../../../src/client/status.ts";
import type { Env } from "../../../src/env/env.ts";
import { callerOptions } from "../../../src/rsm/caller/caller-options.ts";
import { GroupClient } from "../../../src/rsm/caller/group-client.ts";
import { GroupClients } from "../../../src/rsm/caller/group-clients.ts";
import { Inquirer } from "../../../src/rsm/caller/inquirer.ts";
import { ClientSession } from "../../../src/rsm/caller/operation.ts";
import { Host } from "../../../src/rsm/host.ts";
import { masterGroup } from "../../../src/shardmaster/master-group.ts";
import { SimClient } from "../../../src/sim/group/sim-client.ts";
import { settled } from "../../client/settled.ts";
import { ShardedStore } from "./store.ts";

const shape = { shards: 4, partitioner: { kind: "integer" } } as const;

/** A sharded store, and an administrator who asks how it is. */
class WatchedStore extends ShardedStore {
  readonly #watcher: SimClient<Admin>;

  constructor(seed: string, groups: number) {
    super(seed, shape, groups);
    this.#watcher = new SimClient<Admin>(this.universe, serverId("watcher"), {
      begin: (env) => this.#begin(env),
      onFailure: (error) => {
        throw error;
      },
    });
    this.#watcher.start();
  }

  #begin(env: Env): Admin {
    const host = new Host(env);
    const masters = new GroupClient(env, { group: masterGroup, servers: this.masterServers }, callerOptions());
    host.addCaller(masterGroup, masters);
    const inquirer = new Inquirer(env);
    host.setAsker(inquirer);
    const calls = {
      clock: env.clock,
      limits: { inFlightMax: 64, inFlightBytesMax: 1 << 20, callsMax: 100 },
      timeoutMs: Infinity,
      busy: () => {},
      answered: () => {},
      trouble: () => undefined,
    };
    return new AdminClient({
      caller: new MasterCaller(masters, new ClientSession(Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255)))),
      inquirer,
      reports: new ReportCaller(env.clock, new GroupClients(env, host, callerOptions())),
      masters: this.masterServers,
      serversOf: (given) => given as readonly ServerId[],
      whySilent: () => "it says nothing",
      calls,
      inquiries: calls,
      close: () => {},
    });
  }

  async status(): Promise<ClusterStatus> {
    return settled(this.#watcher.caller.status(), () => this.run(5));
  }

  /** Asks until something is so; fails if it never is. */
  async asUntil(isSo: (status: ClusterStatus) => boolean): Promise<ClusterStatus> {
    for (let asked = 0; asked < 60; asked += 1) {
      const status = await this.status();
      if (isSo(status)) return status;
      this.run(500);
    }
    throw new Error(`it never was so; it is ${words(await this.status()).join("; ")}`);
  }

  async untilSettled(): Promise<ClusterStatus> {
    return this.asUntil(({ waits }) => waits.length === 0);
  }
}

/** What waits, in words: in which group, phase, reason, for whom and whether he answers, which shards. */
function words({ waits }: ClusterStatus): string[] {
  return waits.map(({ gid, phase, why, on, shards }: ShardWait) => {
    const whom = on === undefined ? "nobody" : on === "shardmaster" ? on : `${on.gid} ${on.state}`;
    return `${gid} ${phase} ${why} ${whom} ${shards.join()}`;
  });
}

function group({ groups }: ClusterStatus, gid: number): GroupStatus {
  const found = groups.find((one) => one.group.gid === gid);
  if (found === undefined) throw new Error(`group ${gid} is not told of`);
  return found;
}

test("a settled cluster: who leads, what each group serves and holds, and nothing waits", async () => {
  const store = new WatchedStore("settled", 2);
  store.join(1, 2);
  for (const key of ["0", "1", "2", "3"]) store.put(key, `of ${key}`);
  await store.untilSettled();
  store.run(500);
  const status = await store.status();
  expect(status.masters.map(({ answered }) => answered)).toEqual([true, true, true]);
  expect([status.shape?.shards, status.config?.number, status.failure, status.moreWaits]).toEqual([4, 1, undefined, 0]);
  expect(status.groups.map(({ group: { gid }, state, isMember, isSafeToStop }) => ({ gid, state, isMember, isSafeToStop }))).toEqual([
    { gid: 1, state: "answering", isMember: true, isSafeToStop: false },
    { gid: 2, state: "answering", isMember: true, isSafeToStop: false },
  ]);
  const [one, two] = [group(status, 1), group(status, 2)];
  expect([...(one.serving ?? []), ...(two.serving ?? [])].toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  expect(one.row).toMatchObject({ number: 1, serving: 2, arriving: 0, passing: 0, parcels: 0 });
  expect(one.held).toMatchObject({ serving: { keys: 2, bytes: 10 }, besides: { keys: 0, bytes: 0 } });
  expect(one.held?.shards).toHaveLength(2);
  expect(one.replicas.filter((replica) => replica.answered && replica.role === "leader")).toHaveLength(1);
  expect(one.replicas).toMatchObject([{ lag: 0 }, { lag: 0 }, { lag: 0 }]);
});

test("a source that is down: its shards wait for it, and it is said who that is; those of others are settled", async () => {
  const store = new WatchedStore("source", 2);
  store.join(1, 2);
  for (const key of ["0", "1", "2", "3"]) store.put(key, "x");
  const [moved, still] = store.config().shards.flatMap(({ gid }, shard) => (gid === 1 ? [shard] : [])) as [number, number];
  store.crash(1);
  store.move(moved, 2);
  const awaited = `2 arriving source_silent 1 silent ${moved}`;
  const status = await store.asUntil((now) => words(now).includes(awaited));
  expect(words(status)).toEqual([`1 unserved owner_silent 1 silent ${still}`, awaited]);
  expect(group(status, 1).replicas.map((replica) => !replica.answered && replica.why)).toEqual(Array(3).fill("it says nothing"));
  expect(group(status, 2)).toMatchObject({ row: { serving: 2, arriving: 1 }, serving: [expect.any(Number), expect.any(Number)] });
  store.restart(1);
  await store.untilSettled();
});

test("a destination that nobody runs: its clients wait for it, the sources' parcels too, and a leave undoes it", async () => {
  const store = new WatchedStore("nobody", 2);
  store.join(1);
  for (const key of ["0", "1", "2", "3"]) store.put(key, "x");
  store.crash(2);
  store.join(2);
  const given = store.config().shards.flatMap(({ gid }, shard) => (gid === 2 ? [shard] : []));
  const status = await store.asUntil((now) => words(now).some((word) => word.includes("not_fetched")));
  expect(words(status)).toEqual([`2 unserved owner_silent 2 silent ${given.join()}`, `1 parcel not_fetched 2 silent ${given.join()}`]);
  expect(group(status, 1).held?.besides.keys).toBeGreaterThanOrEqual(0);
  store.leave(2);
  const after = await store.untilSettled();
  expect(after.groups.map(({ group: { gid } }) => gid)).toEqual([1]);
  expect(given.map((shard) => store.value(String(shard)))).toEqual(given.map(() => "x"));
});

test("a group without a majority is leaderless, and one that has left says when it is safe to stop", async () => {
  const store = new WatchedStore("left", 2);
  store.join(1, 2);
  for (const key of ["0", "1", "2", "3"]) store.put(key, "x");
  for (const { at, cluster } of store.servers(store.groups[0] as never).slice(0, 2))
    (cluster as typeof store.masters).crash(at, { powerCut: true });
  const own = store.config().shards.flatMap(({ gid }, shard) => (gid === 1 ? [shard] : []));
  const without = await store.asUntil((now) => group(now, 1).state === "leaderless");
  expect(words(without)).toEqual([`1 unserved owner_leaderless 1 leaderless ${own.join()}`]);
  store.leave(1);
  const leaving = await store.asUntil((now) => words(now).join("; ") === `2 arriving source_silent 1 leaderless ${own.join()}`);
  expect([group(leaving, 1).isMember, group(leaving, 1).isSafeToStop]).toEqual([false, undefined]);
  for (const at of [0, 1]) store.groups[0]?.start(at);
  const gone = await store.untilSettled();
  expect([group(gone, 1).state, group(gone, 1).serving, group(gone, 1).isSafeToStop]).toEqual(["answering", [], true]);
});

test("shards that nobody owns are parked, and the group that holds them is not safe to stop", async () => {
  const store = new WatchedStore("parked", 1);
  store.join(1);
  for (const key of ["0", "1", "2", "3"]) store.put(key, "x");
  store.leave(1);
  const status = await store.asUntil((now) => words(now).some((word) => word.includes("parked")));
  expect(words(status)).toEqual(["0 unserved nobody nobody 0,1,2,3", "1 parcel parked nobody 0,1,2,3"]);
  expect(group(status, 1).isSafeToStop).toBe(false);
});

test("while the shardmaster is down, nothing is known but that, and it is said why", async () => {
  const store = new WatchedStore("masters", 1);
  for (const { at, cluster } of store.servers(store.masters)) cluster.crash(at, { powerCut: true });
  const status = await store.status();
  expect(status).toMatchObject({ shape: undefined, config: undefined, groups: [], waits: [] });
  expect(status.failure?.message).toBe("The query of the shape was not answered: its 5000 ms were over.");
  expect(status.masters.map(({ answered }) => answered)).toEqual([false, false, false]);
});

test("servers that are another group than the configuration means are foreign, and its shards' clients wait", async () => {
  const store = new WatchedStore("foreign", 1);
  store.client(0).act(({ master }) => {
    master.execute({ op: "join", groups: [{ ...store.group(1), creation: 99 }] }, Infinity, () => {});
  });
  const status = await store.asUntil(({ config }) => config?.number === 1);
  expect(words(status)).toEqual(["1 unserved owner_foreign 1 foreign 0,1,2,3"]);
  const why = "has another group 1, of creation id 11 where this is 99";
  expect(group(status, 1).replicas).toMatchObject([{ why }, { why }, { why }]);
});
