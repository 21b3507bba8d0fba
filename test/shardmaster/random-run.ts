import { deepEqual, equal } from "node:assert/strict";
import type { Rng } from "../../src/base/rng.ts";
import type { Group } from "../../src/shardmaster/config.ts";
import { encodeConfig } from "../../src/shardmaster/config-bytes.ts";
import { hexOf } from "../shardkv/store.ts";
import { fewestByChoice, movesBetween, spreadOf } from "./fewest.ts";
import { changed, group, Master, unchanged } from "./master.ts";
import { Reference } from "./reference.ts";

/** Groups that come, go and come back; some of them with the next creation id or other servers. */
export function drawGroup(rng: Rng, gids: number): Group {
  const gid = rng.int(1, gids);
  const creation = rng.chance(0.2) ? 2 : 1;
  return rng.chance(0.2) ? group(gid, creation, [`t${gid}`]) : group(gid, creation);
}

export function distinct<T>(drawn: readonly T[], name: (item: T) => number): T[] {
  return drawn.filter((item, at) => drawn.findIndex((other) => name(other) === name(item)) === at);
}

export function draw<T>(rng: Rng, most: number, one: () => T): T[] {
  return Array.from({ length: rng.int(1, most) }, one);
}

/** A machine, what has to be true of it, and every configuration as it was when it was the latest. */
export class Watched {
  readonly master: Master;
  readonly reference: Reference;
  readonly seen: string[];

  constructor(shards: number) {
    this.master = new Master(shards);
    this.reference = new Reference(shards);
    this.seen = [this.latest()];
  }

  latest(): string {
    return hexOf(encodeConfig(this.master.config()));
  }

  join(groups: readonly Group[]): void {
    const { reference } = this;
    const there = new Map(reference.groups.map((present) => [present.gid, present]));
    // A group that is present comes again as it is.
    const given = groups.map((drawn) => there.get(drawn.gid) ?? drawn);
    const result = this.master.join(...given);
    this.#balanced(result, [...reference.groups, ...given.filter(({ gid }) => !there.has(gid))]);
  }

  leave(gids: readonly number[]): void {
    const result = this.master.leave(...gids);
    this.#balanced(
      result,
      this.reference.groups.filter(({ gid }) => !gids.includes(gid)),
    );
  }

  move(shard: number, gid: number): void {
    const { number, owners, groups } = this.reference;
    const result = this.master.move(shard, gid);
    const after = owners.with(shard, gid);
    deepEqual(result, movesBetween(owners, after) === 0 ? unchanged(number) : changed(number + 1));
    if (movesBetween(owners, after) > 0) this.#follow(after, groups);
  }

  /** Whether the machine shares the shards among `groups` now, as evenly as can be and with the fewest moves. */
  #balanced(result: unknown, groups: readonly Group[]): void {
    const { number, owners, groups: before } = this.reference;
    const isChange = groups.length !== before.length;
    deepEqual(result, isChange ? changed(number + 1) : unchanged(number));
    if (!isChange) return;
    const gids = groups.map(({ gid }) => gid);
    const after = this.master.owners();
    const fewest = gids.length === 0 ? owners.filter((owner) => owner !== 0).length : fewestByChoice(owners, gids);
    deepEqual(
      after.filter((owner) => !gids.some((gid) => gid === owner) && !(owner === 0 && gids.length === 0)),
      [],
      "every shard belongs to a group, if there is any",
    );
    equal(gids.length > 0 && spreadOf(after, gids) > 1, false, "the groups share evenly");
    equal(movesBetween(owners, after), fewest, "as few shards as possible move");
    this.#follow(after, groups);
  }

  #follow(owners: readonly number[], groups: readonly Group[]): void {
    this.reference.follow(owners, groups);
    deepEqual(this.master.config(), this.reference.config(this.reference.number));
    this.seen.push(this.latest());
  }
}

export function randomOperation(rng: Rng, watched: Watched, gids: number): void {
  const { groups, owners } = watched.reference;
  const most = rng.chance(0.1) ? gids : 3;
  const kind = rng.int(0, 9);
  if (kind < 4)
    watched.join(
      distinct(
        draw(rng, most, () => drawGroup(rng, gids)),
        ({ gid }) => gid,
      ),
    );
  else if (kind < 7 || groups.length === 0)
    watched.leave(
      distinct(
        draw(rng, most, () => rng.int(1, gids)),
        (gid) => gid,
      ),
    );
  else watched.move(rng.int(0, owners.length - 1), rng.pick(groups).gid);
}
