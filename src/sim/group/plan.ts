import type { Rng } from "../../base/rng.ts";
import type { CallerOptions, SessionOptions } from "../../rsm/caller/caller-options.ts";
import type { ReplicaOptionsGiven } from "../../rsm/options.ts";
import type { SessionLimits } from "../../rsm/session/session-limits.ts";
import type { ClusterName } from "../cluster.ts";
import type { LinkSettings } from "../network/link.ts";
import { around, type Plan, settings } from "../plan.ts";

/** The clients of a seed, whatever they ask, and what goes wrong with them. */
export interface ClientsPlan {
  readonly count: number;
  /** Of each client. */
  readonly operationsPerS: number;
  /** Operations that a client has under way at most. */
  readonly inFlightMax: number;
  readonly deadlinesMs: readonly number[];
  readonly session: Partial<SessionOptions>;
  readonly caller: Partial<CallerOptions>;
  /** Of the links between clients and servers, while there are faults. */
  readonly link: Partial<LinkSettings>;
  /** The mean time between two deaths of a client, and how long it stays dead; undefined for never. */
  readonly crashEveryMs: number | undefined;
  readonly downMeanMs: number;
  /** The mean time between two pauses of a client, which last as long in the mean as they are apart at least. */
  readonly pauseEveryMs: number | undefined;
  /** The mean time between two cuts of a client from all servers. */
  readonly cutEveryMs: number | undefined;
}

/** Replicas of one group: their servers, and what happens to them. */
export interface TroopPlan {
  readonly name: ClusterName;
  /** Its workload is nobody's. */
  readonly servers: Plan;
  readonly replica: ReplicaOptionsGiven;
}

/** What a seed of a group with clients decides before anything runs, whatever the group is. */
export interface GroupPlan extends Omit<TroopPlan, "name"> {
  readonly clients: ClientsPlan;
}

/**
 * Where there is room for little, what finds none is tried again and again, one at a time: they are few, and tried
 * often, so that it does not take longer than settling may.
 */
export function withinRoom<P extends ClientsPlan>(
  clients: P,
  { sessions, proposalsMax, readsMax, answerBytesMax }: ReplicaOptionsGiven,
): P {
  const isTiny = sessions?.sessionBytesMax !== undefined || (sessions?.resultsMax ?? Infinity) <= 2;
  const isNarrow = isTiny || proposalsMax !== undefined || readsMax !== undefined || answerBytesMax !== undefined;
  if (!isNarrow) return clients;
  const { session, caller } = clients;
  return {
    ...clients,
    session: { ...session, windowMax: Math.min(4, session.windowMax ?? 4) },
    caller: { ...caller, restMaxMs: 50, attemptMaxMs: 300 },
  };
}

/** Three of four seeds have a log so small that snapshots are all that a follower who was away can get. */
export function drawReplica(rng: Rng, { member }: Plan): ReplicaOptionsGiven {
  const log = rng.fork("log").chance(0.75) ? { logBytesMax: Math.round(around(rng.fork("log bytes"), 300, 4000)), logTailBytes: 0 } : {};
  const perhaps = <Name extends string>(name: Name, chance: number, values: readonly number[]): Partial<Record<Name, number>> =>
    rng.fork(name).chance(chance) ? ({ [name]: rng.fork(name).fork("value").pick(values) } as Record<Name, number>) : {};
  const sessions: Partial<SessionLimits> = {
    ...perhaps("resultsMax", 0.4, [1, 2, 4, 16]),
    ...perhaps("validMaxMs", 0.2, [20_000]),
    ...perhaps("resultBytesMax", 0.4, [12, 40, 100]),
    ...perhaps("sessionBytesMax", 0.3, [200, 1000]),
  };
  // A session has room for one result.
  const { resultBytesMax = sessions.sessionBytesMax ?? 16_384 } = sessions;
  return {
    // What is left of a snapshot is cleared when its transfer is given up: nothing is to be seen in the time until then.
    member: { snapshotResendMs: 200, snapshotIdleMs: 1000, ...member, ...log },
    sessions: { ...sessions, resultBytesMax },
    expireMs: rng.fork("expire").pick([100, 300, 1000, 5000]),
    expirePageMs: rng.fork("expire page").pick([1, 20, 100]),
    ...perhaps("proposalsMax", 0.2, [1, 4, 16]),
    ...perhaps("proposalBytesMax", 0.1, [100, 1000]),
    ...perhaps("readsMax", 0.2, [1, 4]),
    // With one in the log at a time a group is slower than its clients ask, and most of what they ask runs out of time.
    ...perhaps("loggedMax", 0.2, [4, 16]),
    ...perhaps("longReadsAtOnceMax", 0.2, [1]),
    ...perhaps("answerBytesMax", 0.1, [50]),
  };
}

