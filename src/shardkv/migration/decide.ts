import { unreachable } from "../../base/assert.ts";
import { equalBytes } from "../../base/bytes.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import { type GroupName, isNamed } from "../../shardmaster/address.ts";
import type { BirthAnswer } from "../../shardmaster/births.ts";
import type { Claim } from "./answer.ts";
import { changesFor, memberOf, ownerOf } from "./changes.ts";
import type { Abandon, Configure, GroupCommand } from "./commands.ts";
import { isIdle } from "./group-row.ts";
import type { Known } from "./known.ts";
import type { Arrival } from "./moves.ts";
import type { Picture, ShardPicture } from "./picture.ts";
import type { Ask } from "./plan.ts";
import type { Pull } from "./questions.ts";
import type { GroupReply, PullReply } from "./replies.ts";

/*
 * What a leader proposes. All of it is checked where it is applied, so that nothing hangs on how old the picture is by then; what is
 * proposed in vain costs an entry.
 */

/**
 * What is due by the group's own state: the next configuration, and an end of granted parcels whose data has come back, and of arrivals
 * that its own parcels were re-addressed over.
 */
export function dueOf(self: GroupName, picture: Picture, known: Known): GroupCommand[] {
  const commands: GroupCommand[] = [];
  const step = nextConfiguration(self, picture, known);
  if (step !== undefined) commands.push(step);
  for (const [shard, record] of picture.shards) {
    const { arrivals, parcels, acquired } = record;
    commands.push(...delivered(shard, record, (since) => since < acquired));
    for (const { since } of arrivals) {
      // Whoever had the shard before is one of its holders, this group too.
      const passedOver = parcels.find(({ left, address }) => left <= since && address.since > since);
      if (passedOver !== undefined) commands.push({ op: "abandon", shard, since, above: passedOver.address.since });
    }
  }
  return commands;
}

/** The next configuration; or a later one, in a group that is idle, up to the first that gives it a shard (rule 2). */
function nextConfiguration(self: GroupName, { group }: Picture, known: Known): Configure | undefined {
  let step: Configure | undefined;
  for (let number = group.number + 1; ; number += 1) {
    const config = known.config(number);
    if (config === undefined) return step;
    const changes = changesFor(config, self);
    step = { op: "configure", from: group.number, number, isMember: memberOf(config, self) !== undefined, changes };
    if (changes.length > 0 || !isIdle(group)) return step;
  }
}

/** What follows from a group's reply. */
export function consequencesOf({ question }: Ask, reply: GroupReply, picture: Picture): GroupCommand[] {
  const record = picture.shards.get(question.shard);
  if (record === undefined) return [];
  const { shard } = question;
  switch (reply.kind) {
    case "page":
    case "no_page":
      return question.op === "pull" ? afterPull(question, reply, record) : [];
    case "have": {
      const has = question.op === "have" && reply.has ? question.since : 0;
      return [...delivered(shard, record, (since) => since === has || since < reply.acquired), ...overtaken(shard, record, reply.acquired)];
    }
    case "acquired":
      return [...delivered(shard, record, (since) => since < reply.acquired), ...overtaken(shard, record, reply.acquired)];
    case "status":
      return [];
    default:
      return unreachable(reply);
  }
}

function afterPull({ shard, since }: Pull, reply: PullReply, record: ShardPicture): GroupCommand[] {
  const arrival = record.arrivals.find((one) => one.since === since);
  if (arrival === undefined) return [];
  if (reply.kind === "page") return equalBytes(reply.body.start, arrival.cursor) ? [{ op: "chunk", shard, since, body: reply.body }] : [];
  const { why, acquired } = reply;
  if (why.kind === "addressed" && why.since > since) return [{ op: "abandon", shard, since, above: why.since }];
  return overtaken(shard, record, acquired);
}

/** The ends of arrivals for runs before `acquired`, for which some group got the data (rule 10). */
function overtaken(shard: Shard, { arrivals }: ShardPicture, acquired: number): Abandon[] {
  const isOvertaken = ({ since }: Arrival): boolean => since < acquired;
  return arrivals.filter(isOvertaken).map(({ since }) => ({ op: "abandon", shard, since, above: acquired }));
}

/** The ends of granted parcels whose addresses have been reached. */
function delivered(shard: Shard, { parcels }: ShardPicture, isReached: (since: number) => boolean): GroupCommand[] {
  const reached = parcels.filter(({ granted, address }) => granted && isReached(address.since));
  return reached.map(({ left, address }) => ({ op: "delete", shard, left, since: address.since }));
}

/** What follows from the shardmaster's answer about births. */
export function birthsOf({ granted, addressed }: BirthAnswer, { shards }: Picture): GroupCommand[] {
  const arrives = (shard: Shard, since: number): boolean => shards.get(shard)?.arrivals.some((arrival) => arrival.since === since) === true;
  const born = granted.filter(({ shard, since }) => arrives(shard, since));
  const commands: GroupCommand[] = born.length > 0 ? [{ op: "born", arrivals: born }] : [];
  for (const { shard, since } of addressed) {
    const record = shards.get(shard);
    if (record !== undefined) commands.push(...overtaken(shard, record, since));
  }
  return commands;
}

/**
 * What a source logs for a claim. Who wants to be addressed has to be the owner in the configuration that he names, which may be later
 * than the source's own: where it is not known, there is nothing to log before it was fetched (rule 6).
 */
export function settlementOf({ pull, needs }: Claim, picture: Picture, known: Known): GroupCommand | undefined {
  const { shard, left, since, asker } = pull;
  const parcel = picture.shards.get(shard)?.parcels.find((one) => one.left === left);
  if (parcel === undefined || parcel.granted) return undefined;
  if (needs === "grant") return parcel.address.since === since ? { op: "grant", shard, left, since } : undefined;
  const config = known.config(since);
  if (config === undefined || config.shards[shard]?.since !== since) return undefined;
  const owner = ownerOf(config, shard);
  if (owner === undefined || !isNamed(owner, asker)) return undefined;
  return { op: "readdress", shard, left, address: { since, group: owner } };
}
