import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { LocalServer, type ServerEnd } from "./local-server.ts";
import { type LocalGroupPlan, type LocalMembers, type LocalPlan, withGroup } from "./local-plan.ts";

/** What is told of a local cluster besides its plan. */
export interface LocalClusterParts {
  readonly directory: string;
  /** This very program: what stands before `serve`. */
  readonly program: readonly [string, ...string[]];
  readonly logLevel: string;
  /** Hears of a server's end that nobody has asked for. */
  readonly onEnd: (server: LocalServer, how: ServerEnd) => void;
}

/** For so long servers may take to end; it is far more than they need. */
const endMsMax = 15_000;

/**
 * The servers of a cluster on this machine, a process for each. They are called by their group and their place in it: `1.0` is the first
 * of group 1, and `m.0` the first of the shardmaster.
 */
export class LocalCluster {
  readonly #parts: LocalClusterParts;
  #plan: LocalPlan;
  readonly #servers = new Map<string, LocalServer>();

  constructor(plan: LocalPlan, parts: LocalClusterParts) {
    this.#plan = plan;
    this.#parts = parts;
    mkdirSync(join(parts.directory, "logs"), { recursive: true });
    this.#adopt("m", ["master", "--shards", String(plan.shards)], plan.masters);
    for (const group of plan.groups) this.#adoptGroup(group);
  }

  get directory(): string {
    return this.#parts.directory;
  }

  get plan(): LocalPlan {
    return this.#plan;
  }

  /** All of them, the shardmaster's first. */
  get servers(): readonly LocalServer[] {
    return [...this.#servers.values()];
  }

  /** The server of that name; all of a group for `1`, or of the shardmaster for `m`. None where there is none. */
  named(name: string): readonly LocalServer[] {
    const one = this.#servers.get(name);
    return one === undefined ? this.servers.filter((server) => server.name.startsWith(`${name}.`)) : [one];
  }

  /** Starts all that do not run. */
  start(): void {
    for (const server of this.servers) server.start();
  }

  /** Makes another group, and starts its servers. It is remembered before any of them runs. */
  async addGroup(replicas: number | undefined): Promise<LocalGroupPlan> {
    this.#plan = await withGroup(this.directory, this.#plan, replicas);
    const group = this.#plan.groups.at(-1) as LocalGroupPlan;
    for (const server of this.#adoptGroup(group)) server.start();
    return group;
  }

  /** Ends all that run; resolves when the last one has ended. Those that take too long are killed. */
  async end(): Promise<void> {
    const late = setTimeout(() => this.kill(), endMsMax);
    await Promise.all(this.servers.map((server) => server.end("SIGTERM")));
    clearTimeout(late);
  }

  /** Kills all that run. */
  kill(): void {
    for (const server of this.servers) void server.end("SIGKILL");
  }

  #adoptGroup(group: LocalGroupPlan): readonly LocalServer[] {
    const masters = this.#plan.masters.servers.join(",");
    return this.#adopt(String(group.gid), ["kv", "--group", String(group.gid), "--masters", masters], group);
  }

  #adopt(prefix: string, kind: readonly string[], { creation, servers }: LocalMembers): readonly LocalServer[] {
    const { directory, program, logLevel, onEnd } = this.#parts;
    const adopted = servers.map((address, replica) => {
      const name = `${prefix}.${replica}`;
      const which = ["--servers", servers.join(","), "--replica", String(replica), "--creation", String(creation)];
      const how = ["--data", join(directory, name), "--create", "--log-level", logLevel];
      const command = [...program, "serve", ...kind, ...which, ...how] as const;
      return new LocalServer({ name, address, command, log: join(directory, "logs", `${name}.log`), onEnd });
    });
    for (const server of adopted) this.#servers.set(server.name, server);
    return adopted;
  }
}
