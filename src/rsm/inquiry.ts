import { decode, encode, Malformed, type Packable } from "../base/codec.ts";
import { type GroupId, isGroupId, isReplicaId, type ReplicaId, type ServerId, serverId } from "../base/ids.ts";
import type { Role } from "../raft/state.ts";
import type { LogIndex, Term } from "../raft/types.ts";
import { whole } from "./fields.ts";
import type { Member, MemberPhase } from "./member.ts";

/*
 * Anybody may ask a server which replicas it has, whatever its group. A packet is a list of three:
 * what it is, the asker's number for it, and the reports; none in the question. The first value tells it from other packets, see
 * `client-wire.ts`.
 */
export const inquiryKind = 0x23;
export const reportsKind = 0x24;

/** What a replica says of itself. It was so when it was said, and promises nothing. */
export interface ReplicaReport {
  readonly group: GroupId;
  readonly creation: number;
  readonly replica: ReplicaId;
  /** The group's servers in the order that this replica was given. */
  readonly servers: readonly ServerId[];
  readonly phase: MemberPhase;
  /** What it does in the consensus; a follower until the disk has been read. */
  readonly role: Role;
  readonly term: Term;
  /** Whom it takes for the leader. */
  readonly leader: ReplicaId | undefined;
  readonly commit: LogIndex;
  readonly applied: LogIndex;
}

/** What a server's replicas say, in answer to the inquiry `id`. */
export interface Reports {
  readonly id: number;
  readonly reports: readonly ReplicaReport[];
}

/** More groups than a server has. */
const reportsMax = 4096;

/** What `member` says of itself now. */
export function reportOf(member: Pick<Member, "identity" | "phase" | "status">): ReplicaReport {
  const { group, creation, replica, servers } = member.identity;
  const status = member.status();
  const { role, term, commit, applied } = status ?? { role: "follower", term: 0, commit: 0, applied: 0 };
  return { group, creation, replica, servers, phase: member.phase, role, term, leader: status?.leader, commit, applied };
}

// ---- bytes

export function encodeInquiry(id: number): Uint8Array {
  return encode([inquiryKind, id, null]);
}

/** The number of an inquiry; throws `Malformed`. */
export function decodeInquiry(bytes: Uint8Array): number {
  const [kind, id, body] = three(bytes);
  if (kind !== inquiryKind || body !== null) throw new Malformed("an inquiry is its kind, a number and nothing");
  return whole(id);
}

export function encodeReports({ id, reports }: Reports): Uint8Array {
  return encode([reportsKind, id, reports.slice(0, reportsMax).map(pack)]);
}

/** Checks bytes from anywhere; throws `Malformed`. */
export function decodeReports(bytes: Uint8Array): Reports {
  const [kind, id, body] = three(bytes);
  if (kind !== reportsKind || !Array.isArray(body) || body.length > reportsMax)
    throw new Malformed("reports are their kind, a number and a list");
  return { id: whole(id), reports: body.map(unpack) };
}

/** Stands between the names of servers; no name has it. */
const separator = "\n";

function pack({ group, creation, replica, servers, phase, role, term, leader, commit, applied }: ReplicaReport): Packable {
  return [group, creation, replica, servers.join(separator), phase, role, term, leader ?? null, commit, applied];
}

function unpack(value: unknown): ReplicaReport {
  if (!Array.isArray(value) || value.length !== 10) throw new Malformed("a report has ten values");
  const [group, creation, replica, servers, phase, role, term, leader, commit, applied]: unknown[] = value;
  if (!isGroupId(group) || !isReplicaId(replica)) throw new Malformed("a report names a replica of a group");
  if (leader !== null && !isReplicaId(leader)) throw new Malformed("a leader is a replica, or nobody");
  if (!oneOf(phases, phase) || !oneOf(roles, role)) throw new Malformed("an unknown phase or role");
  if (typeof servers !== "string" || servers.length === 0) throw new Malformed("a group has servers");
  const names = servers.split(separator);
  if (names.includes("")) throw new Malformed("a server has a name");
  return {
    group,
    creation: whole(creation),
    replica,
    servers: names.map(serverId),
    phase,
    role,
    term: whole(term),
    leader: leader ?? undefined,
    commit: whole(commit),
    applied: whole(applied),
  };
}

const phases: readonly MemberPhase[] = ["opening", "waiting", "running", "damaged", "stopped"];
const roles: readonly Role[] = ["follower", "pre_candidate", "candidate", "leader"];

function oneOf<T extends string>(known: readonly T[], value: unknown): value is T {
  return (known as readonly unknown[]).includes(value);
}

function three(bytes: Uint8Array): readonly unknown[] {
  const packet = decode(bytes);
  if (!Array.isArray(packet) || packet.length !== 3) throw new Malformed("a packet is a list of three");
  return packet;
}
