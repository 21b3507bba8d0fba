import { present } from "../../base/assert.ts";
import { groupId, type ServerId, serverId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { ShardGroup } from "../../check/master/words.ts";
import { ClientSession } from "../../rsm/caller/operation.ts";
import { masterGroup } from "../../shardmaster/master-group.ts";
import type { ClusterName } from "../../sim/cluster.ts";
import { GroupCluster } from "../../sim/group/group-cluster.ts";
import type { GroupKind } from "../../sim/group/group-kind.ts";
import { SimClient } from "../../sim/group/sim-client.ts";
import { newUniverse, type Universe } from "../../sim/universe.ts";
import type { LabClient } from "../group/world.ts";
import { askCaller } from "../kv/ask.ts";
import type { KvClient } from "../kv/world.ts";
import { creationOf } from "../shardkv/names.ts";
import { type ShardedCallers, shardedCallers, startSharded } from "../shardkv/service.ts";
import type { Scale, ServerGroup, ShardedShape, ShardedWorld } from "../shardkv/world.ts";
import { masterService } from "../shardmaster/service.ts";
import type { MasterClient } from "../shardmaster/world.ts";
import type { Figures, TraceSink, Unreliability } from "../world.ts";
import { Cables } from "./cables.ts";
import { Driver } from "./driver.ts";
import { SimServers } from "./sim-servers.ts";
import { Traffic } from "./traffic.ts";
import { Unreliable } from "./unreliable.ts";

type Cluster = GroupCluster<unknown>;

/** The simulated world of a whole cluster: shardmasters, groups and clients as production runs them, each a process of its own. */
export class SimShardedWorld implements ShardedWorld {
  readonly rng: Rng;
  readonly scale: Scale = { rows: 100, rowBytes: 10_000, pauseMs: 240 };
  readonly #shape: ShardedShape;
  readonly #universe: Universe;
  readonly #driver: Driver;
  readonly #traffic: Traffic;
  readonly #trace: TraceSink | undefined;
  readonly #masterClusters: readonly Cluster[];
  readonly #groupClusters: ReadonlyMap<number, Cluster>;
  readonly #masters: readonly SimServers[];
  readonly #groups: ReadonlyMap<number, SimServers>;
  readonly #ids: readonly ServerId[];
  readonly #unreliable: Unreliable;
  #clients = 0;
  #operations = 0;

  constructor(shape: ShardedShape, rng: Rng, trace: TraceSink | undefined) {
    this.rng = rng.fork("case");
    this.#shape = shape;
    this.#trace = trace;
    this.#universe = newUniverse(rng.fork("world"));
    this.#driver = new Driver(this.#universe.world);
    this.#traffic = new Traffic(this.#universe.network);
    this.#masterClusters = Array.from({ length: shape.masters ?? 1 }, (_, at) => this.#newMasters(at));
    this.#groupClusters = new Map(shape.gids.map((gid, at) => [gid, this.#newGroup(gid, at)]));
    const clusters = [...this.#masterClusters, ...this.#groupClusters.values()];
    this.#ids = clusters.flatMap(({ sim }) => sim.servers.map(({ id }) => id));
    this.#unreliable = new Unreliable(this.#universe, this.#ids, rng.fork("slices"));
    const cables = new Cables(this.#universe.network, this.#ids);
    const crashes = rng.fork("crashes");
    this.#masters = this.#masterClusters.map((cluster) => new SimServers(cluster, this.#driver, cables, crashes));
    const groups = [...this.#groupClusters].map(([gid, cluster]) => [gid, new SimServers(cluster, this.#driver, cables, crashes)] as const);
    this.#groups = new Map(groups);
    for (const { sim } of clusters) for (const { process } of sim.servers) this.#traffic.watch(process);
  }

  /** Starts all servers, waits until they take part, and runs `body`. */
  async run(body: (world: this) => Promise<void>): Promise<void> {
    const clusters = [...this.#masterClusters, ...this.#groupClusters.values()];
    for (const cluster of clusters) cluster.startAll();
    this.#driver.bringUp(() => clusters.every(({ sim }) => sim.running));
    this.#traffic.reset();
    await this.#driver.run(() => body(this));
  }

  figures(): Figures {
    return {
      worldMs: this.now(),
      servers: this.#ids.length,
      rpcs: this.#traffic.requests(),
      bytes: this.#traffic.bytes,
      entries: Math.max(...[...this.#masters, ...this.#groups.values()].map(({ applied }) => applied)),
      operations: this.#operations,
    };
  }

  now(): number {
    return this.#driver.now;
  }

  sleep(ms: number): Promise<void> {
    return this.#driver.sleep(ms);
  }

  masters(at = 0): ServerGroup {
    return present(this.#masters[at], `there is a shardmaster ${at}`);
  }

  group(gid: number): ServerGroup {
    return present(this.#groups.get(gid), `there is a group ${gid}`);
  }

  unborn(gid: number): ShardGroup {
    return { gid, creation: creationOf(gid), servers: Array.from({ length: this.#shape.servers }, (_, at) => `nobody${gid}-${at}`) };
  }

  newClient(masters = 0): KvClient {
    return this.#client(masters, ({ store }, ask, deadlineMs, done) => askCaller(store, ask, deadlineMs, done));
  }

  newAdmin(masters = 0): MasterClient {
    return this.#client(masters, ({ master }, ask, deadlineMs, done) => masterService.ask(master, ask, deadlineMs, done));
  }

  async setUnreliable(model: Unreliability | undefined): Promise<void> {
    this.#unreliable.set(model);
  }

  #newMasters(at: number): Cluster {
    const { servers: size } = this.#shape;
    return this.#newCluster(startMaster, { size, group: masterGroup, creation: 1, servers: `m${at}-`, place: at * size });
  }

  #newGroup(gid: number, at: number): Cluster {
    const { servers: size, logBytesMax, chunkRowsMax } = this.#shape;
    const masters = present(this.#masterClusters[0], "there is a shardmaster").sim.servers.map(({ id }) => id);
    const settings = { logBytesMax, chunkRowsMax, masters };
    const start: GroupKind<unknown>["start"] = (env, identity) => startSharded(env, identity, settings).replica;
    const place = (this.#masterClusters.length + at) * size;
    return this.#newCluster(start, { size, group: groupId(gid), creation: creationOf(gid), servers: `g${gid}-`, place });
  }

  #newCluster(
    start: GroupKind<unknown>["start"],
    { size, place, ...name }: ClusterName & { readonly size: number; readonly place: number },
  ): Cluster {
    return new GroupCluster<unknown>(
      this.#universe,
      { start, caller: (group) => group },
      {
        size,
        name,
        onFailure: (who, error) => this.#driver.abort(new Error(`${who} died: ${String(error)}`, { cause: error })),
        onTrace: (server, traced, fields) => this.#trace?.(this.now(), place + server, traced, fields),
      },
    );
  }

  /** A client whose operations are what `act` does. */
  #client<Ask, Reply>(
    masters: number,
    act: (callers: ShardedCallers, ask: Ask, deadlineMs: number, done: (reply: Reply) => void) => void,
  ): LabClient<Ask, Reply> {
    const client = this.#newProcess(this.masters(masters).name.servers.map((each) => serverId(each)));
    return {
      reach: (servers) => {
        for (const [at, id] of this.#ids.entries()) this.#universe.network.cut(client.id, id, servers?.includes(at) === false);
      },
      ask: (ask, deadlineMs) => {
        this.#operations += 1;
        return this.#driver.until((wake) => client.act((callers) => act(callers, ask, deadlineMs, wake)));
      },
    };
  }

  #newProcess(masters: readonly ServerId[]): SimClient<ShardedCallers> {
    const id = serverId(`c${this.#clients}`);
    this.#clients += 1;
    const client = new SimClient<ShardedCallers>(this.#universe, id, {
      begin: (env) => shardedCallers(env, masters, () => new ClientSession(Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255)))),
      onFailure: (error) => this.#driver.abort(new Error(`${id} died: ${String(error)}`, { cause: error })),
    });
    this.#traffic.watch(client.process);
    client.start();
    return client;
  }
}

/** Its log is never dropped, as in the courses. */
const startMaster: GroupKind<unknown>["start"] = (env, identity) => masterService.start(env, identity, { logBytesMax: undefined }).replica;
