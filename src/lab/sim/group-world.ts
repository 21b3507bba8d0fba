import type { Rng } from "../../base/rng.ts";
import type { Cancel } from "../../env/clock.ts";
import { GroupCluster } from "../../sim/group/group-cluster.ts";
import type { GroupKind } from "../../sim/group/group-kind.ts";
import { labrpcModel, sliceModel } from "../../sim/network/models.ts";
import { clerkOptions, type Service } from "../group/service.ts";
import { Sides } from "../group/sides.ts";
import type { GroupShape, GroupSizes, GroupWorld, LabClient } from "../group/world.ts";
import { isRequest } from "../packet-count.ts";
import type { Figures, ServerState, TraceSink, Unreliability } from "../world.ts";
import { Driver } from "./driver.ts";
import { Traffic } from "./traffic.ts";

/** New members admit each other within milliseconds. */
const admissionMs = 10_000;
/** How often one looks whether a server has read its disk. */
const pollMs = 1;

/** The simulated world of a group: as production runs it, clients included, each a process of its own. */
export class SimGroupWorld<Caller, Ask, Reply> implements GroupWorld<LabClient<Ask, Reply>> {
  readonly size: number;
  readonly rng: Rng;
  readonly #service: Service<Caller, Ask, Reply>;
  readonly #cluster: GroupCluster<Caller>;
  readonly #driver: Driver;
  readonly #traffic: Traffic;
  readonly #sides: Sides;
  readonly #crashes: Rng;
  readonly #slices: Rng;
  /** The Raft state that a dead server had when it died. */
  readonly #logSizes: number[];
  #began = 0;
  #operations = 0;
  #endSlices: Cancel | undefined;

  constructor(service: Service<Caller, Ask, Reply>, shape: GroupShape, rng: Rng, trace: TraceSink | undefined) {
    const { servers } = shape;
    this.#service = service;
    this.size = servers;
    this.rng = rng.fork("case");
    this.#sides = new Sides(servers);
    this.#crashes = rng.fork("crashes");
    this.#slices = rng.fork("slices");
    this.#logSizes = Array.from({ length: servers }, () => 0);
    const kind: GroupKind<Caller> = {
      start: (env, identity) => service.start(env, identity, shape).replica,
      caller: (group, session) => service.caller(group, session),
    };
    this.#cluster = new GroupCluster(rng.fork("world"), kind, {
      size: servers,
      name: { group: service.group, creation: 1, servers: "s" },
      onFailure: (who, error) => this.#driver.abort(new Error(`${who} died: ${String(error)}`, { cause: error })),
      onTrace: (server, name, fields) => trace?.(this.now(), server, name, fields),
    });
    this.#driver = new Driver(this.#cluster.world);
    this.#traffic = new Traffic(this.#cluster.network);
    for (const { process } of this.#cluster.sim.servers) this.#traffic.watch(process);
  }

  /** Starts all servers, waits until they take part, and runs `body`. */
  async run(body: (world: this) => Promise<void>): Promise<void> {
    this.#cluster.startAll();
    this.#driver.runUntil(() => this.#cluster.sim.running, admissionMs, "the servers did not admit each other");
    this.#traffic.reset();
    this.#began = this.#cluster.world.now;
    await this.#driver.run(() => body(this));
  }

  figures(): Figures {
    const applied = this.#members().map((member) => member?.status()?.applied ?? 0);
    return {
      worldMs: this.now(),
      servers: this.size,
      rpcs: this.#traffic.requests(),
      bytes: this.#traffic.bytes,
      entries: Math.max(...applied),
      operations: this.#operations,
    };
  }

  now(): number {
    return this.#cluster.world.now - this.#began;
  }

  sleep(ms: number): Promise<void> {
    return this.#driver.sleep(ms);
  }

  newClient(): LabClient<Ask, Reply> {
    const client = this.#cluster.newClient({}, clerkOptions);
    this.#traffic.watch(client.process);
    const { network, sim } = this.#cluster;
    return {
      reach: (servers) => {
        for (const [at, { id }] of sim.servers.entries()) network.cut(client.id, id, servers?.includes(at) === false);
      },
      ask: (ask, deadlineMs) => {
        this.#operations += 1;
        return this.#driver.until((wake) => client.act((caller) => this.#service.ask(caller, ask, deadlineMs, wake)));
      },
    };
  }

  async state(server: number): Promise<ServerState | undefined> {
    const status = this.#cluster.sim.member(server)?.status();
    return status === undefined ? undefined : { term: status.term, isLeader: status.role === "leader" };
  }

  async crash(server: number): Promise<void> {
    if (!this.isAlive(server)) return;
    this.#logSizes[server] = this.#cluster.logBytes(server) ?? 0;
    this.#cluster.crash(server, { powerCut: this.#crashes.chance(0.5) });
  }

  async restart(server: number): Promise<void> {
    await this.crash(server);
    this.#cluster.start(server);
    while (this.#cluster.sim.member(server)?.phase === "opening") await this.sleep(pollMs);
  }

  isAlive(server: number): boolean {
    return this.#cluster.sim.server(server).process.alive;
  }

  async partition(sides: readonly (readonly number[])[]): Promise<void> {
    this.#sides.set(sides);
    const { network, sim } = this.#cluster;
    network.partition(this.#sides.groups.map((group) => group.map((server) => sim.server(server).id)));
  }

  isConnected(server: number): boolean {
    return this.#sides.isInMajority(server);
  }

  async setUnreliable(model: Unreliability | undefined): Promise<void> {
    const { world, network, sim } = this.#cluster;
    this.#endSlices?.();
    const ids = sim.servers.map(({ id }) => id);
    this.#endSlices = model === "slices" ? sliceModel(world, network, ids, this.#slices) : undefined;
    network.configure(labrpcModel({ unreliable: model === "labrpc", longReordering: false, isRequest }));
  }

  async sizes(): Promise<GroupSizes> {
    const members = this.#members();
    const logBytes = members.map((member, at) => member?.logBytes ?? this.#logSizes[at] ?? 0);
    const droppedTo = members.map((member) => (member?.status()?.first ?? 1) - 1);
    return { logBytes: Math.max(...logBytes), droppedTo: Math.max(...droppedTo) };
  }

  async snapshotSize(): Promise<number> {
    const sizes = this.#cluster.sim.servers.map(({ process, member }) =>
      this.#driver.until<number>((wake) => {
        const clock = process.env()?.clock;
        if (member === undefined || clock === undefined) wake(0);
        else clock.after(0, () => member.countSnapshotBytes(wake));
      }),
    );
    return Math.max(...(await Promise.all(sizes)));
  }

  #members(): ReturnType<GroupCluster<Caller>["sim"]["member"]>[] {
    return this.#cluster.sim.servers.map(({ member }) => member);
  }
}
