import { present } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { ShardGroup } from "../../check/master/words.ts";
import { masterGroup } from "../../shardmaster/master-group.ts";
import type { LabClient } from "../group/world.ts";
import { askCaller } from "../kv/ask.ts";
import type { KvClient } from "../kv/world.ts";
import { creationOf } from "../shardkv/names.ts";
import { type ShardedCallers, shardedCallers } from "../shardkv/service.ts";
import type { Scale, ServerGroup, ShardedShape, ShardedWorld } from "../shardkv/world.ts";
import { masterService } from "../shardmaster/service.ts";
import type { MasterClient } from "../shardmaster/world.ts";
import type { Figures, Unreliability } from "../world.ts";
import { RealClients } from "./clients.ts";
import { GroupServers } from "./group-servers.ts";
import type { ChildProgram } from "./protocol.ts";
import { RealServers } from "./servers.ts";
import type { RealSetting } from "./setting.ts";

/** A whole cluster of processes: shardmasters first, then the groups. Its clients are in the runner's process, each with connections of its own. */
export class RealShardedWorld implements ShardedWorld {
  readonly rng: Rng;
  readonly scale: Scale = { rows: 1_000, rowBytes: 100_000, pauseMs: 600 };
  readonly servers: RealServers;
  readonly #shape: ShardedShape;
  readonly #clients: RealClients;
  readonly #masters: readonly GroupServers[];
  readonly #groups: ReadonlyMap<number, GroupServers>;

  constructor(shape: ShardedShape, rng: Rng, setting: RealSetting) {
    const { gids, masters = 1, servers: size } = shape;
    this.rng = rng.fork("case");
    this.#shape = shape;
    this.servers = new RealServers({
      ...setting,
      size: (masters + gids.length) * size,
      program: (place) => this.#program(place),
      rng: rng.fork("networks"),
    });
    const { servers } = this;
    this.#clients = new RealClients({ servers, rng: rng.fork("clients"), valueBytesMax: undefined });
    const placesOf = (number: number): number[] => Array.from({ length: size }, (_, at) => number * size + at);
    this.#masters = Array.from({ length: masters }, (_, at) => new GroupServers(servers, { gid: masterGroup, creation: 1 }, placesOf(at)));
    this.#groups = new Map(
      gids.map((gid, at) => [gid, new GroupServers(servers, { gid, creation: creationOf(gid) }, placesOf(masters + at))]),
    );
  }

  run(body: (world: this) => Promise<void>): Promise<void> {
    return this.servers.run(() => body(this));
  }

  figures(): Figures {
    return this.#clients.figures();
  }

  end(): Promise<void> {
    this.#clients.close();
    return this.servers.end();
  }

  now(): number {
    return this.servers.now();
  }

  sleep(ms: number): Promise<void> {
    return this.servers.sleep(ms);
  }

  masters(at = 0): ServerGroup {
    return present(this.#masters[at], `there is a shardmaster ${at}`);
  }

  group(gid: number): ServerGroup {
    return present(this.#groups.get(gid), `there is a group ${gid}`);
  }

  /** Nobody listens on the first ports of a machine. */
  unborn(gid: number): ShardGroup {
    return { gid, creation: creationOf(gid), servers: Array.from({ length: this.#shape.servers }, (_, at) => `127.0.0.1:${1 + at}`) };
  }

  newClient(masters = 0): KvClient {
    return this.#client(masters, ({ store }, ask, deadlineMs, done) => askCaller(store, ask, deadlineMs, done));
  }

  newAdmin(masters = 0): MasterClient {
    return this.#client(masters, ({ master }, ask, deadlineMs, done) => masterService.ask(master, ask, deadlineMs, done));
  }

  async setUnreliable(model: Unreliability | undefined): Promise<void> {
    this.#clients.setUnreliable(model);
    await this.servers.setNetwork({ model });
  }

  /** A client whose operations are what `act` does. */
  #client<Ask, Reply>(
    masters: number,
    act: (callers: ShardedCallers, ask: Ask, deadlineMs: number, done: (reply: Reply) => void) => void,
  ): LabClient<Ask, Reply> {
    const { env, reach } = this.#clients.newEnv();
    const ids = this.#clients.serverIds;
    const asked = this.masters(masters).places.map((place) => present(ids[place], "a server has an address"));
    const callers = shardedCallers(env, asked, () => this.#clients.newSession());
    return {
      reach,
      ask: (ask, deadlineMs) => this.#clients.operate((done) => act(callers, ask, deadlineMs, done)),
    };
  }

  /** What the server at a place runs. */
  #program(place: number): ChildProgram {
    const { logBytesMax, chunkRowsMax } = this.#shape;
    const masters = this.#masters.find(({ places }) => places.includes(place));
    if (masters !== undefined) return { kind: "master", members: masters.places, logBytesMax: undefined };
    const [gid, { places: members }] = present(
      [...this.#groups].find(([, { places }]) => places.includes(place)),
      "a server is one of the shardmaster's or of a group's",
    );
    return { kind: "sharded", gid, creation: creationOf(gid), members, masters: this.masters().places, logBytesMax, chunkRowsMax };
  }
}
