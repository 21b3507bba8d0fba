import { randomInt, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { present } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { Address } from "../../real/address.ts";
import { stopCodes } from "../../server/stop-codes.ts";
import { AppliedLog } from "../applied.ts";
import { CaseFailure } from "../failure.ts";
import type { ClusterShape, Committed, Figures, LabWorld, ServerState, Stall, Started, TraceSink, Unreliability } from "../world.ts";
import type { ChildEnd, Launch } from "./launch.ts";
import type { Happening } from "./protocol.ts";
import { RealServer } from "./server.ts";

/** How long servers may take to take part once they have all started, and how often one looks. */
const admission = { limitMs: 10_000, pollMs: 5 } as const;
/** No case needs so much time: one that goes on for longer waits for what never comes. */
const endMs = 900_000;
/** When a case has failed, how long one waits for servers that stand still to say so. */
const lastLookMs = 5_000;

/**
 * Ports below those that systems give to outgoing connections: while a server is dead, a neighbour's connection must not get its
 * port. Whether one is free is found out by the server that listens on it.
 */
const ports = { first: 20_000, last: 31_999, tries: 5 } as const;

/** Servers that are processes, with TCP between them and LevelDB below, in real time. */
export class RealLabWorld implements LabWorld {
  readonly size: number;
  readonly rng: Rng;
  readonly stalls: Stall[] = [];
  readonly #compactEvery: number | undefined;
  readonly #folder: string;
  readonly #trace: TraceSink | undefined;
  readonly #cluster = `lab-${randomUUID()}`;
  readonly #chance: Rng;
  readonly #servers: readonly RealServer[];
  readonly #applied: AppliedLog;
  readonly #aborted: Promise<never>;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #unplugged = new Set<number>();
  #addresses: readonly Address[] = [];
  #model: Unreliability | undefined;
  #longReordering = false;
  #lives = 0;
  #began = performance.now();
  #endedMs: number | undefined;
  #abort: (reason: unknown) => void = () => {};

  /** Keeps all data below `folder`, which is there. */
  constructor(shape: ClusterShape, rng: Rng, folder: string, launch: Launch, trace: TraceSink | undefined) {
    this.size = shape.servers;
    this.rng = rng.fork("case");
    this.#chance = rng.fork("networks");
    this.#compactEvery = shape.compactEvery;
    this.#folder = folder;
    this.#trace = trace;
    this.#aborted = new Promise((_, reject) => {
      this.#abort = reject;
    });
    // A world that is aborted when nobody waits for it any more ends all the same.
    this.#aborted.catch(() => undefined);
    this.#applied = new AppliedLog(shape.servers, (reason) => this.#abort(new CaseFailure(reason)));
    this.#servers = Array.from({ length: shape.servers }, (_, at) => this.#newServer(at, launch));
  }

  /** Starts all servers, waits until they take part, and runs `body`; throws what it throws, or what the world noticed. */
  async run(body: (world: LabWorld) => Promise<void>): Promise<void> {
    try {
      await Promise.race([this.#bringUp(), this.#aborted]);
      this.#began = performance.now();
      this.#after(endMs, () => this.#abort(new CaseFailure(`the case has not ended after ${endMs / 60_000} minutes`)));
      await Promise.race([body(this), this.#aborted]);
    } finally {
      // A case that goes on regardless never wakes again.
      this.#endedMs = this.now();
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  /** Waits until every living server has said whether it stood still. A case that failed may have failed because of that. */
  async lastLook(): Promise<void> {
    const missing = new Set(this.#servers.keys());
    const answers = this.#servers.map(async (server, at) => {
      await server.ask({ kind: "measure" });
      missing.delete(at);
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, lastLookMs);
    });
    await Promise.race([Promise.all(answers), late]);
    clearTimeout(timer);
    for (const at of missing) this.stalls.push({ who: `server ${at}`, ms: lastLookMs });
  }

  /** Ends all processes. */
  async end(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.kill()));
  }

  /** Ends all processes without waiting for anything: the runner itself is about to end. */
  drop(): void {
    for (const server of this.#servers) void server.kill();
  }

  figures(): Figures {
    const all = this.#servers.map(({ measures }) => measures);
    return {
      worldMs: this.#endedMs ?? this.now(),
      servers: this.size,
      rpcs: all.reduce((sum, { requests }) => sum + requests, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      entries: this.#applied.last,
    };
  }

  /** Milliseconds of the processor that the servers have taken. */
  get cpuMs(): number {
    return this.#servers.reduce((sum, { measures }) => sum + measures.cpuMs, 0);
  }

  now(): number {
    return Math.round(performance.now() - this.#began);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#after(ms, resolve));
  }

  start(server: number, command: string): Promise<Started | undefined> {
    return this.#server(server).ask<"start">({ kind: "start", command });
  }

  state(server: number): Promise<ServerState | undefined> {
    return this.#server(server).ask<"state">({ kind: "state" });
  }

  crash(server: number): Promise<void> {
    return this.#server(server).kill();
  }

  async restart(server: number): Promise<void> {
    await this.crash(server);
    if (this.#endedMs !== undefined) return;
    const end = await this.#start(server, false);
    if (end !== undefined) this.#abort(unordered(server, end));
  }

  isAlive(server: number): boolean {
    return this.#server(server).isAlive;
  }

  async disconnect(server: number): Promise<void> {
    this.#unplugged.add(server);
    await this.#tellNetwork();
  }

  async connect(server: number): Promise<void> {
    this.#unplugged.delete(server);
    await this.#tellNetwork();
  }

  isConnected(server: number): boolean {
    return !this.#unplugged.has(server);
  }

  async setUnreliable(model: Unreliability | undefined): Promise<void> {
    this.#model = model;
    await this.#tellNetwork();
  }

  async setLongReordering(on: boolean): Promise<void> {
    this.#longReordering = on;
    await this.#tellNetwork();
  }

  committed(index: number): Committed {
    return this.#applied.committed(index);
  }

  async logSize(): Promise<number> {
    await this.#measure();
    return Math.max(...this.#servers.map(({ measures }) => measures.logBytes));
  }

  async rpcs(server?: number): Promise<number> {
    await this.#measure();
    return server === undefined ? this.figures().rpcs : this.#server(server).measures.requests;
  }

  async bytes(): Promise<number> {
    await this.#measure();
    return this.figures().bytes;
  }

  #newServer(at: number, launch: Launch): RealServer {
    return new RealServer(launch, {
      happened: (happening) => this.#happened(at, happening),
      died: (end) => this.#abort(unordered(at, end)),
      silent: (ms) => this.#abort(new CaseFailure(`server ${at} has not answered for ${ms / 1000} seconds`)),
    });
  }

  #happened(server: number, happening: Happening): void {
    if (happening.kind === "applied") this.#applied.applied(server, happening.index, happening.value);
    else if (happening.kind === "restored") this.#restored(server, happening.values);
    else if (happening.kind === "stalled") this.stalls.push({ who: `server ${server}`, ms: happening.ms });
    else if (happening.kind === "trace") this.#trace?.(this.now(), server, happening.name, happening.fields);
  }

  #restored(server: number, values: readonly string[]): void {
    this.#applied.restored(server, values.length, (index) => present(values[index - 1], "a value for every index"));
  }

  async #bringUp(): Promise<void> {
    for (let tries = 1; !(await this.#startAll()); tries += 1) {
      if (tries === ports.tries) throw new CaseFailure(`there was a port in use in each of ${tries} attempts to start the servers`);
      await Promise.all(this.#servers.map((server) => server.kill()));
      for (const at of this.#servers.keys()) rmSync(this.#data(at), { recursive: true, force: true });
    }
    const limit = performance.now() + admission.limitMs;
    while (!this.#servers.every(({ isRunning }) => isRunning)) {
      if (performance.now() > limit) throw new CaseFailure("the servers did not admit each other");
      await this.sleep(admission.pollMs);
    }
  }

  /** Whether all are up; if not, a port was in use. */
  async #startAll(): Promise<boolean> {
    this.#addresses = drawAddresses(this.size);
    const ends = await Promise.all(this.#servers.map((_, at) => this.#start(at, true)));
    for (const [at, end] of ends.entries()) {
      if (end !== undefined && end.code !== stopCodes.address_unusable) throw unordered(at, end);
    }
    return ends.every((end) => end === undefined);
  }

  #start(server: number, create: boolean): Promise<ChildEnd | undefined> {
    this.#lives += 1;
    return this.#server(server).start({
      cluster: this.#cluster,
      addresses: this.#addresses,
      place: server,
      data: this.#data(server),
      create,
      compactEvery: this.#compactEvery,
      network: this.#network(),
      seed: this.#chance.fork(this.#lives).u32(),
      trace: this.#trace !== undefined,
    });
  }

  #data(server: number): string {
    return join(this.#folder, `server-${server}`);
  }

  #network(): { unplugged: number[]; model: Unreliability | undefined; longReordering: boolean } {
    return { unplugged: [...this.#unplugged], model: this.#model, longReordering: this.#longReordering };
  }

  async #tellNetwork(): Promise<void> {
    const network = this.#network();
    await Promise.all(this.#servers.map((server) => server.tell({ kind: "network", network })));
  }

  async #measure(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.ask<"measure">({ kind: "measure" })));
  }

  #after(ms: number, run: () => void): void {
    if (this.#endedMs !== undefined) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  #server(at: number): RealServer {
    return present(this.#servers[at], `there is a server ${at}`);
  }
}

function unordered(server: number, { code, signal, lastWords }: ChildEnd): CaseFailure {
  const how = signal === undefined ? `with exit code ${code}` : `by ${signal}`;
  const evidence = lastWords === "" ? undefined : `The last words of server ${server}:\n${lastWords}`;
  return new CaseFailure(`server ${server} ended ${how}, and nobody had ended it`, evidence);
}

function drawAddresses(count: number): Address[] {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(randomInt(ports.first, ports.last + 1));
  return [...drawn].map((port) => ({ host: "127.0.0.1", port }));
}
