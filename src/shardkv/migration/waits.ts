import type { Shard } from "../../rsm/state/state-machine.ts";
import type { GroupName } from "../../shardmaster/address.ts";
import type { Group, Holder } from "../../shardmaster/config.ts";
import { holdersOf, type Known } from "./known.ts";
import type { Arrival, Parcel } from "./moves.ts";
import type { Picture, ShardPicture } from "./picture.ts";
import { type Heard, type HeardOf, hasNothing, heardOf } from "./plan.ts";

/** Why something of a shard is not settled in a group; docs/ADMIN.md says what each means, and they never change their meaning. */
export const waitReasons = [
  "asking",
  "fetching",
  "source_silent",
  "source_behind",
  "source_granting",
  "passed_on",
  "birth",
  "history",
  "parked",
  "not_fetched",
  "not_confirmed",
  "addressee_silent",
  "clearing",
] as const;
export type WaitReason = (typeof waitReasons)[number];

/** What of a shard is not settled: it comes, it comes only to go on, it has gone, or rows of a copy are left that counts no more. */
export const waitPhases = ["arriving", "passing", "parcel", "dead"] as const;
export type WaitPhase = (typeof waitPhases)[number];

/** Shards that wait in one group for the same reason. */
export interface Waiting {
  readonly phase: WaitPhase;
  readonly why: WaitReason;
  /** Who has to do something; undefined when it is the group itself, or nobody. */
  readonly on: Group | "shardmaster" | undefined;
  /** The configuration with which they came, or left. */
  readonly since: number;
  /** In rising order. */
  readonly shards: readonly Shard[];
}

/** What a leader happens to know of others. Nothing is lost with it but time. */
export interface Hearsay {
  readonly known: Known;
  readonly heard: HeardOf;
  /** Whether the group has left the last question in vain. */
  readonly isSilent: (group: GroupName) => boolean;
}

/** Of a leader that has heard nothing yet. */
export const nothingHeard: Hearsay = {
  known: { latest: 0, config: () => undefined },
  heard: () => undefined,
  isSilent: () => false,
};

type Reason = Pick<Waiting, "phase" | "why" | "on" | "since">;

/** Everything in a group that is not settled, and why: by its state, and by what its leader has heard. */
export function waitsOf(self: GroupName, picture: Picture, hearsay: Hearsay): readonly Waiting[] {
  const found = new Map<string, Reason & { readonly shards: Shard[] }>();
  const add = (shard: Shard, reason: Reason): void => {
    const { phase, why, on, since } = reason;
    const party = typeof on === "object" ? [on.gid, on.creation, ...on.servers].join(" ") : on;
    const name = [phase, why, since, party].join(" ");
    const same = found.get(name);
    if (same === undefined) found.set(name, { ...reason, shards: [shard] });
    // Copies of one shard stand behind each other.
    else if (same.shards.at(-1) !== shard) same.shards.push(shard);
  };
  for (const [shard, record] of picture.shards) {
    for (const arrival of record.arrivals) add(shard, arrivalReason(self, shard, record, arrival, hearsay));
    for (const parcel of record.parcels) add(shard, parcelReason(parcel, hearsay));
    for (const since of record.dead) add(shard, { phase: "dead", why: "clearing", on: undefined, since });
  }
  return [...found.values()];
}

/** An arrival waits for the latest holder that may have the data, or for the shardmaster. */
function arrivalReason(self: GroupName, shard: Shard, record: ShardPicture, arrival: Arrival, hearsay: Hearsay): Reason {
  const { known, heard, isSilent } = hearsay;
  const { since, taken, holder: first } = arrival;
  const own = { phase: taken === undefined ? "arriving" : "passing", since } as const;
  const said = (holder: Holder): Heard => heardOf(self, shard, record, arrival, holder, heard);
  const { found, missing } = holdersOf(known, shard, first, (holder) => hasNothing(said(holder)));
  const last = found.at(-1);
  // Whoever has sent a page has the rest too.
  if (last !== undefined && said(last) === "page") return { ...own, why: "fetching", on: last.group };
  const awaited = found.find((holder) => said(holder) !== "never_had");
  if (awaited === undefined) return { ...own, why: missing === undefined ? "birth" : "history", on: "shardmaster" };
  const on = awaited.group;
  const answer = said(awaited);
  return { ...own, why: answer === undefined && isSilent(on) ? "source_silent" : reasonsBy[answer ?? "nothing"], on };
}

/** What it means for who waits that a holder has said this, or nothing yet. One that has never had the shard is not waited for. */
const reasonsBy: Readonly<Record<NonNullable<Heard> | "nothing", WaitReason>> = {
  page: "fetching",
  silence: "source_silent",
  not_yet: "source_behind",
  addressed: "source_granting",
  delivered: "passed_on",
  never_had: "asking",
  nothing: "asking",
};

function parcelReason({ left: since, granted, address }: Parcel, { isSilent }: Hearsay): Reason {
  const { group: on } = address;
  const own = { phase: "parcel", since, on } as const;
  if (on === undefined) return { ...own, why: "parked" };
  if (!granted) return { ...own, why: "not_fetched" };
  return { ...own, why: isSilent(on) ? "addressee_silent" : "not_confirmed" };
}