/** So many operations each second, of all clients together, as a range. */
export interface Rate {
  readonly low: number;
  readonly high: number;
}

export function drawClients(rng: Rng, { faults }: Plan, rate: Rate): ClientsPlan {
  const count = rng.fork("count").int(1, 6);
  const doubling = rng.fork("doubling").chance(0.6);
  const mayDouble = doubling || faults.some(({ name }) => name === "duplication" || name === "very late copies");
  const perhaps = (name: string, chance: number, low: number, high: number): number | undefined =>
    rng.fork(name).chance(chance) ? Math.round(around(rng.fork(name).fork("mean"), low, high)) : undefined;
  return {
    count,
    operationsPerS: Number((around(rng.fork("rate"), rate.low, rate.high) / count).toPrecision(2)),
    inFlightMax: rng.fork("in flight").pick([1, 2, 4, 8]),
    deadlinesMs: rng.fork("deadlines").pick([[200], [1000], [300, 3000], [1000, Infinity], [Infinity]]),
    session: {
      validMs: rng.fork("valid").pick([300, 1500, 4000, 15_000]),
      windowMax: rng.fork("window").pick([1, 4, 16]),
      mayDouble,
    },
    caller: {
      attemptMs: rng.fork("attempt").pick([20, 100, 300]),
      attemptMaxMs: rng.fork("attempts").pick([300, 1000]),
      restMs: rng.fork("rest").pick([2, 10]),
      restMaxMs: rng.fork("rests").pick([50, 500]),
    },
    link: drawLink(rng.fork("link"), doubling),
    crashEveryMs: perhaps("crash", 0.5, 500, 8000),
    downMeanMs: Math.round(around(rng.fork("down"), 10, 1000)),
    pauseEveryMs: perhaps("pause", 0.3, 1000, 8000),
    cutEveryMs: perhaps("cut", 0.3, 1000, 8000),
  };
}

function drawLink(rng: Rng, doubling: boolean): Partial<LinkSettings> {
  return {
    ...(doubling ? { duplication: rng.pick([0.05, 0.3]), lateCopy: rng.fork("late").pick([0.1, 0.5]) } : {}),
    ...(rng.fork("loss").chance(0.4) ? { loss: rng.fork("losses").pick([0.02, 0.1, 0.3]) } : {}),
    ...(rng.fork("delay").chance(0.3) ? { delayMeanMs: rng.fork("delays").pick([5, 30, 100]) } : {}),
  };
}

/** What a plan says of replicas, in lines that people read. */
export function replicaLines({ replica }: Pick<GroupPlan, "replica">): string[] {
  const { member, sessions, ...limits } = replica;
  return [
    `log: ${settings({ logBytesMax: member?.logBytesMax, logTailBytes: member?.logTailBytes })}`,
    `sessions: ${settings({ ...sessions })}`,
    `replica: ${settings(limits)}`,
  ];
}

/** What it says of clients, which ask for `what`. */
export function clientLines({ clients }: Pick<GroupPlan, "clients">, what: string): string[] {
  const { session, caller, link, crashEveryMs, downMeanMs, pauseEveryMs, cutEveryMs } = clients;
  const harm = [...every("die", crashEveryMs), ...every("pause", pauseEveryMs), ...every("are cut off", cutEveryMs)];
  return [
    `${clients.count} client${clients.count === 1 ? "" : "s"} with ${clients.operationsPerS} operations/s each, ${clients.inFlightMax} at once, ${what}`,
    `deadlines: ${clients.deadlinesMs.map((ms) => `${ms}ms`).join(" or ")}; ${settings({ ...session, ...caller })}`,
    `links of clients: ${settings(link)}; clients ${harm.length === 0 ? "live on" : `${harm.join(", ")}, dead for ${downMeanMs}ms`}`,
  ];
}

function every(name: string, ms: number | undefined): string[] {
  return ms === undefined ? [] : [`${name} every ${ms}ms`];
}
