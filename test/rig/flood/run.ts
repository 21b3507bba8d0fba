import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connect } from "../../../src/real/connect.ts";
import { within } from "../../real/disk/child.ts";
import { type Aim, type Demand, demand, quantile, type RigReport } from "../report.ts";
import { openTrio, type Trio } from "../trio.ts";
import { type FloodCounts, type FloodKind, floodKinds, type FloodSettings, stock, stockKey } from "./kinds.ts";
import { Regulars } from "./regulars.ts";

export interface FloodPlan {
  /** How long each flood lasts, and the calm before it. */
  readonly seconds: number;
  /** The flooding process's connections to each server. */
  readonly connections: number;
  readonly regulars: number;
  readonly pauseMs: number;
}

export const floodPlan: FloodPlan = { seconds: 15, connections: 24, regulars: 8, pauseMs: 5 };

/** Only what hangs takes so long. */
const hangMs = 120_000;
const lookMs = 100;
/** Not measured: what a flood that begins or is over still does. */
const settleMs = 1000;

const isToldSo = ({ overloaded }: FloodCounts): boolean => overloaded > 0;
/** How a flood is answered: it is told that it is too much, or not listened to any more. */
const stopSigns: Readonly<Record<FloodKind, (counts: FloodCounts) => boolean>> = {
  puts: isToldSo,
  huge: isToldSo,
  scans: isToldSo,
  deaf: ({ unheard, closed }) => unheard > 0 || closed > 0,
};

/** Floods a group in each way, and measures what those notice who do not flood it. */
export async function runFloods(
  plan: FloodPlan,
  progress: (text: string) => void,
  kinds: readonly FloodKind[] = floodKinds,
): Promise<RigReport> {
  const trio = await openTrio("flood");
  try {
    await trio.start();
    await fillStock(trio);
    return await new FloodRun(plan, trio, progress).run(kinds);
  } finally {
    await trio.close();
  }
}

async function fillStock(trio: Trio): Promise<void> {
  const client = connect({ group: trio.addresses });
  const value = "x".repeat(stock.valueBytes);
  await Promise.all(Array.from({ length: stock.keys }, (_, number) => client.put(stockKey(number), value)));
  await client.close();
}

/** What regular clients and the machine noticed in a time. */
interface Noticed {
  readonly p99Ms: number;
  readonly operations: number;
  /** The most memory of each server, in megabytes. */
  readonly memoryMb: readonly number[];
}

class FloodRun {
  readonly #plan: FloodPlan;
  readonly #trio: Trio;
  readonly #progress: (text: string) => void;
  readonly #regulars: Regulars;
  readonly #demands: Demand[] = [];
  readonly #aims: Aim[] = [];
  readonly #figures: Record<string, number | string> = {};

  constructor(plan: FloodPlan, trio: Trio, progress: (text: string) => void) {
    this.#plan = plan;
    this.#trio = trio;
    this.#progress = progress;
    this.#regulars = new Regulars(trio.addresses, { count: plan.regulars, pauseMs: plan.pauseMs });
  }

