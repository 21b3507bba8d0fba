import { setTimeout as sleep } from "node:timers/promises";
import type { Rng } from "../../../src/base/rng.ts";
import type { Admin } from "../../../src/client/admin.ts";
import { KvorumError } from "../../../src/client/errors.ts";
import type { Config } from "../../../src/shardmaster/config.ts";
import type { Trio } from "../trio.ts";
import type { Change } from "./pauses.ts";
import type { RigGroup } from "./servers.ts";

/** Joins and leaves, one every so often; at least one group is always there. */
export class Changer {
  readonly #admin: Admin;
  readonly #groups: readonly RigGroup[];
  readonly #rng: Rng;
  readonly changes: Change[] = [];
  /** Changes that did not end with a result, each in a sentence. */
  readonly failures: string[] = [];
  #config: Config;

  /** `config` is the latest one. */
  constructor(admin: Admin, groups: readonly RigGroup[], config: Config, rng: Rng) {
    this.#admin = admin;
    this.#groups = groups;
    this.#config = config;
    this.#rng = rng;
  }

  async run(everyMs: number, over: () => boolean): Promise<void> {
    while (!over()) {
      const at = performance.now();
      // oxlint-disable no-await-in-loop -- one after the other
      await this.#change(at);
      await sleep(Math.max(0, everyMs - (performance.now() - at)));
      // oxlint-enable no-await-in-loop
    }
  }

  async #change(at: number): Promise<void> {
    const present = new Set(this.#config.groups.map(({ gid }) => gid as number));
    const { joined } = this.#rng.pick(this.#groups.filter((group) => present.size > 1 || !present.has(group.joined.gid)));
    try {
      if (present.has(joined.gid)) await this.#admin.leave([joined.gid]);
      else await this.#admin.join([joined]);
      const next = await this.#admin.query();
      this.changes.push({ at, moved: differing(this.#config, next) });
      this.#config = next;
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      this.failures.push(`a change ended with ${error.code}: ${error.message}`);
    }
  }
}

function differing(one: Config, other: Config): ReadonlySet<number> {
  return new Set(other.shards.flatMap(({ gid }, shard) => (gid === one.shards[shard]?.gid ? [] : [shard])));
}

/** How often servers are killed, and how long they rest. */
export interface KillerPlan {
  readonly everyMs: number;
  readonly downMs: number;
}

/** Kills servers, at most one of three at a time; every other time one that leads. */
export class Killer {
  readonly #trios: readonly Trio[];
  readonly #rng: Rng;
  /** Those of whom one is dead, or not back yet. */
  readonly #hurt = new Map<Trio, Promise<void>>();
  kills = 0;
  killsOfLeaders = 0;

  constructor(trios: readonly Trio[], rng: Rng) {
    this.#trios = trios;
    this.#rng = rng;
  }

  async run({ everyMs, downMs }: KillerPlan, over: () => boolean): Promise<void> {
    while (!over()) {
      // oxlint-disable-next-line no-await-in-loop
      await sleep(everyMs);
      const whole = this.#trios.filter((trio) => !this.#hurt.has(trio));
      if (whole.length > 0) this.#kill(this.#rng.pick(whole), downMs);
    }
    // Whoever was killed is back.
    await Promise.all(this.#hurt.values());
  }

  #kill(trio: Trio, downMs: number): void {
    const any = this.#rng.int(0, 2);
    const replica = this.kills % 2 === 0 ? (trio.leader ?? any) : any;
    this.kills += 1;
    if (replica === trio.leader) this.killsOfLeaders += 1;
    const back = async (): Promise<void> => {
      await trio.end("SIGKILL", [replica]);
      await sleep(downMs);
      await trio.start([replica]);
      this.#hurt.delete(trio);
    };
    this.#hurt.set(trio, back());
  }
}
