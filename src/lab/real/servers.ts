import { randomInt, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { present } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { Address } from "../../real/address.ts";
import { stopCodes } from "../../server/stop-codes.ts";
import { CaseFailure } from "../failure.ts";
import type { ServerState, Stall, TraceSink } from "../world.ts";
import type { ChildEnd, Launch } from "./launch.ts";
import type { Answers, ChildProgram, Happening, Measures, NetworkState, Question } from "./protocol.ts";
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

export interface RealServersOptions {
  readonly size: number;
  /** All data is kept below it; it is there. */
  readonly folder: string;
  /** What the server at a place runs. */
  readonly program: (place: number) => ChildProgram;
  /** The chance in the network. */
  readonly rng: Rng;
  readonly launch: Launch;
  readonly trace: TraceSink | undefined;
  /** Hears what servers do with their log, where it is that of `kind: "log"`. */
  readonly happened?: (server: number, happening: Happening) => void;
}

/** The servers of a run, of one group or of several, as processes, with TCP between them and LevelDB below, in real time; and the end of all of them. */
export class RealServers {
  readonly stalls: Stall[] = [];
  readonly cluster: string = `lab-${randomUUID()}`;
  readonly #options: RealServersOptions;
  readonly #servers: readonly RealServer[];
  readonly #aborted: Promise<never>;
  readonly #timers = new Set<NodeJS.Timeout>();
  #network: NetworkState = { unplugged: [], sides: [], model: undefined, longReordering: false };
  #addresses: readonly Address[] = [];
  #lives = 0;
  #began = performance.now();
  #endedMs: number | undefined;
  #abort: (reason: unknown) => void = () => {};

  constructor(options: RealServersOptions) {
    this.#options = options;
    this.#aborted = new Promise((_, reject) => {
      this.#abort = reject;
    });
    // A world that is aborted when nobody waits for it any more ends all the same.
    this.#aborted.catch(() => undefined);
    this.#servers = Array.from({ length: options.size }, (_, at) => this.#newServer(at));
  }

  get size(): number {
    return this.#servers.length;
  }

  /** Where they listen, by their places. */
  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  /** Starts all servers, waits until they take part, and runs `body`; throws what it throws, or what was noticed besides. */
  async run(body: () => Promise<void>): Promise<void> {
    try {
      await Promise.race([this.#bringUp(), this.#aborted]);
      this.#began = performance.now();
      this.#after(endMs, () => this.abort(new CaseFailure(`the case has not ended after ${endMs / 60_000} minutes`)));
      await Promise.race([body(), this.#aborted]);
    } finally {
      // A case that goes on regardless never wakes again.
      this.#endedMs = this.now();
      for (const timer of this.#timers) clearTimeout(timer);
    }
  }

  /** Ends the case: something is wrong that it cannot see. */
  abort(reason: unknown): void {
    this.#abort(reason);
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

  /** Ends all processes at once, and waits until they are gone. */
  async end(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.end()));
  }

  /** As the servers last told. */
  get measures(): readonly Measures[] {
    return this.#servers.map(({ measures }) => measures);
  }

  /** What all of them have sent, and the last entry that any has applied, as they last told. */
  get told(): Pick<Measures, "requests" | "bytes" | "applied"> {
    const { measures } = this;
    return {
      requests: measures.reduce((sum, { requests }) => sum + requests, 0),
      bytes: measures.reduce((sum, { bytes }) => sum + bytes, 0),
      applied: Math.max(...measures.map(({ applied }) => applied)),
    };
  }

  /** As they are now. */
  async measure(): Promise<readonly Measures[]> {
    await Promise.all(this.#servers.map((server) => server.ask<"measure">({ kind: "measure" })));
    return this.measures;
  }

  /** Milliseconds since the case began; when it has ended, how long it took. */
  now(): number {
    return this.#endedMs ?? Math.round(performance.now() - this.#began);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#after(ms, resolve));
  }

  /** The answer of a server that is open; undefined from any other. */
  ask<K extends Question["kind"]>(server: number, question: Extract<Question, { readonly kind: K }>): Promise<Answers[K] | undefined> {
    return this.#server(server).ask<K>(question);
  }

  state(server: number): Promise<ServerState | undefined> {
    return this.ask<"state">(server, { kind: "state" });
  }

  crash(server: number): Promise<void> {
    return this.#server(server).kill();
  }

  async restart(server: number): Promise<void> {
    await this.crash(server);
    if (this.#endedMs !== undefined) return;
    const end = await this.#start(server, false);
    if (end !== undefined) this.abort(unordered(server, end));
  }

  isAlive(server: number): boolean {
    return this.#server(server).isAlive;
  }

  get network(): NetworkState {
    return this.#network;
  }

  /** Has all servers, those that are started later too, know what their network does. */
  async setNetwork(changes: Partial<NetworkState>): Promise<void> {
    this.#network = { ...this.#network, ...changes };
    const network = this.#network;
    await Promise.all(this.#servers.map((server) => server.tell({ kind: "network", network })));
  }

  #newServer(at: number): RealServer {
    return new RealServer(this.#options.launch, this.#data(at), {
      happened: (happening) => this.#happened(at, happening),
      died: (end) => this.abort(unordered(at, end)),
      silent: (ms) => this.abort(new CaseFailure(`server ${at} has not answered for ${ms / 1000} seconds`)),
    });
  }

  #happened(server: number, happening: Happening): void {
    if (happening.kind === "stalled") this.stalls.push({ who: `server ${server}`, ms: happening.ms });
    else if (happening.kind === "trace") this.#options.trace?.(this.now(), server, happening.name, happening.fields);
    else this.#options.happened?.(server, happening);
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
    this.#addresses = drawAddresses(this.#options.size);
    const ends = await Promise.all(this.#servers.map((_, at) => this.#start(at, true)));
    for (const [at, end] of ends.entries()) {
      if (end !== undefined && end.code !== stopCodes.address_unusable) throw unordered(at, end);
    }
    return ends.every((end) => end === undefined);
  }

  #start(server: number, create: boolean): Promise<ChildEnd | undefined> {
    this.#lives += 1;
    const { program, rng, trace } = this.#options;
    return this.#server(server).start({
      cluster: this.cluster,
      addresses: this.#addresses,
      place: server,
      data: this.#data(server),
      create,
      program: program(server),
      network: this.#network,
      seed: rng.fork(this.#lives).u32(),
      trace: trace !== undefined,
    });
  }

  #data(server: number): string {
    return join(this.#options.folder, `server-${server}`);
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