  async run(kinds: readonly FloodKind[]): Promise<RigReport> {
    await sleep(settleMs);
    for (const kind of kinds) {
      // oxlint-disable-next-line no-await-in-loop
      await this.#flood(kind);
    }
    await within(hangMs, "the end of the regular clients", this.#regulars.end());
    const { failures } = this.#regulars;
    const dead = this.#trio.servers.filter(({ lives }) => !lives).length;
    this.#demands.push(
      demand(
        "every operation of others ends with a result",
        failures.length === 0 ? undefined : `${failures.length} did not: ${failures[0]}`,
      ),
      demand("no server ends", dead === 0 ? undefined : `${dead} did`),
    );
    return { demands: this.#demands, aims: this.#aims, figures: this.#figures };
  }

  async #flood(kind: FloodKind): Promise<void> {
    const { connections } = this.#plan;
    const calm = await this.#watch();
    const flooder = new Flooder({ kind, addresses: this.#trio.addresses, connections });
    await within(
      hangMs,
      "the beginning of a flood",
      flooder.until(({ asked }) => asked > 0),
    );
    await sleep(settleMs);
    const flood = await this.#watch();
    const isServed = await within(hangMs, "serving others", this.#regulars.served()).then(
      () => true,
      () => false,
    );
    const isStopped = await within(hangMs, "an answer to a flood", flooder.until(stopSigns[kind])).catch(() => false);
    const counts = await flooder.end();
    await sleep(settleMs);
    this.#progress(`${kind}: p99 ${calm.p99Ms.toFixed(1)} ms, then ${flood.p99Ms.toFixed(1)} ms; ${JSON.stringify(counts)}`);
    this.#note(kind, calm, flood, counts);
    this.#demands.push(
      demand(`${kind}: others are served`, isServed ? undefined : `they are not, after ${hangMs / 1000} s`),
      demand(`${kind}: who floods is stopped`, isStopped ? undefined : `it is not, after ${hangMs / 1000} s: ${JSON.stringify(counts)}`),
    );
  }

  #note(kind: FloodKind, calm: Noticed, flood: Noticed, { asked, results, overloaded, refused, closed, unheard }: FloodCounts): void {
    const growth = Math.max(...flood.memoryMb.map((mb, at) => mb - (calm.memoryMb[at] ?? 0)));
    Object.assign(this.#figures, {
      [`${kind}: asked, results, overloaded, refused, closed, unheard`]: [asked, results, overloaded, refused, closed, unheard].join(", "),
      [`${kind}: others' operations, calm and flood`]: `${calm.operations}, ${flood.operations}`,
      [`${kind}: others' p99 ms, calm and flood`]: `${calm.p99Ms.toFixed(1)}, ${flood.p99Ms.toFixed(1)}`,
      [`${kind}: memory MB, calm and flood`]: [calm, flood].map(({ memoryMb }) => memoryMb.map((mb) => mb.toFixed(0)).join("/")).join(", "),
    });
    this.#aims.push(
      { aim: `${kind}: p99 of others, beside calm`, limit: 3, measured: flood.p99Ms / calm.p99Ms, unit: "x" },
      { aim: `${kind}: a server's memory grows by`, limit: 64, measured: growth, unit: "MB" },
    );
  }

  async #watch(): Promise<Noticed> {
    const from = performance.now();
    const to = from + this.#plan.seconds * 1000;
    const memoryMb = this.#trio.servers.map(() => 0);
    while (performance.now() < to) {
      for (const [at, server] of this.#trio.servers.entries()) memoryMb[at] = Math.max(memoryMb[at] ?? 0, server.memory().residentMb);
      // oxlint-disable-next-line no-await-in-loop
      await sleep(lookMs);
    }
    const took = this.#regulars.tookMs(from, to);
    return { p99Ms: quantile(took, 0.99), operations: took.length, memoryMb };
  }
}

/** A process that floods. It ends with this one. */
class Flooder {
  readonly #child: ChildProcess;
  #counts: FloodCounts | undefined;
  #changed: (() => void)[] = [];

  constructor(settings: FloodSettings) {
    const file = fileURLToPath(new URL("flooder.ts", import.meta.url));
    this.#child = fork(file, [JSON.stringify(settings)], { execArgv: ["--import", "tsx"], stdio: ["ignore", "ignore", "inherit", "ipc"] });
    this.#child.on("message", (counts) => this.#hear(counts as FloodCounts));
    this.#child.on("exit", () => this.#hear(this.#counts));
  }

  /** Waits until what it was answered is so; false when it ends without. */
  async until(condition: (counts: FloodCounts) => boolean): Promise<boolean> {
    while (this.#counts === undefined || !condition(this.#counts)) {
      if (this.#child.exitCode !== null) return false;
      // oxlint-disable-next-line no-await-in-loop
      await new Promise<void>((resolve) => void this.#changed.push(resolve));
    }
    return true;
  }

  /** Ends it; what it was answered. */
  async end(): Promise<FloodCounts> {
    const over = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await over;
    return this.#counts ?? { asked: 0, results: 0, overloaded: 0, refused: 0, closed: 0, unheard: 0 };
  }

  #hear(counts: FloodCounts | undefined): void {
    this.#counts = counts;
    const told = this.#changed;
    this.#changed = [];
    for (const tell of told) tell();
  }
}
