import type { Shard } from "../../rsm/state/state-machine.ts";
import { type GroupName, isNamed } from "../../shardmaster/address.ts";
import type { BirthClaim } from "../../shardmaster/births.ts";
import type { Group, Holder } from "../../shardmaster/config.ts";
import { holdersOf, type Known, laterOwners } from "./known.ts";
import type { Arrival, Parcel } from "./moves.ts";
import type { Picture, ShardPicture } from "./picture.ts";
import type { AskAcquired, Have, Pull } from "./questions.ts";
import type { NoPage } from "./replies.ts";

/** A question to a group. */
export interface Ask {
  readonly to: Group;
  readonly question: Pull | Have | AskAcquired;
}

/** What a leader wants to know next; it asks again and again until its state has nothing left to ask. */
export interface Plan {
  readonly asks: readonly Ask[];
  /** For the shardmaster: shards that may never have lived. */
  readonly births: readonly BirthClaim[];
  /** For the shardmaster: numbers of configurations. */
  readonly configs: readonly number[];
}

/** How the last question for a parcel ended: with its reply, in silence, or not at all yet. */
export type Heard = NoPage["why"]["kind"] | "page" | "silence" | undefined;

/** What was heard of a holder that was asked for the data of a run of ownership. Nothing is lost with it but time. */
export type HeardOf = (shard: Shard, since: number, holder: Holder) => Heard;

/** What the group has to ask, by its state and what its leader happens to know. */
export function planOf(self: GroupName, picture: Picture, known: Known, heard: HeardOf): Plan {
  const asks: Ask[] = [];
  const births: BirthClaim[] = [];
  const next = picture.group.number + 1;
  const configs = new Set<number>(known.config(next) === undefined ? [next] : []);
  const askAcquired = (shard: Shard, since: number): void => {
    const { found, missing } = laterOwners(known, shard, since);
    if (missing !== undefined) configs.add(missing);
    for (const to of found) if (!isNamed(to, self)) asks.push({ to, question: { op: "acquired", shard } });
  };
  for (const [shard, record] of picture.shards) {
    for (const arrival of record.arrivals) {
      const goesOn = (holder: Holder): boolean => hasNothing(heardOf(self, shard, record, arrival, holder, heard));
      const { found, missing } = holdersOf(known, shard, arrival.holder, goesOn);
      for (const holder of found) if (!isNamed(holder.group, self)) asks.push(pullOf(self, shard, arrival, holder));
      const last = found.at(-1);
      if (missing !== undefined) configs.add(missing);
      else if (last === undefined || goesOn(last)) births.push({ shard, since: arrival.since });
      askAcquired(shard, arrival.since);
    }
    for (const { granted, address } of record.parcels) {
      if (!granted || address.group === undefined) continue;
      asks.push({ to: address.group, question: { op: "have", shard, since: address.since } });
      askAcquired(shard, address.since);
    }
  }
  return { asks: distinct(asks), births, configs: [...configs] };
}

function pullOf(self: GroupName, shard: Shard, { since, cursor }: Arrival, { group, left }: Holder): Ask {
  const asker = { gid: self.gid, creation: self.creation };
  return { to: group, question: { op: "pull", shard, left, since, asker, cursor, pages: 1 } };
}

/** Whether somebody earlier may still have it: asking is harmless, the source's log decides (rule 4). */
export function hasNothing(heard: Heard): boolean {
  return heard === "silence" || heard === "not_yet" || heard === "never_had";
}

/** What a holder says; this group knows its own answer. */
export function heardOf(self: GroupName, shard: Shard, record: ShardPicture, { since }: Arrival, holder: Holder, heard: HeardOf): Heard {
  return isNamed(holder.group, self) ? ownAnswer(record, holder.left) : heard(shard, since, holder);
}

function ownAnswer({ parcels, arrivals, left }: ShardPicture, asked: number): Heard {
  if (ownParcel(parcels, asked) !== undefined) return "addressed";
  if (arrivals.some(({ taken }) => taken?.since === asked)) return "not_yet";
  return asked <= left ? "delivered" : "never_had";
}

function ownParcel(parcels: readonly Parcel[], left: number): Parcel | undefined {
  return parcels.find((parcel) => parcel.left === left);
}

/** The questions, each once. */
function distinct(asks: readonly Ask[]): Ask[] {
  const byText = new Map(asks.map((ask) => [textOf(ask), ask]));
  return [...byText.values()];
}

/** The same for the same question of the same group, wherever its page begins. */
export function textOf({ to, question }: Ask): string {
  const { op, shard } = question;
  const rest = op === "pull" ? [question.left, question.since] : op === "have" ? [question.since] : [];
  return [to.gid, to.creation, op, shard, ...rest].join(" ");
}
