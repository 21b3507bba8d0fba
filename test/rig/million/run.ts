import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../../src/client/client.ts";
import { connect } from "../../../src/real/connect.ts";
import { within } from "../../real/disk/child.ts";
import { demand, quantile, type RigReport } from "../report.ts";
import { openTrio, type Trio } from "../trio.ts";
import { Keys } from "./keys.ts";
import { type Failures, OpenLoop, writeAll } from "./load.ts";
import { stateOf } from "./state.ts";

export interface MillionPlan {
  /** Enough of them, with their values, that the log is compacted: more than 16 MiB. */
  readonly keys: number;
  readonly valueBytes: number;
  /** How long the open loop runs before the replica that was left behind comes back, and at least from then on. */
  readonly seconds: number;
  /** Puts under way while the group is filled, and while its maximum is measured. */
  readonly inFlight: number;
}

export const millionPlan: MillionPlan = { keys: 1_000_000, valueBytes: 100, seconds: 60, inFlight: 512 };
/** Few keys of many bytes: the log is compacted after some seconds. */
export const quickMillion: MillionPlan = { keys: 640, valueBytes: 64 * 1024, seconds: 1, inFlight: 16 };

/** Only what hangs takes so long. */
const hangMs = 900_000;
/** Of the measured maximum, what the open loop writes. */
const openShare = 0.3;
const residentMbMax = 300;
const progressKeys = 100_000;

/** Fills a group, and measures what a large one costs: memory, a restart, and a replica that has to be sent everything. */
export async function runMillion(plan: MillionPlan, progress: (text: string) => void): Promise<RigReport> {
  const trio = await openTrio("million");
  try {
    return await new MillionRun(plan, trio, progress).run();
  } finally {
    await trio.close();
  }
}

class MillionRun {
  readonly #plan: MillionPlan;
  readonly #trio: Trio;
  readonly #progress: (text: string) => void;
  readonly #keys: Keys;
  readonly #failures: Failures = [];
  readonly #figures: Record<string, number | string> = {};
  readonly #resident: number[] = [];
  readonly #peaks: number[] = [];

  constructor(plan: MillionPlan, trio: Trio, progress: (text: string) => void) {
    this.#plan = plan;
    this.#trio = trio;
    this.#progress = progress;
    this.#keys = new Keys(plan.keys, plan.valueBytes);
  }

  async run(): Promise<RigReport> {
    await this.#fill();
    const restartSeconds = await this.#restart();
    const { before, during, caughtUpSeconds, wasSent } = await this.#catchUp();
    const [behind, ahead] = [await this.#state("behind", 2), await this.#state("ahead", 0)];
    const { keys, seconds } = this.#plan;
    const p99 = { before: quantile(before, 0.99), during: quantile(during, 0.99) };
    Object.assign(this.#figures, {
      "catch-up s": caughtUpSeconds,
      [`p99 in ${seconds} s before it, ms`]: p99.before,
      [`p99 in ${seconds} s from its beginning, ms`]: p99.during,
      "rows of each replica": behind.rows,
    });
    const isSame = behind.checksum === ahead.checksum && behind.rows === ahead.rows;
    return {
      demands: [
        demand(
          "every put ends with a result",
          this.#failures.length === 0 ? undefined : `${this.#failures.length} did not: ${this.#failures[0]}`,
        ),
        demand("the replica that was left behind is sent a snapshot", wasSent ? undefined : "it was not"),
        demand("it then holds what the others hold", isSame ? undefined : `${behind.rows} rows, and not the same ${ahead.rows}`),
        demand(
          "every key is there, with what was acknowledged last or later",
          behind.rows === keys ? behind.fault : `${behind.rows} of ${keys} keys`,
        ),
      ],
      aims: [
        { aim: "resident memory of a replica afterwards", limit: residentMbMax, measured: Math.max(...this.#resident), unit: "MB" },
        { aim: "resident memory of a replica at any time", limit: residentMbMax, measured: Math.max(...this.#peaks), unit: "MB" },
        { aim: "from a restart of all to the first answer", limit: 5, measured: restartSeconds, unit: "s" },
        { aim: "p99 while a replica catches up, beside before", limit: 2, measured: p99.during / p99.before, unit: "x" },
      ],
      figures: this.#figures,
    };
  }

  /** Two replicas take everything; the third one, which they know, does not run. */
  async #fill(): Promise<void> {
    const { keys, inFlight } = this.#plan;
    await this.#trio.start();
    await this.#withClient((client) => client.get(""));
    await this.#trio.end("SIGTERM", [2]);
    let next = 0;
    const { perSecond } = await this.#withClient((client) =>
      writeAll(client, this.#keys, { inFlight, failures: this.#failures }, () => {
        if (next === keys) return undefined;
        if (next % progressKeys === 0) this.#progress(`${next} of ${keys} keys are there`);
        return next++;
      }),
    );
    this.#figures["keys created per second"] = perSecond;
    this.#remember([0, 1], "filled");
  }

  /** Both that run are killed, and started again; how long it takes until somebody is answered. */
  async #restart(): Promise<number> {
    await this.#trio.end("SIGKILL", [0, 1]);
    const begin = performance.now();
    const started = this.#trio.start([0, 1]);
    await within(
      hangMs,
      "a restart",
      this.#withClient((client) => client.get(this.#keys.key(0))),
    );
    const seconds = (performance.now() - begin) / 1000;
    await started;
    this.#progress(`answered ${seconds.toFixed(1)} s after a restart`);
    return seconds;
  }

