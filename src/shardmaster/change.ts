import { assert, present } from "../base/assert.ts";
import { getU32, putU32 } from "../base/bytes.ts";
import { type Packable, Malformed } from "../base/codec.ts";
import { type GroupId, isGroupId } from "../base/ids.ts";
import type { Shard } from "../rsm/state/state-machine.ts";
import type { Config, Group, Owned } from "./config.ts";
import { unpackGroup } from "./config-bytes.ts";

/** A shard gets another owner; 0 when it is parked. */
export interface Handover {
  readonly shard: Shard;
  readonly gid: GroupId;
}

/** What makes a configuration out of the one before it. */
export interface Change {
  /** In rising order. */
  readonly joined: readonly Group[];
  readonly gone: readonly GroupId[];
  /** In rising order of the shards; none of them to the owner that it has. */
  readonly moved: readonly Handover[];
}

/** A configuration that is being made, by one change after another: what a change costs depends on its own size alone. */
export interface Draft {
  number: number;
  /** In any order: who needs one sorts them. */
  readonly groups: Map<GroupId, Group>;
  readonly shards: Owned[];
}

export function draftOf({ number, groups, shards }: Config): Draft {
  return { number, groups: new Map(groups.map((group) => [group.gid, group])), shards: [...shards] };
}

export function configOf({ number, groups, shards }: Draft): Config {
  return { number, groups: [...groups.values()].toSorted((a, b) => a.gid - b.gid), shards };
}

/**
 * Makes the next configuration. The past is read with it: what it makes of a change never becomes anything else.
 *
 * A shard that gets another owner is that one's since this configuration. If its old owner was a group, that group is its holder from
 * here on: it has the data, also while the shard is parked. If it was parked its holder stays: nobody has really owned it since.
 */
export function advance(draft: Draft, { joined, gone, moved }: Change): void {
  const { groups, shards } = draft;
  draft.number += 1;
  for (const { shard, gid } of moved) {
    const old = present(shards[shard], "a shard that moves is one of those there are");
    assert(old.gid !== gid, "a shard moves to another owner");
    const owner = old.gid === 0 ? undefined : present(groups.get(old.gid), "an owner is a group of its configuration");
    shards[shard] = { gid, since: draft.number, holder: owner === undefined ? old.holder : { group: owner, left: draft.number } };
  }
  for (const gid of gone) assert(groups.delete(gid), "who goes was there");
  for (const group of joined) {
    assert(!groups.has(group.gid), "who joins was not there");
    groups.set(group.gid, group);
  }
}

/** A handover takes a shard (u16) and a gid (u32). */
const handoverBytes = 6;

/** Three values: the groups that joined, the numbers of those that went, the handovers in bytes. */
export function packChange({ joined, gone, moved }: Change): Packable[] {
  const bytes = new Uint8Array(handoverBytes * moved.length);
  moved.forEach(({ shard, gid }, i) => {
    const at = handoverBytes * i;
    bytes[at] = shard >>> 8;
    bytes[at + 1] = shard;
    putU32(bytes, at + 2, gid);
  });
  return [joined.flatMap(({ gid, creation, servers }) => [gid, creation, servers.join(",")]), gone, bytes];
}

/** Reads what `packChange` gave; throws `Malformed`. */
export function unpackChange(joined: unknown, gone: unknown, moved: unknown): Change {
  if (!Array.isArray(joined) || joined.length % 3 !== 0) throw new Malformed("a change names groups that joined");
  if (!Array.isArray(gone) || !gone.every(isGroupId)) throw new Malformed("a change names groups that went");
  if (!(moved instanceof Uint8Array) || moved.length % handoverBytes !== 0) throw new Malformed("a change names shards that moved");
  const groups: Group[] = [];
  for (let i = 0; i < joined.length; i += 3) groups.push(unpackGroup(joined[i], joined[i + 1], joined[i + 2]));
  const handovers: Handover[] = [];
  for (let at = 0; at < moved.length; at += handoverBytes) {
    handovers.push({ shard: ((moved[at] as number) << 8) | (moved[at + 1] as number), gid: getU32(moved, at + 2) as GroupId });
  }
  return { joined: groups, gone, moved: handovers };
}
