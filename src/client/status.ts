import type { ReplicaReport } from "../rsm/inquiry.ts";
import type { MemberPhase } from "../rsm/member.ts";
import type { Role } from "../raft/state.ts";
import type { GroupReport } from "../shardkv/migration/group-report.ts";
import { type GroupRow, isSafeToStop } from "../shardkv/migration/group-row.ts";
import type { WaitPhase, Waiting, WaitReason } from "../shardkv/migration/waits.ts";
import { isNamed } from "../shardmaster/address.ts";
import type { Config, Group } from "../shardmaster/config.ts";
import type { ClusterShape } from "../shardmaster/shape.ts";
import type { ServerReport } from "./admin.ts";
import type { KvorumError } from "./errors.ts";

/**
 * Whether a group can be asked: its leader has answered; some of its servers answer and none leads; none answers; or those that answer
 * have no replica of this group.
 */
export type GroupState = "answering" | "leaderless" | "silent" | "foreign";

/** A replica of a group, as its server tells. */
export type ReplicaStatus = { readonly replica: number; readonly server: string } & (
  | {
      readonly answered: true;
      readonly phase: MemberPhase;
      readonly role: Role;
      readonly term: number;
      readonly applied: number;
      /** The entries that are known to be committed in the group and that it has not applied. */
      readonly lag: number;
    }
  | { readonly answered: false; readonly why: string }
);

/** Keys, and the bytes of keys and values. */
export interface Amount {
  readonly keys: number;
  readonly bytes: number;
}

/** How much a group holds, as it was counted a while ago. */
export interface HeldAmount {
  readonly ageMs: number;
  /** In shards that it serves. */
  readonly serving: Amount;
  /** In other copies: on their way here, frozen for others, or not cleared yet. */
  readonly besides: Amount;
  /** Of the shards that it serves and that have keys. */
  readonly shards: readonly (Amount & { readonly shard: number })[];
}

export interface GroupStatus {
  readonly group: Group;
  /** Whether the latest configuration names it. */
  readonly isMember: boolean;
  readonly state: GroupState;
  readonly replicas: readonly ReplicaStatus[];
  /** What its leader has applied: its configuration, and how many shards it has. Undefined unless the group is `answering`. */
  readonly row: GroupRow | undefined;
  /** The shards that it serves, when it has applied the latest configuration. */
  readonly serving: readonly number[] | undefined;
  readonly held: HeldAmount | undefined;
  /** Whether nobody misses anything when its servers stop for ever; undefined when that cannot be told. */
  readonly isSafeToStop: boolean | undefined;
}

/** Why nobody serves a shard of which its owner says nothing; docs/ADMIN.md says what each means. */
export const ownerReasons = ["owner_silent", "owner_leaderless", "owner_foreign", "owner_behind", "nobody"] as const;
export type OwnerReason = (typeof ownerReasons)[number];

/** Shards that are not settled, and for whom they wait. */
export interface ShardWait {
  /** In which group; 0 is none. */
  readonly gid: number;
  readonly phase: WaitPhase | "unserved";
  readonly why: WaitReason | OwnerReason;
  /** Who has to do something, and whether it can be asked; undefined when it is the group itself, or nobody. */
  readonly on: (Group & { readonly state: GroupState | undefined }) | "shardmaster" | undefined;
  /** The configuration with which they came, or left. */
  readonly since: number;
  readonly shards: readonly number[];
}

/** What is known of a cluster at a moment. */
export interface ClusterStatus {
  readonly masters: readonly ServerReport[];
  /** Undefined while the cluster has not begun, or the shardmaster does not say. */
  readonly shape: ClusterShape | undefined;
  readonly config: Config | undefined;
  /** Why the shardmaster says nothing; undefined when it does. */
  readonly failure: KvorumError | undefined;
  /** Those of the latest configuration, and others that may still have something of its shards. */
  readonly groups: readonly GroupStatus[];
  readonly waits: readonly ShardWait[];
  /** Kinds of waits that groups had no room to tell. */
  readonly moreWaits: number;
}

/** What was asked of a group. */
export interface AskedGroup {
  readonly group: Group;
  /** In the order of its servers. */
  readonly servers: readonly ServerReport[];
  readonly report: GroupReport | undefined;
}

