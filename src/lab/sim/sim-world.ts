import type { Rng } from "../../base/rng.ts";
import { memberProgram, SimCluster } from "../../sim/cluster.ts";
import { Recorder } from "../../rsm/recorder.ts";
import { AppliedLog } from "../applied.ts";
import { CaseFailure } from "../failure.ts";
import type { ClusterShape, Committed, Figures, LabWorld, ServerState, Started, TraceSink, Unreliability } from "../world.ts";
import { Driver } from "./driver.ts";
import { Machines } from "./machines.ts";
import { Traffic } from "./traffic.ts";
import { Unreliable } from "./unreliable.ts";

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
  readonly #machines: Machines;
  readonly #unreliable: Unreliable;
  readonly #connected: boolean[];

  constructor(shape: ClusterShape, rng: Rng, trace: TraceSink | undefined) {
    this.size = shape.servers;
    this.rng = rng.fork("case");
    this.#compactEvery = shape.compactEvery;
    this.#connected = Array.from({ length: shape.servers }, () => true);
    this.#applied = new AppliedLog(shape.servers, (reason) => this.#driver.abort(new CaseFailure(reason)));
    this.#cluster = new SimCluster(rng.fork("world"), {
      size: shape.servers,
      program: memberProgram({ raft: { checkQuorum: false } }, (server) => this.#machine(server)),
      onFailure: (server, error) => this.#driver.abort(new Error(`server ${server} died: ${String(error)}`, { cause: error })),
      onTrace: (server, name, fields) => trace?.(this.now(), server, name, fields),
    });
    this.#driver = new Driver(this.#cluster.world);
    this.#traffic = new Traffic(this.#cluster.network);
    this.#machines = new Machines(this.#cluster, this.#driver, rng.fork("crashes"));
    this.#unreliable = new Unreliable(
      this.#cluster,
      this.#cluster.servers.map(({ id }) => id),
      rng.fork("slices"),
    );
    for (const { process } of this.#cluster.servers) this.#traffic.watch(process);
  }

  /** Starts all servers, waits until they take part, and runs `body`. */
  async run(body: (world: LabWorld) => Promise<void>): Promise<void> {
    this.#cluster.startAll();
    this.#driver.bringUp(() => this.#cluster.running);
    this.#traffic.reset();
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
    return this.#driver.now;
  }

  sleep(ms: number): Promise<void> {
    return this.#driver.sleep(ms);
  }

  async start(server: number, command: string): Promise<Started | undefined> {
    const proposal = this.#cluster.member(server)?.propose(toBytes.encode(command));
    return proposal?.ok === true ? { index: proposal.index, term: proposal.term } : undefined;
  }

  async state(server: number): Promise<ServerState | undefined> {
    return this.#machines.state(server);
  }

  async crash(server: number): Promise<void> {
    this.#machines.crash(server);
  }

  async restart(server: number): Promise<void> {
    this.#machines.start(server);
  }

  isAlive(server: number): boolean {
    return this.#machines.isAlive(server);
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
    this.#unreliable.set(model);
  }

  async setLongReordering(on: boolean): Promise<void> {
    this.#unreliable.setLongReordering(on);
  }

  committed(index: number): Committed {
    return this.#applied.committed(index);
  }

  async logSize(): Promise<number> {
    return Math.max(...this.#machines.sizes.map(({ logBytes }) => logBytes));
  }

  async rpcs(server?: number): Promise<number> {
    return this.#traffic.requests(server === undefined ? undefined : this.#cluster.server(server).id);
  }

  async bytes(): Promise<number> {
    return this.#traffic.bytes;
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
