import { utf8 } from "../../../src/base/bytes.ts";
import { groupId, type ServerId, serverId } from "../../../src/base/ids.ts";
import { checkHistory } from "../../../src/check/check.ts";
import { ConfigCache } from "../../../src/client/config-cache.ts";
import { MasterCaller } from "../../../src/client/master-caller.ts";
import type { CallOutcome } from "../../../src/client/outcome.ts";
import { RoutedCaller } from "../../../src/client/routed-caller.ts";
import type { Env } from "../../../src/env/env.ts";
import { callerOptions } from "../../../src/rsm/caller/caller-options.ts";
import { GroupClient } from "../../../src/rsm/caller/group-client.ts";
import { GroupClients } from "../../../src/rsm/caller/group-clients.ts";
import { ClientSession } from "../../../src/rsm/caller/operation.ts";
import { Host } from "../../../src/rsm/host.ts";
import { replicaOptions } from "../../../src/rsm/options.ts";
import type { KvCommand } from "../../../src/shardkv/commands.ts";
import { readGroup, readMoves } from "../../../src/shardkv/migration/ledger.ts";
import type { KvOptions } from "../../../src/shardkv/options.ts";
import type { KvResult } from "../../../src/shardkv/results.ts";
import { startShardKv } from "../../../src/shardkv/start.ts";
import type { ConfigCommand } from "../../../src/shardmaster/commands.ts";
import type { Config, Group } from "../../../src/shardmaster/config.ts";
import { masterGroup as masterNumber } from "../../../src/shardmaster/master-group.ts";
import { latestNumber } from "../../../src/shardmaster/queries.ts";
import type { ClusterShape } from "../../../src/shardmaster/shape.ts";
import { GroupCluster } from "../../../src/sim/group/group-cluster.ts";
import { SimClient } from "../../../src/sim/group/sim-client.ts";
import { Recording } from "../../../src/sim/kv/recording.ts";
import type { LinkSettings } from "../../../src/sim/network/link.ts";
import { masterGroup, masterName } from "../../../src/sim/master/master-group.ts";
import { newUniverse, type Universe } from "../../../src/sim/universe.ts";

/** What a client of the sharded store asks with. */
interface Callers {
  readonly kv: RoutedCaller;
  readonly master: MasterCaller;
}

type KvLimits = Partial<Omit<KvOptions, "shards" | "partitioner" | "ownership" | "group" | "cluster">>;

/** How much virtual time an operation may take. */
const patienceMs = 120_000;

/** A sharded store in one world: a shardmaster, groups that join and leave, and clients whose history is written down. */
export class ShardedStore {
  readonly universe: Universe;
  readonly masters: GroupCluster<MasterCaller>;
  readonly groups: GroupCluster<GroupClient>[];
  readonly #kv: KvLimits;
  readonly recording: Recording = new Recording();
  readonly #clients: SimClient<Callers>[] = [];
  readonly #shards: number;
  #unknown = 0;
  /** Lives of servers that have learned the shape. */
  #shaped = 0;