  /** The third replica comes back under a steady load. */
  async #catchUp(): Promise<{
    readonly before: number[];
    readonly during: number[];
    readonly caughtUpSeconds: number;
    readonly wasSent: boolean;
  }> {
    const { seconds } = this.#plan;
    const highest = await this.#maximum();
    return this.#withClient(async (client) => {
      const loop = new OpenLoop(client, this.#keys, highest * openShare, this.#failures);
      const begin = performance.now();
      await sleep(seconds * 1000);
      const back = performance.now();
      await this.#trio.start([2]);
      const third = this.#trio.server(2);
      this.#progress("the replica that was left behind is back");
      const sent = [0, 1].map((at) => this.#trio.server(at).says("snapshot: sent"));
      await within(hangMs, "catching up", Promise.race(sent));
      const caughtUp = performance.now();
      this.#progress(`it was sent everything in ${((caughtUp - back) / 1000).toFixed(1)} s`);
      await sleep(Math.max(0, back + seconds * 1000 - performance.now()));
      await within(hangMs, "the end of all puts", loop.end());
      this.#remember([0, 1, 2], "caught up");
      return {
        before: loop.tookMs(begin, back),
        during: loop.tookMs(back, Math.max(caughtUp, back + seconds * 1000)),
        caughtUpSeconds: (caughtUp - back) / 1000,
        wasSent: third.hasSaid("snapshot: arrives"),
      };
    });
  }

  async #maximum(): Promise<number> {
    const { seconds, inFlight } = this.#plan;
    const end = performance.now() + Math.min(10, seconds) * 1000;
    const { perSecond } = await this.#withClient((client) =>
      writeAll(client, this.#keys, { inFlight, failures: this.#failures }, () =>
        performance.now() < end ? Math.floor(Math.random() * this.#keys.count) : undefined,
      ),
    );
    this.#figures["puts per second at most"] = perSecond;
    this.#figures["puts per second of the open loop"] = perSecond * openShare;
    this.#progress(`${perSecond.toFixed(0)} puts per second at most`);
    return perSecond;
  }

  async #state(what: string, replica: number): ReturnType<typeof stateOf> {
    this.#progress(`what replica ${replica} holds is read`);
    const sum = await within(hangMs, "reading everything", stateOf(this.#trio, replica, this.#keys));
    this.#figures[`checksum of one that was ${what}`] = sum.checksum.slice(0, 16);
    return sum;
  }

  #remember(which: readonly number[], when: string): void {
    for (const at of which) {
      const { residentMb, peakMb, ownMb } = this.#trio.server(at).memory();
      this.#resident.push(residentMb);
      this.#peaks.push(peakMb);
      this.#figures[`replica ${at}, ${when}: resident, peak, own MB`] = [residentMb, peakMb, ownMb].map((mb) => mb.toFixed(0)).join(", ");
      this.#progress(`replica ${at} has ${residentMb.toFixed(0)} MB, had ${peakMb.toFixed(0)} MB, of its own ${ownMb.toFixed(0)} MB`);
    }
  }

  async #withClient<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const client = connect({ group: this.#trio.addresses });
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  }
}
