import type { Config, Group, Owned } from "../../src/shardmaster/config.ts";

/**
 * What every shard's owner, since and holder have to be, by their definitions: found anew each time in the list of all owners that there
 * ever were. It knows nothing of changes, and is told who owns what.
 */
export class Reference {
  /** By number. */
  readonly #owners: (readonly number[])[];
  readonly #groups: (readonly Group[])[] = [[]];

  constructor(shards: number) {
    this.#owners = [Array.from<number>({ length: shards }).fill(0)];
  }

  get number(): number {
    return this.#owners.length - 1;
  }

  get groups(): readonly Group[] {
    return this.#groups[this.number] as readonly Group[];
  }

  get owners(): readonly number[] {
    return this.#owners[this.number] as readonly number[];
  }

  /** The next configuration has these owners and groups. */
  follow(owners: readonly number[], groups: readonly Group[]): void {
    this.#owners.push(owners);
    this.#groups.push(groups.toSorted((a, b) => a.gid - b.gid));
  }

  config(number: number): Config {
    return { number, groups: this.#groups[number] as readonly Group[], shards: this.owners.map((_, shard) => this.#owned(number, shard)) };
  }

  #ownerAt(number: number, shard: number): number {
    return this.#owners[number]?.[shard] as number;
  }

  #owned(number: number, shard: number): Owned {
    const gid = this.#ownerAt(number, shard) as Owned["gid"];
    let since = number;
    while (since > 0 && this.#ownerAt(since - 1, shard) === gid) since -= 1;
    let last = since - 1;
    while (last >= 0 && this.#ownerAt(last, shard) === 0) last -= 1;
    if (last < 0) return { gid, since, holder: undefined };
    const group = this.#groups[last]?.find((there) => there.gid === this.#ownerAt(last, shard)) as Group;
    return { gid, since, holder: { group, left: last + 1 } };
  }
}