/** The status of a group, by what it was asked. */
export function groupStatus({ group, servers, report }: AskedGroup, config: Config): GroupStatus {
  const isMember = config.groups.some((member) => isNamed(member, group));
  const row = report?.group;
  const held = report?.figures;
  const live = held?.copies.filter(({ kind }) => kind === "serving") ?? [];
  return {
    group,
    isMember,
    state: stateOf(group, servers, report),
    replicas: replicasOf(group, servers),
    row,
    serving: report === undefined || row?.number !== config.number || report.moreWaits > 0 ? undefined : servingOf(group, report, config),
    held: held && {
      ageMs: held.ageMs,
      serving: sum(live),
      besides: sum(held.copies.filter(({ kind }) => kind !== "serving")),
      shards: live.map(({ shard, keys, bytes }) => ({ shard, keys, bytes })),
    },
    isSafeToStop: isMember ? false : row === undefined || row.number < config.number ? undefined : isSafeToStop(row),
  };
}

function stateOf(group: Group, servers: readonly ServerReport[], report: GroupReport | undefined): GroupState {
  if (report !== undefined) return "answering";
  const answers = servers.filter((server) => server.answered);
  if (answers.length === 0) return "silent";
  return answers.some((server) => replicaIn(server, group) !== undefined) ? "leaderless" : "foreign";
}

function replicaIn(server: ServerReport, group: Group): ReplicaReport | undefined {
  if (!server.answered) return undefined;
  return server.replicas.find((replica) => replica.group === group.gid && replica.creation === group.creation);
}

function replicasOf(group: Group, servers: readonly ServerReport[]): readonly ReplicaStatus[] {
  const committed = Math.max(0, ...servers.map((server) => replicaIn(server, group)?.commit ?? 0));
  return servers.map((report, replica): ReplicaStatus => {
    const { server } = report;
    const own = replicaIn(report, group);
    if (own === undefined) return { replica, server, answered: false, why: whyNot(report, group) };
    const { phase, role, term, applied } = own;
    return { replica, server, answered: true, phase, role, term, applied, lag: Math.max(0, committed - applied) };
  });
}

function whyNot(report: ServerReport, { gid, creation }: Group): string {
  if (!report.answered) return report.why.replace(/\.$/, "");
  const other = report.replicas.find(({ group }) => group === gid);
  if (other === undefined) return `has no replica of group ${gid}`;
  return `has another group ${gid}, of creation id ${other.creation} where this is ${creation}`;
}

/** What a group serves of what a configuration gives it. */
function servingOf(group: Group, { waits }: GroupReport, { groups, shards }: Config): readonly number[] {
  if (!groups.some((member) => isNamed(member, group))) return [];
  const arriving = new Set(waits.flatMap((wait) => (wait.phase === "arriving" ? wait.shards : [])));
  return [...shards.keys()].filter((shard) => shards[shard]?.gid === group.gid && !arriving.has(shard));
}

function sum(amounts: readonly Amount[]): Amount {
  return {
    keys: amounts.reduce((total, { keys }) => total + keys, 0),
    bytes: amounts.reduce((total, { bytes }) => total + bytes, 0),
  };
}

/** Everything that is not settled, by what groups say, and by what those do not say that should. */
export function waitsOf(config: Config, groups: readonly GroupStatus[], reports: readonly AskedGroup[]): readonly ShardWait[] {
  const stateOfGroup = (group: Group): GroupState | undefined => groups.find((one) => isNamed(one.group, group))?.state;
  const told = reports.flatMap(({ group, report }) =>
    (report?.waits ?? []).map(({ phase, why, on, since, shards }: Waiting): ShardWait => {
      const party = typeof on === "object" ? { ...on, state: stateOfGroup(on) } : on;
      return { gid: group.gid, phase, why, on: party, since, shards };
    }),
  );
  return [...unserved(config, groups), ...told];
}

/** The shards whose owners say nothing of them. */
function unserved({ shards, groups: members }: Config, groups: readonly GroupStatus[]): readonly ShardWait[] {
  const found = new Map<string, ShardWait & { readonly shards: number[] }>();
  const owners = new Map(members.map((member) => [member.gid, groups.find(({ group }) => isNamed(group, member))]));
  for (const [shard, { gid, since }] of shards.entries()) {
    const owner = owners.get(gid);
    const why = ownerReason(gid, since, owner);
    if (why === undefined) continue;
    const name = `${gid} ${why} ${since}`;
    const on = owner && { ...owner.group, state: owner.state };
    const same = found.get(name);
    if (same === undefined) found.set(name, { gid, phase: "unserved", why, on, since, shards: [shard] });
    else same.shards.push(shard);
  }
  return [...found.values()];
}

function ownerReason(gid: number, since: number, owner: GroupStatus | undefined): OwnerReason | undefined {
  if (gid === 0) return "nobody";
  if (owner === undefined || owner.state === "silent") return "owner_silent";
  if (owner.state === "leaderless" || owner.state === "foreign") return `owner_${owner.state}`;
  return owner.row !== undefined && owner.row.number < since ? "owner_behind" : undefined;
}
