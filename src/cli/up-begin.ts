import { setTimeout as sleep } from "node:timers/promises";
import type { Admin } from "../client/admin.ts";
import type { LocalCluster } from "../server/local-cluster.ts";
import type { Config } from "../shardmaster/config.ts";
import { masterGroup } from "../shardmaster/master-group.ts";
import { Patience } from "./shell/patience.ts";
import { isUnserved, replicasIn, troubleOf, whyMastersWait } from "./shell/why.ts";

/** A cluster cannot begin: too many of its servers have ended. The message is a sentence. */
export class NeverBegins extends Error {
  override readonly name = "NeverBegins";
}

/** How often servers are asked how far they are. */
const lookMs = 100;

/** For so long shards may take to be served before one goes on without. */
const settleMsMax = 10_000;

/** A local cluster from the start of its processes to the moment from which it serves; whoever waits is told for what. */
export class Beginning {
  readonly #cluster: LocalCluster;
  readonly #admin: Admin;
  readonly #signal: AbortSignal;

  constructor(cluster: LocalCluster, admin: Admin, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#admin = admin;
    this.#signal = signal;
  }

  /**
   * Resolves when every shard is served: or, to false, when some are still not after a while, as those of a group are that is not here.
   * Throws `NeverBegins`; or whatever, when the signal is aborted.
   */
  async run(): Promise<boolean> {
    const { groups } = this.#cluster.plan;
    const patience = new Patience(nothingYet, (why, waitedMs) =>
      process.stderr.write(`Waiting for ${Math.round(waitedMs / 1000)} s. ${why}\n`),
    );
    try {
      for (const [name, gid] of [["m", masterGroup] as const, ...groups.map((group) => [String(group.gid), group.gid] as const)]) {
        patience.explain(() => this.#whyNot(name, gid));
        // oxlint-disable-next-line no-await-in-loop
        await this.#led(name, gid);
      }
      patience.explain(() => whyMastersWait({ admin: this.#admin, local: this.#cluster }));
      await this.#begun();
      await this.#joined();
      return await this.#settled();
    } finally {
      patience.stop();
    }
  }

  /** Waits until a group has a leader. */
  async #led(name: string, gid: number): Promise<void> {
    while ((await this.#troubleOf(name, gid)) !== undefined) {
      const servers = this.#cluster.named(name);
      const ended = servers.filter(({ pid }) => pid === undefined);
      if (ended.length > (servers.length - 1) / 2)
        throw new NeverBegins(`${nameOf(gid)} cannot have a majority: ${ended.map((server) => `${server.name} has ended`).join(", ")}.`);
      await sleep(lookMs, undefined, { signal: this.#signal });
    }
  }

  async #whyNot(name: string, gid: number): Promise<string> {
    return (await this.#troubleOf(name, gid)) ?? "It is about to begin.";
  }

  async #troubleOf(name: string, gid: number): Promise<string | undefined> {
    const servers = this.#cluster.named(name);
    // Nobody waits for one that has ended.
    const living = servers.filter(({ pid }) => pid !== undefined).map(({ address }) => address);
    const ended = Promise.race(servers.filter(({ pid }) => pid !== undefined).map((server) => server.ended));
    if (living.length === 0) return `${nameOf(gid)} has no servers that run.`;
    const reports = await Promise.race([this.#admin.inspect(living, { signal: this.#signal }), ended.then(() => [])]);
    return troubleOf(nameOf(gid), replicasIn(reports, gid), this.#cluster);
  }

  /** Waits until the shape of the cluster is fixed. */
  async #begun(): Promise<void> {
    const options = { signal: this.#signal };
    while ((await this.#admin.shape(options)) === undefined) await sleep(lookMs, undefined, options);
  }

  /** The groups join the first time; whoever takes one away later finds it away. */
  async #joined(): Promise<void> {
    const options = { signal: this.#signal };
    const { number } = await this.#admin.query(undefined, options);
    if (number === 0) await this.#admin.join(this.#cluster.plan.groups, options);
  }

  /** Waits until every shard is served, for a while. */
  async #settled(): Promise<boolean> {
    const options = { signal: this.#signal };
    const end = performance.now() + settleMsMax;
    while ((await this.#admin.status(options)).waits.some(isUnserved)) {
      if (performance.now() > end) return false;
      await sleep(lookMs, undefined, options);
    }
    return true;
  }
}

function nothingYet(): Promise<string> {
  return Promise.resolve("The servers have not said anything yet.");
}

function nameOf(gid: number): string {
  return gid === masterGroup ? "The shardmaster" : `Group ${gid}`;
}

/** Which group has how many shards, in a line. */
export function sharesText({ groups, shards }: Config): string {
  const shares = groups.map(({ gid }) => `group ${gid} has ${shards.filter((owned) => owned.gid === gid).length}`);
  return `${shards.length} shards: ${shares.length === 0 ? "no group has joined" : shares.join(", ")}.`;
}
