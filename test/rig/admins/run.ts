import { Rng } from "../../../src/base/rng.ts";
import type { Config } from "../../../src/shardmaster/config.ts";
import { connectAdmin } from "../../../src/real/connect-admin.ts";
import { within } from "../../real/disk/child.ts";
import { demand, type RigReport } from "../report.ts";
import { openTrio, type Trio } from "../trio.ts";
import { Administrator, type Shared } from "./administrator.ts";
import { judgeAdmins } from "./judge.ts";

/** How much administrators do, and how often the leader is killed meanwhile. */
export interface AdminsPlan {
  readonly seed: number;
  readonly operations: number;
  readonly admins: number;
  readonly shards: number;
  /** From one kill to the next, in operations that have ended. */
  readonly killEvery: number;
  /** After so many more a killed server is started again. */
  readonly downFor: number;
}

export const adminsPlan: AdminsPlan = { seed: 1, operations: 500, admins: 5, shards: 64, killEvery: 25, downFor: 10 };

/** Only what hangs takes so long. */
const hangMs = 180_000;

/** Kills the leader of a shardmaster under administrators, and judges what these were told by the configurations that there are. */
export async function runAdmins(plan: AdminsPlan, progress: (text: string) => void): Promise<RigReport> {
  const trio = await openTrio("admins", ["master", "--shards", String(plan.shards)]);
  try {
    await trio.start();
    return await under(plan, trio, progress);
  } finally {
    await trio.close();
  }
}

async function under(plan: AdminsPlan, trio: Trio, progress: (text: string) => void): Promise<RigReport> {
  const { seed, operations, admins: count, shards } = plan;
  const killer = new Killer(plan, trio, progress);
  const shared: Shared = { done: [], failures: [], left: operations, shards, ended: () => killer.operationEnded() };
  const rng = new Rng(seed);
  const admins = Array.from({ length: count }, () => connectAdmin({ masters: trio.addresses }));
  const run = admins.map((admin, at) => new Administrator(at + 1, admin, rng.fork(`administrator ${at}`), shared).run());
  const begin = performance.now();
  await within(hangMs, "the administrators", Promise.all(run));
  const took = (performance.now() - begin) / 1000;
  await killer.over();
  await trio.start();
  const configs = await allConfigs(trio);
  await Promise.all(admins.map((admin) => admin.close()));
  const { done, failures } = shared;
  return {
    demands: [
      demand("every operation ends with a result", failures.length === 0 ? undefined : `${failures.length} did not: ${failures[0]}`),
      ...judgeAdmins(done, configs),
    ],
    aims: [],
    figures: {
      operations: done.length,
      "operations that changed something": done.filter(({ changed }) => changed).length,
      configurations: configs.length,
      "kills of leaders": killer.kills,
      "operations per second": done.length / took,
    },
  };
}

/** Every configuration that there is, read by a client that has done nothing else. */
async function allConfigs({ addresses }: Trio): Promise<readonly Config[]> {
  const admin = connectAdmin({ masters: addresses });
  const latest = await within(hangMs, "the latest configuration", admin.query());
  const numbers = Array.from({ length: latest.number + 1 }, (_, number) => number);
  const configs = await within(hangMs, "all configurations", Promise.all(numbers.map((number) => admin.query(number))));
  await admin.close();
  return configs;
}

/** Kills the leader after so many operations, and starts it again after some more: operations are its clock. */
class Killer {
  readonly #plan: AdminsPlan;
  readonly #trio: Trio;
  readonly #progress: (text: string) => void;
  #ended = 0;
  /** The server that is dead, and the operations after which it is started. */
  #dead: { readonly server: number; readonly until: number } | undefined;
  #work: Promise<void> = Promise.resolve();
  kills = 0;

  constructor(plan: AdminsPlan, trio: Trio, progress: (text: string) => void) {
    this.#plan = plan;
    this.#trio = trio;
    this.#progress = progress;
  }

  /** Resolves when the next operation may begin: who has to be killed next waits until the last one is back. */
  async operationEnded(): Promise<void> {
    this.#ended += 1;
    const isDue = this.#ended >= (this.kills + 1) * this.#plan.killEvery;
    if (this.#dead !== undefined) this.#revive(this.#dead);
    else if (isDue) this.#kill();
    if (isDue && this.#dead !== undefined) await this.#work;
  }

  /** Resolves when what was begun is done. */
  over(): Promise<void> {
    return this.#work;
  }

  #kill(): void {
    const { leader } = this.#trio;
    if (leader === undefined) return;
    this.kills += 1;
    this.#dead = { server: leader, until: this.#ended + this.#plan.downFor };
    this.#progress(`${this.#ended} operations; leader ${leader} is killed`);
    this.#work = this.#trio.end("SIGKILL", [leader]);
  }

  #revive({ server, until }: { readonly server: number; readonly until: number }): void {
    if (this.#ended < until) return;
    // Not the next one before this one is back.
    this.#dead = { server, until: Infinity };
    this.#work = this.#work.then(async () => {
      await this.#trio.start([server]);
      this.#dead = undefined;
    });
  }
}