  constructor(
    seed: string,
    shape: Omit<ClusterShape, "cluster">,
    groups: number,
    kv: KvLimits = {},
    link: Partial<LinkSettings> = {},
    isBegun = true,
  ) {
    this.universe = newUniverse(seed, { link });
    this.#shards = shape.shards;
    this.masters = new GroupCluster(this.universe, masterGroup({}, { cluster: "test", ...shape }), {
      size: 3,
      name: { ...masterName, servers: "m" },
      clients: "mc",
    });
    if (isBegun) this.masters.startAll();
    this.#kv = kv;
    this.groups = Array.from({ length: groups }, (_, at) => this.#newGroup(at + 1, 11 + at, `g${at + 1}-`));
    if (isBegun) this.awaitShape();
  }

  #newGroup(gid: number, creation: number, servers: string): GroupCluster<GroupClient> {
    const [replica, kv, masters] = [replicaOptions(), this.#kv, this.masterServers];
    const events = { shaped: (): void => void (this.#shaped += 1) };
    const cluster = new GroupCluster<GroupClient>(
      this.universe,
      { start: (env, identity) => startShardKv(env, identity, { replica, kv, masters }, events).replica, caller: (group) => group },
      { size: 3, name: { group: groupId(gid), creation, servers } },
    );
    cluster.startAll();
    return cluster;
  }

  /** Another group under the number of one that was there: its servers and its creation id are others. */
  replace(gid: number): void {
    this.groups[gid - 1] = this.#newGroup(gid, 100 + gid, `h${gid}-`);
  }

  awaitShape(): void {
    this.until("every server knows the shape", () => this.#shaped === 3 * this.groups.length);
  }

  get masterServers(): readonly ServerId[] {
    return this.masters.sim.servers.map(({ id }) => id);
  }

  /** Operations of which the clients do not know how they ended. */
  get unknown(): number {
    return this.#unknown;
  }

  run(ms: number): void {
    this.universe.world.runFor(ms);
  }

  /** Goes on until something is so; fails if it never is. */
  until(what: string, isSo: () => boolean, withinMs: number = patienceMs): void {
    const end = this.universe.world.now + withinMs;
    while (!isSo()) {
      if (this.universe.world.now >= end) throw new Error(`it never was so that ${what}`);
      this.run(10);
    }
  }

  group(gid: number): Group {
    const { name, servers } = (this.groups[gid - 1] as GroupCluster<GroupClient>).sim;
    return { gid: name.group, creation: name.creation, servers: servers.map(({ id }) => id) };
  }

  /** Nothing of the group's shards is on its way, and nothing is left of those that went, as far as its leader knows. */
  isTidy(gid: number): boolean {
    const group = this.groups[gid - 1];
    const leader = group?.leader === undefined ? undefined : group.replica(group.leader);
    let isTidy = false;
    leader?.look((view, close) => {
      const { arriving, passing, parcels } = readGroup(view);
      const dead = Array.from({ length: this.#shards }, (_, shard) => readMoves(shard, view).dead.length);
      isTidy = arriving + passing + parcels + Math.max(...dead) === 0;
      close();
    });
    return isTidy;
  }

  // ---- what an administrator does

  join(...gids: readonly number[]): void {
    this.#administer({ op: "join", groups: gids.map((gid) => this.group(gid)) });
  }

  leave(...gids: readonly number[]): void {
    this.#administer({ op: "leave", gids: gids.map(groupId) });
  }

  move(shard: number, gid: number): void {
    this.#administer({ op: "move", shard, gid: groupId(gid) });
  }

  // Without waiting for it, and though it be refused: the group may be away.

  moveSoon(shard: number, gid: number): void {
    this.#ask({ op: "move", shard, gid: groupId(gid) });
  }

  leaveSoon(gid: number): void {
    this.#ask({ op: "leave", gids: [groupId(gid)] });
  }

  joinSoon(gid: number): void {
    this.#ask({ op: "join", groups: [this.group(gid)] });
  }

  config(): Config {
    let config: Config | undefined;
    this.client(0).act(({ master }) =>
      master.config(latestNumber, patienceMs, (outcome) => {
        if (outcome.kind === "result") config = outcome.result.config;
      }),
    );
    this.until("the shardmaster answers", () => config !== undefined);
    return config as Config;
  }

  #administer(command: ConfigCommand): void {
    let isDone = false;
    this.#ask(command, () => (isDone = true));
    this.until(`a ${command.op} is done`, () => isDone);
  }

  /** With `done` it has to succeed. */
  #ask(command: ConfigCommand, done?: () => void): void {
    this.client(0).act(({ master }) =>
      master.execute(command, patienceMs, (outcome) => {
        if (done === undefined) return;
        if (outcome.kind !== "result") throw new Error(`a ${command.op} ends as ${JSON.stringify(outcome)}`);
        done();
      }),
    );
  }

  /** All servers of a group lose their power, and have it again. */
  crash(gid: number): void {
    for (const { at, cluster } of this.servers(this.groups[gid - 1] as GroupCluster<GroupClient>)) cluster.crash(at, { powerCut: true });
  }

  restart(gid: number): void {
    for (const { at, cluster } of this.servers(this.groups[gid - 1] as GroupCluster<GroupClient>)) cluster.start(at);
  }

  servers<Caller>(cluster: GroupCluster<Caller>): readonly { readonly at: number; readonly cluster: GroupCluster<Caller> }[] {
    return cluster.sim.servers.map((_, at) => ({ at, cluster }));
  }

  // ---- what clients do

  client(at: number): SimClient<Callers> {
    while (this.#clients.length <= at) {
      const id = serverId(`c${this.#clients.length}`);
      const client = new SimClient<Callers>(this.universe, id, {
        begin: (env) => this.#begin(env),
        onFailure: (error) => {
          throw error;
        },
      });
      client.start();
      this.#clients.push(client);
    }
    return this.#clients[at] as SimClient<Callers>;
  }

  #begin(env: Env): Callers {
    const host = new Host(env);
    const masters = new GroupClient(env, { group: masterNumber, servers: this.masterServers }, callerOptions());
    host.addCaller(masterNumber, masters);
    const session = (): ClientSession => new ClientSession(Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255)));
    const master = new MasterCaller(masters, session());
    const groups = new GroupClients(env, host, callerOptions());
    return { master, kv: new RoutedCaller({ clock: env.clock, rng: env.rng, cache: new ConfigCache(master), groups }, session()) };
  }

  /** `done` hears the result; anything else is counted as unknown. */
  execute(at: number, command: KvCommand, done: (result: KvResult) => void = () => {}): void {
    const { world } = this.universe;
    this.client(at).act(({ kv }) => {
      const end = this.recording.command(`c${at}`, world.now, command, false, () => undefined);
      kv.execute(command, patienceMs, (outcome) => {
        end(world.now, outcome);
        this.#heard(outcome, done);
      });
    });
  }

  get(at: number, key: string, done: (value: string | undefined) => void = () => {}): void {
    const { world } = this.universe;
    this.client(at).act(({ kv }) => {
      const end = this.recording.get(`c${at}`, world.now, utf8(key), false);
      kv.get(utf8(key), patienceMs, (outcome) => {
        end(world.now, outcome);
        this.#heard(outcome, ({ value }) => done(value && Buffer.from(value).toString()));
      });
    });
  }

  /** Reads the whole store, in pages of so many rows; `seen` hears the keys of each, and is asked for nothing before the next. */
  scan(at: number, limit: number, seen: (keys: readonly string[], pages: number) => void): void {
    let [pages, isDone] = [0, false];
    this.client(at).act(({ kv }) => {
      const next = (cursor: Uint8Array | undefined): void => {
        kv.scanPage({ shards: "all", start: undefined, end: undefined, limit, cursor }, patienceMs, (outcome) => {
          if (outcome.kind !== "result") throw new Error(`a page of a scan ends as ${JSON.stringify(outcome)}`);
          pages += 1;
          seen(
            outcome.result.rows.map(({ key }) => Buffer.from(key).toString()),
            pages,
          );
          if (outcome.result.cursor !== undefined) next(outcome.result.cursor);
          else isDone = true;
        });
      };
      next(undefined);
    });
    this.until("the scan is through", () => isDone);
  }

  #heard<R>(outcome: CallOutcome<R>, done: (result: R) => void): void {
    if (outcome.kind === "result") done(outcome.result);
    else this.#unknown += 1;
  }

  /** Puts, and waits for it. */
  put(key: string, value: string, at = 0): void {
    let isDone = false;
    this.execute(at, { op: "put", key: utf8(key), value: utf8(value) }, () => (isDone = true));
    this.until(`${key} is put`, () => isDone);
  }

  /** What the key has. */
  value(key: string, at = 0): string | undefined {
    let answer: { readonly value: string | undefined } | undefined;
    this.get(at, key, (value) => (answer = { value }));
    this.until(`${key} is read`, () => answer !== undefined);
    return answer?.value;
  }

  /** What the checker says of everything that clients saw. */
  verdict(): string {
    return checkHistory(this.recording.history(() => undefined, false)).verdict;
  }
}
