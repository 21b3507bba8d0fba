import type { ServerId } from "../base/ids.ts";
import type { Clock } from "../env/clock.ts";
import type { GroupReport } from "../shardkv/migration/group-report.ts";
import type { Config, Group } from "../shardmaster/config.ts";
import type { ClusterShape } from "../shardmaster/shape.ts";
import type { ServerReport } from "./admin.ts";
import type { CallOptions } from "./client.ts";
import { KvorumError } from "./errors.ts";
import type { GivenGroup } from "./identify.ts";
import { type AskedGroup, type ClusterStatus, groupStatus, waitsOf } from "./status.ts";

/** How a cluster is asked; each call fails with a `KvorumError`. */
export interface StatusParts {
  readonly clock: Clock;
  readonly masters: readonly ServerId[];
  readonly inspect: (servers: readonly ServerId[], options: CallOptions) => Promise<readonly ServerReport[]>;
  readonly shape: (options: CallOptions) => Promise<ClusterShape | undefined>;
  readonly config: (options: CallOptions) => Promise<Config>;
  readonly report: (group: Group, options: CallOptions) => Promise<GroupReport>;
}

/** How long servers are waited for that may be gone. */
const inspectMs = 2000;
/** How long a group may take to find that it has a leader. */
const reportMs = 2000;
/** Without another limit nobody waits longer for a shardmaster without a majority. */
export const statusMs = 5000;
/** So many groups are asked at once. */
const groupsAtOnce = 256;

/** What is found when somebody is not there, rather than an end of the whole. */
const partial: ReadonlySet<string> = new Set(["timeout", "refused", "unknown_outcome"]);

/** Asks one cluster how it is: the shardmaster, the groups of its latest configuration, and whoever these wait for. */
export class StatusAsking {
  readonly #parts: StatusParts;
  readonly #end: number;
  readonly #signal: AbortSignal | undefined;
  readonly #asked = new Map<string, AskedGroup>();

  /** `timeoutMs` is for the whole. */
  constructor(parts: StatusParts, { signal, timeoutMs = statusMs }: CallOptions) {
    this.#parts = parts;
    this.#end = parts.clock.now() + timeoutMs;
    this.#signal = signal;
  }

  /** `also` are groups to be asked besides. */
  async run(also: readonly GivenGroup[]): Promise<ClusterStatus> {
    const { masters: servers, inspect } = this.#parts;
    const [masters, latest] = await Promise.all([inspect(servers, this.#within(inspectMs)), this.#latest()]);
    const { shape, config, failure } = latest;
    if (config === undefined) return { masters, shape, config, failure, groups: [], waits: [], moreWaits: 0 };
    await this.#ask([...config.groups, ...holdersIn(config), ...(await this.#named(also))]);
    // Whoever is waited for may be in no configuration any more.
    await this.#ask(this.#awaited());
    const named = new Set(also.map(({ gid }) => gid));
    const awaited = new Set(this.#awaited().map(nameOf));
    const groups = [...this.#asked.values()]
      .map((asked) => groupStatus(asked, config))
      .filter(({ group, isMember, state }) => isMember || state === "answering" || awaited.has(nameOf(group)) || named.has(group.gid))
      .toSorted((a, b) => a.group.gid - b.group.gid || a.group.creation - b.group.creation);
    const reports = [...this.#asked.values()];
    const moreWaits = reports.reduce((more, { report }) => more + (report?.moreWaits ?? 0), 0);
    return { masters, shape, config, failure, groups, waits: waitsOf(config, groups, reports), moreWaits };
  }

  async #latest(): Promise<Pick<ClusterStatus, "shape" | "config" | "failure">> {
    try {
      const shape = await this.#parts.shape(this.#within());
      const config = shape && (await this.#parts.config(this.#within()));
      return { shape, config, failure: undefined };
    } catch (error) {
      if (!isPartial(error)) throw error;
      return { shape: undefined, config: undefined, failure: error };
    }
  }

  /** Groups with the creation ids that their servers say. */
  async #named(also: readonly GivenGroup[]): Promise<readonly Group[]> {
    if (also.length === 0) return [];
    const reports = await this.#parts.inspect(
      also.flatMap(({ servers }) => servers),
      this.#within(inspectMs),
    );
    return also.map(({ gid, servers, creation }) => {
      const own = reports.flatMap((report) => (report.answered && servers.includes(report.server as ServerId) ? report.replicas : []));
      return { gid, servers, creation: creation ?? own.find(({ group }) => group === gid)?.creation ?? 1 };
    });
  }

  /** Whom the groups that have answered wait for. */
  #awaited(): readonly Group[] {
    const waits = [...this.#asked.values()].flatMap(({ report }) => report?.waits ?? []);
    return waits.flatMap(({ on }) => (typeof on === "object" ? [on] : []));
  }

  /** Asks those that were not asked yet. */
  async #ask(groups: readonly Group[]): Promise<void> {
    const found = new Map(groups.map((group) => [nameOf(group), group]));
    const fresh = [...found].filter(([name]) => !this.#asked.has(name)).map(([, group]) => group);
    for (let at = 0; at < fresh.length; at += groupsAtOnce) {
      // oxlint-disable-next-line no-await-in-loop -- a client opens only so many connections at once
      await this.#askSome(fresh.slice(at, at + groupsAtOnce));
    }
  }

  async #askSome(groups: readonly Group[]): Promise<void> {
    const reports = await this.#parts.inspect(
      groups.flatMap(({ servers }) => servers),
      this.#within(inspectMs),
    );
    let at = 0;
    const asked = groups.map(async (group) => {
      const servers = reports.slice(at, (at += group.servers.length));
      const report = servers.some(({ answered }) => answered) ? await this.#report(group) : undefined;
      this.#asked.set(nameOf(group), { group, servers, report });
    });
    await Promise.all(asked);
  }

  async #report(group: Group): Promise<GroupReport | undefined> {
    try {
      return await this.#parts.report(group, this.#within(reportMs));
    } catch (error) {
      if (!isPartial(error)) throw error;
      return undefined;
    }
  }

  #within(ms = Infinity): CallOptions {
    return { signal: this.#signal, timeoutMs: Math.max(1, Math.min(ms, Math.ceil(this.#end - this.#parts.clock.now()))) };
  }
}

/** Those that owned shards before their owners: they may still have something. */
function holdersIn({ shards }: Config): readonly Group[] {
  return [...new Set(shards.flatMap(({ holder }) => holder?.group ?? []))];
}

function nameOf({ gid, creation, servers }: Group): string {
  return `${gid} ${creation} ${servers.join(",")}`;
}

function isPartial(error: unknown): error is KvorumError {
  return error instanceof KvorumError && partial.has(error.code);
}
