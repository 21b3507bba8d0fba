import { present } from "../../base/assert.ts";
import type { Draw, YcsbOperation } from "./draw.ts";
import { Latencies, type LatencyFigures } from "./latency.ts";
import type { Access, Target, TargetClients, TargetListener } from "./target.ts";

/** What a phase came to. */
export interface PhaseFigures {
  /** From the first operation's beginning to the last one's end. */
  readonly runtimeMs: number;
  /** Operations as YCSB counts them: a read with a write is one. */
  readonly operations: number;
  /** Of all clients together, in operations a second. */
  readonly throughput: number;
  /** Rows that scans gave. */
  readonly rows: number;
  /** CPU for each access, in microseconds. */
  readonly cpuUs: CpuFigures;
  /** By kind of access, from before the question is written until the whole answer is there. */
  readonly latencies: Readonly<Partial<Record<Access, LatencyFigures>>>;
}

/** CPU is the machine's when nothing else is: throughput drifts with whatever else runs, and this hardly does. */
export interface CpuFigures {
  /** Of this process: what the measuring itself costs, and with it clients of the library. */
  readonly driver: number;
  /** Of all client processes, and of all nodes of a service that was started for this; left out where that is not known. */
  readonly clients?: number;
  readonly nodes?: number;
}

/** CPU of something so far, in seconds; undefined where that is not known. */
export type CpuClock = () => number | undefined;

/** Told how many operations have ended. */
export type PhaseProgress = (operations: number) => void;

/** Something went wrong, and there are no figures. The message is a sentence. */
export class BenchFailed extends Error {}

interface Loop {
  readonly draw: Draw;
  operation: YcsbOperation | undefined;
  access: Access;
  begunAt: number;
}

const accesses = ["read", "insert", "update", "scan"] as const;

/** Every client is asked this first, and not measured, so that none is still starting when the phase begins. */
const firstOperation: YcsbOperation = { kind: "read", key: "begin" };

/** One phase of a benchmark: each client does what it draws, one thing after the other, all at once. */
export class Phase implements TargetListener {
  readonly #loops: readonly Loop[];
  readonly #nodes: CpuClock;
  readonly #progress: PhaseProgress;
  readonly #latencies: Readonly<Record<Access, Latencies>>;
  readonly #clients: TargetClients;
  readonly #over: Promise<void>;
  #end: () => void = () => {};
  #failure: string | undefined;
  #starting: number;
  #running: number;
  #begunAt = 0;
  #cpuBefore: Partial<CpuFigures> = {};
  #operations = 0;
  #accesses = 0;
  #rows = 0;

  constructor(target: Target, draws: readonly Draw[], nodes: CpuClock, progress: PhaseProgress) {
    this.#nodes = nodes;
    this.#loops = draws.map((draw) => ({ draw, operation: firstOperation, access: "read", begunAt: 0 }));
    this.#progress = progress;
    this.#starting = draws.length;
    this.#running = draws.length;
    this.#latencies = { read: new Latencies(), insert: new Latencies(), update: new Latencies(), scan: new Latencies() };
    this.#over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#clients = target.connect(draws.length, this);
  }

  /** Runs it, once. The clients are gone when it resolves. Throws `BenchFailed`. */
  async run(): Promise<PhaseFigures> {
    for (const client of this.#loops.keys()) this.#clients.begin(client, "read", firstOperation);
    await this.#over;
    const runtimeMs = performance.now() - this.#begunAt;
    const cpuAfter = this.#cpuNow();
    if (this.#failure === undefined) this.#failure = await this.#clients.stop();
    else this.#clients.kill();
    if (this.#failure !== undefined) throw new BenchFailed(this.#failure);
    const figures = accesses.map((access) => [access, this.#latencies[access].figures()] as const);
    return {
      runtimeMs,
      operations: this.#operations,
      throughput: (this.#operations / runtimeMs) * 1000,
      rows: this.#rows,
      cpuUs: this.#cpuOfEach(cpuAfter),
      latencies: Object.fromEntries(figures.filter(([, each]) => each !== undefined)),
    };
  }

  answered(client: number, rows: number): void {
    if (this.#failure !== undefined) return;
    if (this.#starting > 0) return this.#started();
    const loop = present(this.#loops[client], "an answer is that of a client");
    this.#latencies[loop.access].add(performance.now() - loop.begunAt);
    this.#accesses += 1;
    this.#rows += rows;
    if (loop.operation?.kind === "modify" && loop.access === "read") return this.#begin(client, loop, loop.operation, "update");
    this.#operations += 1;
    this.#progress(this.#operations);
    return this.#next(client, loop);
  }

  failed(sentence: string): void {
    this.#failure ??= sentence;
    this.#end();
  }

  #started(): void {
    this.#starting -= 1;
    if (this.#starting > 0) return;
    this.#cpuBefore = this.#cpuNow();
    this.#begunAt = performance.now();
    for (const [client, loop] of this.#loops.entries()) this.#next(client, loop);
  }

  #cpuNow(): CpuFigures {
    const { user, system } = process.cpuUsage();
    const [clients, nodes] = [this.#clients.cpuSeconds(), this.#nodes()].map((seconds) =>
      seconds === undefined ? undefined : seconds * 1e6,
    );
    return { driver: user + system, ...(clients === undefined ? {} : { clients }), ...(nodes === undefined ? {} : { nodes }) };
  }

  #cpuOfEach(after: CpuFigures): CpuFigures {
    const entries = Object.entries(after) as [keyof CpuFigures, number][];
    const each = entries.flatMap(([name, us]) => {
      const before = this.#cpuBefore[name];
      return before === undefined ? [] : [[name, (us - before) / this.#accesses] as const];
    });
    return { driver: 0, ...Object.fromEntries(each) };
  }

  #next(client: number, loop: Loop): void {
    const operation = loop.draw.next();
    if (operation !== undefined) return this.#begin(client, loop, operation, operation.kind === "modify" ? "read" : operation.kind);
    this.#running -= 1;
    return this.#running === 0 ? this.#end() : undefined;
  }

  #begin(client: number, loop: Loop, operation: YcsbOperation, access: Access): void {
    loop.operation = operation;
    loop.access = access;
    loop.begunAt = performance.now();
    this.#clients.begin(client, access, operation);
  }
}
