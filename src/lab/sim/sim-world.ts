import type { Rng } from "../../base/rng.ts";
import type { Cancel } from "../../env/clock.ts";
import { memberProgram, SimCluster } from "../../sim/cluster.ts";
import { labrpcModel, sliceModel } from "../../sim/network/models.ts";
import { Recorder } from "../../rsm/recorder.ts";
import { AppliedLog } from "../applied.ts";
import { CaseFailure } from "../failure.ts";
import { isRequest } from "../packet-count.ts";
import type { ClusterShape, Committed, Figures, LabWorld, ServerState, Started, TraceSink, Unreliability } from "../world.ts";
import { Driver } from "./driver.ts";
import { Traffic } from "./traffic.ts";

/** New members admit each other within milliseconds. */
const admissionMs = 10_000;

const toText = new TextDecoder();
const toBytes = new TextEncoder();

/**
 * The simulated world: production code and options over virtual time, but for `checkQuorum`, since the course's isolated leaders go
 * on to take commands. A packet takes 0.5 to 1.5 ms and a sync 1 to 3 ms even when the network is reliable; the labs' delays come on
 * top. The labs' "long delays" of calls to cut-off servers make callers wait for their failure; messages have no such callers.
 */
export class SimLabWorld implements LabWorld {
  readonly size: number;
  readonly rng: Rng;
  readonly #cluster: SimCluster;
  readonly #driver: Driver;
  readonly #traffic: Traffic;
  readonly #applied: AppliedLog;
  readonly #compactEvery: number | undefined;
  readonly #crashes: Rng;
  readonly #slices: Rng;
  readonly #connected: boolean[];
  /** The Raft state that a dead server had when it died. */
  readonly #logSizes: number[];
  #began = 0;
  #unreliable: Unreliability | undefined;
  #longReordering = false;
  #endSlices: Cancel | undefined;

  constructor(shape: ClusterShape, rng: Rng, trace: TraceSink | undefined) {
    this.size = shape.servers;
    this.rng = rng.fork("case");
    this.#compactEvery = shape.compactEvery;
    this.#crashes = rng.fork("crashes");
    this.#slices = rng.fork("slices");
    this.#connected = Array.from({ length: shape.servers }, () => true);
    this.#logSizes = Array.from({ length: shape.servers }, () => 0);
    this.#applied = new AppliedLog(shape.servers, (reason) => this.#driver.abort(new CaseFailure(reason)));
    this.#cluster = new SimCluster(rng.fork("world"), {
      size: shape.servers,
      program: memberProgram({ raft: { checkQuorum: false } }, (server) => this.#machine(server)),
      onFailure: (server, error) => this.#driver.abort(new Error(`server ${server} died: ${String(error)}`, { cause: error })),
      onTrace: (server, name, fields) => trace?.(this.now(), server, name, fields),
    });
    this.#driver = new Driver(this.#cluster.world);
    this.#traffic = new Traffic(this.#cluster.network);
    for (const { process } of this.#cluster.servers) this.#traffic.watch(process);
  }

  /** Starts all servers, waits until they take part, and runs `body`. */
  async run(body: (world: LabWorld) => Promise<void>): Promise<void> {
    this.#cluster.startAll();
    this.#driver.runUntil(() => this.#cluster.running, admissionMs, "the servers did not admit each other");
    this.#traffic.reset();
    this.#began = this.#cluster.world.now;
    await this.#driver.run(() => body(this));
  }

  figures(): Figures {
    return {
      worldMs: this.now(),
      servers: this.size,
      rpcs: this.#traffic.requests(),
      bytes: this.#traffic.bytes,
      entries: this.#applied.last,
    };
  }

  now(): number {
    return this.#cluster.world.now - this.#began;
  }

  sleep(ms: number): Promise<void> {
    return this.#driver.sleep(ms);
  }

  async start(server: number, command: string): Promise<Started | undefined> {
    const proposal = this.#cluster.member(server)?.propose(toBytes.encode(command));
    return proposal?.ok === true ? { index: proposal.index, term: proposal.term } : undefined;
  }

  async state(server: number): Promise<ServerState | undefined> {
    const status = this.#cluster.member(server)?.status();
    return status === undefined ? undefined : { term: status.term, isLeader: status.role === "leader" };
  }

  async crash(server: number): Promise<void> {
    const { process, member } = this.#cluster.server(server);
    if (!process.alive) return;
    this.#logSizes[server] = member?.logBytes ?? 0;
    this.#cluster.crash(server, { powerCut: this.#crashes.chance(0.5) });
  }

  async restart(server: number): Promise<void> {
    await this.crash(server);
    this.#cluster.start(server);
  }

  isAlive(server: number): boolean {
    return this.#cluster.server(server).process.alive;
  }

  async disconnect(server: number): Promise<void> {
    this.#connected[server] = false;
    this.#cluster.network.isolate(this.#cluster.server(server).id);
  }

  async connect(server: number): Promise<void> {
    this.#connected[server] = true;
    this.#cluster.network.rejoin(this.#cluster.server(server).id);
  }

  isConnected(server: number): boolean {
    return this.#connected[server] === true;
  }

  async setUnreliable(model: Unreliability | undefined): Promise<void> {
    const { world, network, servers } = this.#cluster;
    this.#unreliable = model;
    this.#endSlices?.();
    const ids = servers.map(({ id }) => id);
    this.#endSlices = model === "slices" ? sliceModel(world, network, ids, this.#slices) : undefined;
    this.#configureLinks();
  }

  async setLongReordering(on: boolean): Promise<void> {
    this.#longReordering = on;
    this.#configureLinks();
  }

  committed(index: number): Committed {
    return this.#applied.committed(index);
  }

  async logSize(): Promise<number> {
    const sizes = this.#cluster.servers.map(({ member }, at) => member?.logBytes ?? this.#logSizes[at] ?? 0);
    return Math.max(...sizes);
  }

  async rpcs(server?: number): Promise<number> {
    return this.#traffic.requests(server === undefined ? undefined : this.#cluster.server(server).id);
  }

  async bytes(): Promise<number> {
    return this.#traffic.bytes;
  }

  #configureLinks(): void {
    const unreliable = this.#unreliable === "labrpc";
    this.#cluster.network.configure(labrpcModel({ unreliable, longReordering: this.#longReordering, isRequest }));
  }

  #machine(server: number): Recorder {
    return new Recorder({
      applied: ({ index, data }) => {
        this.#applied.applied(server, index, toText.decode(data));
        if (this.#compactEvery !== undefined && (index + 1) % this.#compactEvery === 0) this.#compact(server, index);
      },
      restored: (index, command) => this.#applied.restored(server, index, (at) => toText.decode(command(at))),
    });
  }

  /** The labs' `Snapshot(index)`, called when the turn that applied the entry is over. */
  #compact(server: number, index: number): void {
    const member = this.#cluster.member(server);
    this.#cluster.world.post(0, () => {
      if (member !== undefined && this.#cluster.member(server) === member) member.compact(index);
    });
  }
}
