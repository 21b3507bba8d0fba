import type { ServerId } from "../../base/ids.ts";

/** Which packets of a server: those that it sends, those for it, or all. */
export type Direction = "out" | "in" | "both";

/**
 * Who can reach whom: links cut one by one, servers cut off from all others, and a partition into groups. The three add up, and each
 * is lifted on its own. A server always reaches itself.
 */
export class Topology {
  readonly #cuts = new Set<string>();
  readonly #isolatedOut = new Set<ServerId>();
  readonly #isolatedIn = new Set<ServerId>();
  readonly #down = new Set<ServerId>();
  /** By whose partition it is: in which group a server is. */
  readonly #partitions = new Map<string, ReadonlyMap<ServerId, number>>();

  reaches(from: ServerId, to: ServerId): boolean {
    if (from === to) return true;
    if (this.#isolatedOut.has(from) || this.#isolatedIn.has(to)) return false;
    if (this.#down.has(from) || this.#down.has(to)) return false;
    for (const groups of this.#partitions.values()) {
      const own = groups.get(from);
      const other = groups.get(to);
      if (own !== undefined && other !== undefined && own !== other) return false;
    }
    return !this.#cuts.has(linkName(from, to));
  }

  /** Cuts one direction between two servers, or mends it. */
  cut(from: ServerId, to: ServerId, cut: boolean): void {
    if (cut) this.#cuts.add(linkName(from, to));
    else this.#cuts.delete(linkName(from, to));
  }

  isolate(server: ServerId, direction: Direction): void {
    if (direction !== "in") this.#isolatedOut.add(server);
    if (direction !== "out") this.#isolatedIn.add(server);
  }

  rejoin(server: ServerId): void {
    this.#isolatedOut.delete(server);
    this.#isolatedIn.delete(server);
  }

  /** Cuts a server off for a model that has outages of its own, apart from `isolate`. */
  down(server: ServerId, down: boolean): void {
    if (down) this.#down.add(server);
    else this.#down.delete(server);
  }

  /**
   * Servers reach only those of their own group; one that no group names reaches everybody. Replaces the partition before of the same
   * owner; those of others add up with it.
   */
  partition(groups: readonly (readonly ServerId[])[], owner: string): void {
    this.#partitions.set(owner, new Map(groups.flatMap((group, number) => group.map((server) => [server, number] as const))));
  }

  /** Lifts everything but `down`, which its model lifts. */
  heal(): void {
    this.#cuts.clear();
    this.#isolatedOut.clear();
    this.#isolatedIn.clear();
    this.#partitions.clear();
  }
}

/** A name for a directed link that no two links share. */
export function linkName(from: ServerId, to: ServerId): string {
  return `${from.length}:${from}>${to}`;
}
