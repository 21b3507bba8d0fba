import { groupId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { ReplicaOptionsGiven } from "../../rsm/options.ts";
import type { KvOptions } from "../../shardkv/options.ts";
import type { ClusterShape } from "../../shardmaster/shape.ts";
import type { ClusterName } from "../cluster.ts";
import {
  type ClientsPlan,
  clientLines,
  drawClients,
  drawReplica,
  type Rate,
  replicaLines,
  type TroopPlan,
  withinRoom,
} from "../group/plan.ts";
import { drawKvClients, kvClientLines, type KvClientsPlan } from "../kv/plan.ts";
import { masterName } from "../master/master-group.ts";
import { drawMixture, type Mixture, mixtureText } from "../mixture.ts";
import { around, drawPlan, type FaultPlan, type Plan, planLines, type PlanLengths, settings, weathers } from "../plan.ts";
import { betweenKinds } from "./between.ts";

/** What an administrator asks for. `away` takes all groups away. */
export const stormKinds = ["query", "old", "join", "leave", "move", "away"] as const;
export type StormKind = (typeof stormKinds)[number];

/** Administrators, and the storm that they make. */
export interface StormPlan extends ClientsPlan {
  readonly mixture: Mixture<StormKind>;
}

/** Everything that a seed of a whole cluster decides before anything runs. */
export interface ShardedPlan extends PlanLengths {
  readonly seed: string;
  readonly shape: ClusterShape;
  readonly kv: Partial<Pick<KvOptions, "valueBytesMax" | "pageRowsMax" | "chunkRowsMax" | "chunkBytesMax">>;
  readonly masters: TroopPlan;
  readonly groups: readonly TroopPlan[];
  readonly clients: KvClientsPlan;
  readonly storm: StormPlan;
  /** What goes wrong between groups. */
  readonly between: readonly FaultPlan[];
  /** The places of the groups that join when the storm is over. */
  readonly last: readonly number[];
}

const clientRate: Rate = { low: 60, high: 250 };
const stormRate: Rate = { low: 2, high: 15 };
const keysMax = 16;

/** Every configuration stays for ever, and so does what groups remember of shards: a snapshot is not to come in too many pieces. */
const snapshotChunkBytesMin = 1000;

export function drawShardedPlan(seed: string, rng: Rng, lengths: PlanLengths): ShardedPlan {
  const shards = rng.fork("shards").pick([1, 2, 3, 4, 6, 10]);
  const names = drawNames(rng.fork("groups"));
  const rarer = (1 + names.length) / rng.fork("trouble").pick([1, 1, 2]);
  const masters = drawMasters(rng.fork("masters"), seed, lengths, rarer);
  const sessions = drawReplica(rng.fork("sessions"), masters.servers).sessions ?? {};
  const groups = names.map((name) => drawGroup(rng.fork(`group ${name.servers}`), { seed, lengths, rarer, name, sessions }));
  const narrowest = groups.reduce<ReplicaOptionsGiven>((all, { replica }) => ({ ...all, ...replica }), {});
  return {
    seed,
    ...lengths,
    shape: { cluster: "simulated", shards, partitioner: { kind: rng.fork("partitioner").pick(["hash", "integer"]) } },
    kv: drawKv(rng.fork("store")),
    masters,
    groups,
    clients: withinRoom(patient(drawKvClients(rng.fork("clients"), masters.servers, clientRate, keysMax), rng.fork("patience")), narrowest),
    storm: withinRoom(drawStorm(rng.fork("storm"), masters.servers), masters.replica),
    between: drawBetween(rng.fork("between")),
    last: drawLast(rng.fork("last"), names),
  };
}

/** To find out who has a shard takes a client several questions in each of its lives, and the shard may be under way. */
function patient(clients: KvClientsPlan, rng: Rng): KvClientsPlan {
  const { crashEveryMs, cutEveryMs, link } = clients;
  return {
    ...clients,
    count: Math.max(2, clients.count),
    crashEveryMs: crashEveryMs && Math.max(2000, crashEveryMs),
    cutEveryMs: cutEveryMs && Math.max(2000, cutEveryMs),
    link: link.loss === undefined ? link : { ...link, loss: Math.min(0.1, link.loss) },
    inFlightMax: Math.max(4, clients.inFlightMax),
    deadlinesMs: rng.pick([[1000], [300, 3000], [3000], [1000, Infinity], [Infinity]]),
    session: { ...clients.session, validMs: rng.fork("valid").pick([800, 3000, 3000, 8000, 15_000]) },
  };
}

/** Groups that take part; in some seeds a number comes back as another group. */
function drawNames(rng: Rng): ClusterName[] {
  const names = Array.from({ length: rng.pick([2, 2, 3, 3, 4]) }, (_, at) => ({
    group: groupId(at + 1),
    creation: 11 + at,
    servers: `g${at + 1}-`,
  }));
  return rng.fork("again").chance(0.2) ? [...names, { group: groupId(1), creation: 21, servers: "h1-" }] : names;
}

function drawMasters(rng: Rng, seed: string, lengths: PlanLengths, rarer: number): TroopPlan {
  const drawn = drawPlan(seed, rng.fork("plan"), lengths, rng.fork("size").pick([3, 3, 3, 3, 1, 5]));
  const servers = { ...drawn, faults: drawn.faults.map((fault) => slower(fault, weathers.has(fault.name) ? 1 : rarer)) };
  return { name: { ...masterName, servers: "m" }, servers, replica: withLongClaims(roomy(drawReplica(rng.fork("replica"), servers))) };
}

/** Groups claim births for a minute. */
function withLongClaims({ sessions, ...replica }: ReplicaOptionsGiven): ReplicaOptionsGiven {
  const { validMaxMs: _, ...limits } = sessions ?? {};
  return { ...replica, sessions: limits };
}

interface GroupDraw {
  readonly seed: string;
  readonly lengths: PlanLengths;
  readonly rarer: number;
  readonly name: ClusterName;
  readonly sessions: NonNullable<ReplicaOptionsGiven["sessions"]>;
}

/** The weather is everybody's, and the masters' plan has it. Sessions move with their shards: all groups have the same limits. */
function drawGroup(rng: Rng, { seed, lengths, rarer, name, sessions }: GroupDraw): TroopPlan {
  const drawn = drawPlan(seed, rng.fork("plan"), lengths, rng.fork("size").pick([3, 3, 3, 3, 1, 5]));
  const faults = drawn.faults.filter((fault) => !weathers.has(fault.name)).map((fault) => slower(fault, rarer));
  const servers = { ...drawn, faults };
  return { name, servers, replica: { ...roomy(drawReplica(rng.fork("replica"), servers)), sessions } };
}

function slower(fault: FaultPlan, by: number): FaultPlan {
  return { ...fault, everyMs: Math.round(fault.everyMs * by) };
}

function roomy(replica: ReplicaOptionsGiven): ReplicaOptionsGiven {
  const { snapshotChunkBytesMax } = replica.member ?? {};
  if (snapshotChunkBytesMax === undefined) return replica;
  return { ...replica, member: { ...replica.member, snapshotChunkBytesMax: Math.max(snapshotChunkBytesMin, snapshotChunkBytesMax) } };
}

/** Chunks are so small that a shard comes in many of them. */
function drawKv(rng: Rng): ShardedPlan["kv"] {
  return {
    chunkRowsMax: rng.fork("chunk rows").pick([1, 1, 2, 5]),
    ...(rng.fork("chunk bytes").chance(0.2) ? { chunkBytesMax: 100 } : {}),
    ...(rng.fork("values").chance(0.2) ? { valueBytesMax: 200 } : {}),
    ...(rng.fork("pages").chance(0.7) ? { pageRowsMax: rng.fork("page rows").int(1, 4) } : {}),
  };
}

function drawStorm(rng: Rng, servers: Plan): StormPlan {
  const drawn = drawMixture(rng, stormKinds);
  return {
    ...drawClients(rng, servers, stormRate),
    // Nobody can do anything before a group has joined.
    mixture: { ...drawn, join: 1 + drawn.join, move: 1 + 2 * drawn.move, away: rng.fork("away").pick([0, 0, 1]) },
  };
}

function drawBetween(rng: Rng): FaultPlan[] {
  const kinds = betweenKinds.filter(({ name }) => rng.fork(name).chance(0.25));
  return kinds.map(({ name, everyMs, lastsMs }) => {
    const own = rng.fork(name).fork("plan");
    return {
      name,
      everyMs: Math.round(around(own.fork("every"), everyMs[0], everyMs[1])),
      lastsMs: Math.round(around(own.fork("lasts"), lastsMs[0], lastsMs[1])),
      force: own.fork("force").int(1, 20) / 20,
      always: false,
    };
  });
}

/** At least one group, and no number twice. */
function drawLast(rng: Rng, names: readonly ClusterName[]): number[] {
  const count = rng.int(1, names.length);
  const seen = new Set<number>();
  return rng
    .shuffle(names.map((_, at) => at))
    .slice(0, count)
    .filter((at) => {
      const gid = names[at]?.group ?? 0;
      return !seen.has(gid) && seen.add(gid);
    });
}

/** The plan in lines that people read. */
export function shardedPlanLines(plan: ShardedPlan): string[] {
  const { shape, masters, groups, clients, storm, between, kv, last } = plan;
  const { mixture } = storm;
  const names = (places: readonly number[]): string => places.map((at) => nameOf(groups[at]?.name)).join(", ");
  return [
    `${shape.shards} shards by ${shape.partitioner.kind}, ${groups.length} groups; in the end ${names(last)} join`,
    `store: ${settings(kv)}`,
    ...kvClientLines({ clients }),
    ...clientLines({ clients: storm }, `of the configurations: ${mixtureText(stormKinds, mixture)}`).map(
      (line) => `administrators: ${line}`,
    ),
    ...between.map(({ name, everyMs, lastsMs }) => `${name}: every ${everyMs}ms for ${lastsMs ?? 0}ms`),
    ...troopLines("shardmaster", masters),
    ...groups.flatMap((group) => troopLines(nameOf(group.name), group)),
  ];
}

function troopLines(name: string, { servers, replica }: TroopPlan): string[] {
  const lines = planLines(servers).filter((line) => !line.startsWith("workload:"));
  return [`${name}:`, ...[...lines, ...replicaLines({ replica })].map((line) => `  ${line}`)];
}

/** What a group is called in sentences. */
export function nameOf(name: ClusterName | undefined): string {
  return name === undefined ? "nobody" : `group ${name.group}${name.creation > 20 ? " (the second)" : ""}`;
}
