import { present } from "../../../src/base/assert.ts";
import { groupId, serverId } from "../../../src/base/ids.ts";
import type { Config, Group, Owned } from "../../../src/shardmaster/config.ts";
import type { Known } from "../../../src/shardkv/migration/known.ts";

/** Who owns a shard: a letter for each configuration from 1 on; 0 when it is parked. "AB0" is A, then B, then nobody. */
export type Owners = string;

/** The group that a letter stands for. */
export function groupOf(letter: string): Group {
  return { gid: groupId(letter.charCodeAt(0) - 64), creation: 1, servers: [serverId(`${letter.toLowerCase()}1`)] };
}

/** The letters of a text, each of which stands for a group. */
export function lettersIn(text: string): string[] {
  return text.split("");
}

export function letterOf({ gid }: Pick<Group, "gid">): string {
  return String.fromCharCode(64 + gid);
}

/** The configurations from 0 on in which each shard has these owners. A group is a member where it owns something. */
export function configsOf(shards: readonly Owners[]): Config[] {
  const parked: Owned = { gid: groupId(0), since: 0, holder: undefined };
  const configs: Config[] = [{ number: 0, groups: [], shards: shards.map(() => parked) }];
  const length = Math.max(...shards.map((owners) => owners.length));
  for (let number = 1; number <= length; number += 1) {
    const before = present(configs.at(-1), "there is a configuration before it").shards;
    const letters = shards.map((owners) => owners[number - 1] ?? owners.at(-1) ?? "0");
    const members = [...new Set(letters)].filter((letter) => letter !== "0").toSorted();
    const next = letters.map((letter, shard) => ownedBy(letter, number, before[shard] as Owned));
    configs.push({ number, groups: members.map(groupOf), shards: next });
  }
  return configs;
}

function ownedBy(letter: string, number: number, before: Owned): Owned {
  const gid = letter === "0" ? groupId(0) : groupOf(letter).gid;
  if (gid === before.gid) return before;
  const holder = before.gid === 0 ? before.holder : { group: groupOf(letterOf(before)), left: number };
  return { gid, since: number, holder };
}

/** Knows all configurations up to a number. */
export function knownUpTo(configs: readonly Config[], latest: number = configs.length - 1): Known {
  return { latest, config: (number) => (number <= latest ? configs[number] : undefined) };
}

/** All ways in which one shard can be owned by up to `groups` groups or nobody, up to the groups' names. */
export function allOwners(groups: number, configs: number): Owners[] {
  const grow = (owners: string): string[] => {
    if (owners.length === configs) return [owners];
    const named = new Set(owners.replaceAll("0", "")).size;
    const next = ["0", ...lettersIn("ABCDEFG".slice(0, Math.min(groups, named + 1)))];
    return next.flatMap((letter) => grow(owners + letter));
  };
  return grow("");
}
