import { present } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import { AppliedLog } from "../applied.ts";
import { CaseFailure } from "../failure.ts";
import type { ClusterShape, Committed, Figures, LabWorld, ServerState, Started, Unreliability } from "../world.ts";
import type { RealSetting } from "./setting.ts";
import type { Happening } from "./protocol.ts";
import { RealServers } from "./servers.ts";

/** Servers that are processes, and do nothing but keep a log. */
export class RealLabWorld implements LabWorld {
  readonly size: number;
  readonly rng: Rng;
  readonly servers: RealServers;
  readonly #applied: AppliedLog;

  constructor({ servers: size, compactEvery }: ClusterShape, rng: Rng, setting: RealSetting) {
    this.size = size;
    this.rng = rng.fork("case");
    this.#applied = new AppliedLog(size, (reason) => this.servers.abort(new CaseFailure(reason)));
    this.servers = new RealServers({
      ...setting,
      size,
      program: () => ({ kind: "log", compactEvery }),
      rng: rng.fork("networks"),
      happened: (server, happening) => this.#happened(server, happening),
    });
  }

  run(body: (world: LabWorld) => Promise<void>): Promise<void> {
    return this.servers.run(() => body(this));
  }

  figures(): Figures {
    const { requests, bytes } = this.servers.told;
    return {
      worldMs: this.now(),
      servers: this.size,
      rpcs: requests,
      bytes,
      entries: this.#applied.last,
    };
  }

  end(): Promise<void> {
    return this.servers.end();
  }

  now(): number {
    return this.servers.now();
  }

  sleep(ms: number): Promise<void> {
    return this.servers.sleep(ms);
  }

  start(server: number, command: string): Promise<Started | undefined> {
    return this.servers.ask<"start">(server, { kind: "start", command });
  }

  state(server: number): Promise<ServerState | undefined> {
    return this.servers.state(server);
  }

  crash(server: number): Promise<void> {
    return this.servers.crash(server);
  }

  restart(server: number): Promise<void> {
    return this.servers.restart(server);
  }

  isAlive(server: number): boolean {
    return this.servers.isAlive(server);
  }

  async disconnect(server: number): Promise<void> {
    await this.servers.setNetwork({ unplugged: [...this.#unpluggedBut(server), server] });
  }

  async connect(server: number): Promise<void> {
    await this.servers.setNetwork({ unplugged: this.#unpluggedBut(server) });
  }

  isConnected(server: number): boolean {
    return !this.servers.network.unplugged.includes(server);
  }

  setUnreliable(model: Unreliability | undefined): Promise<void> {
    return this.servers.setNetwork({ model });
  }

  setLongReordering(longReordering: boolean): Promise<void> {
    return this.servers.setNetwork({ longReordering });
  }

  committed(index: number): Committed {
    return this.#applied.committed(index);
  }

  async logSize(): Promise<number> {
    return Math.max(...(await this.servers.measure()).map(({ logBytes }) => logBytes));
  }

  async rpcs(server?: number): Promise<number> {
    const measures = await this.servers.measure();
    return server === undefined ? this.figures().rpcs : present(measures[server], `there is a server ${server}`).requests;
  }

  async bytes(): Promise<number> {
    await this.servers.measure();
    return this.figures().bytes;
  }

  #unpluggedBut(server: number): number[] {
    return this.servers.network.unplugged.filter((each) => each !== server);
  }

  #happened(server: number, happening: Happening): void {
    if (happening.kind === "applied") this.#applied.applied(server, happening.index, happening.value);
    else if (happening.kind === "restored") this.#restored(server, happening.values);
  }

  #restored(server: number, values: readonly string[]): void {
    this.#applied.restored(server, values.length, (index) => present(values[index - 1], "a value for every index"));
  }
}
