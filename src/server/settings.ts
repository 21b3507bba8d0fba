import { type GroupId, isGroupId, replicaId, replicasMax, type ServerId } from "../base/ids.ts";
import { type Address, parseAddress, serverAt } from "../real/address.ts";
import type { LevelMemory } from "../real/level.ts";
import type { TcpLimits, TcpOptions } from "../real/tcp/options.ts";
import type { Identity } from "../rsm/options.ts";

import type { Owner } from "./owner.ts";

/** What a server is told from outside. */
export interface ServerSettings {
  /** The cluster's name: servers of another one are refused. */
  readonly cluster: string;
  /** The name by which the other servers know this one: the address at which they reach it. */
  readonly self: ServerId;
  /** Where it listens; nearly always the same address. */
  readonly listen: Address;
  /** The other servers that it speaks with from the start. */
  readonly peers: readonly ServerId[];
  /** The data directory; undefined keeps everything in memory, and forgets it at the end. */
  readonly data: string | undefined;
  /** Whose the data directory is; undefined for a server that may have several replicas. */
  readonly owner?: Owner;
  /** Makes the data directory when it is missing. */
  readonly create: boolean;
  /** The process ends when its loop or a write to its disk has stood still for so long. */
  readonly stallMs: number;
  /** What its storage takes for its own. */
  readonly memory?: LevelMemory;
  /** What its transport differs in from others. */
  readonly limits?: Partial<TcpLimits>;
  /** What its transport is told besides: of other doors, and of other names. */
  readonly transport?: Pick<TcpOptions, "listenAlso" | "anyName" | "addressOf">;
  /** What its log calls it; default: `self`. */
  readonly title?: string;
}

/** What a server's process is given unless it is told otherwise: well above anything that a disk in order needs. */
export const defaultStallMs = 30_000;

/** What `--servers` and its neighbours say, as text. */
export interface MemberFlags {
  readonly cluster: string;
  /** Which of `servers` this one is. */
  readonly replica: number;
  readonly servers: string;
  /** Where it listens, when that is not where it is reached. */
  readonly listen?: string;
  readonly creation: number;
  readonly data?: string;
  readonly create?: boolean;
  readonly stall?: number;
}

/** As `MemberFlags`, of a group that has to be named. */
export interface ReplicaFlags extends MemberFlags {
  readonly group: number;
  /** The shardmaster's servers, with commas. Without them the group owns every shard. */
  readonly masters?: string;
}

/** A setting that cannot be meant; the message is one sentence that says what was given and what is allowed. */
export class BadSetting extends Error {
  override readonly name = "BadSetting";
}

const clusterNameMax = 64;

/** A server that has one replica of one group. */
export interface MemberSettings {
  readonly settings: ServerSettings;
  readonly identity: Identity;
}

/** The settings of a server of a group of keys and values, and which replica it has; throws a `BadSetting`. */
export function replicaSettings(flags: ReplicaFlags): MemberSettings & { readonly masters: readonly ServerId[] | undefined } {
  const member = memberSettings(flags, checkedGroup(flags.group));
  return { ...member, masters: flags.masters === undefined ? undefined : masterServers(flags.masters, member.identity.servers) };
}

function masterServers(text: string, own: readonly ServerId[]): readonly ServerId[] {
  const masters = listedServers(text);
  const shared = masters.find((server) => own.includes(server));
  if (shared !== undefined)
    throw new BadSetting(`The server ${shared} is listed for the group and for the shardmaster; it runs one of them.`);
  return masters;
}

/** The servers of one group. */
function listedServers(text: string): readonly ServerId[] {
  const servers = text.split(",").map((address) => serverAt(serverAddress(address.trim())));
  const twice = servers.find((server, at) => servers.indexOf(server) !== at);
  if (twice !== undefined) throw new BadSetting(`The server ${twice} is listed twice.`);
  if (servers.length > replicasMax) throw new BadSetting(`A group has at most ${replicasMax} servers, and ${servers.length} are listed.`);
  return servers;
}

/** The settings of a server of whatever group; throws a `BadSetting`. */
export function memberSettings(flags: MemberFlags, group: GroupId): MemberSettings {
  const servers = listedServers(flags.servers);
  const self = servers[flags.replica];
  const address = self && parseAddress(self);
  if (self === undefined || address === undefined)
    throw new BadSetting(
      `There is no replica ${flags.replica}: with ${servers.length} servers, replicas are numbered from 0 to ${servers.length - 1}.`,
    );
  const { creation, data, create = false, stall: stallMs = defaultStallMs } = flags;
  const identity = { group, creation, replica: replicaId(flags.replica), servers };
  const peers = servers.filter((server) => server !== self);
  const listen = flags.listen === undefined ? address : listenAddress(flags.listen);
  const owner = { group, creation, replica: identity.replica };
  return { settings: { cluster: clusterName(flags.cluster), self, listen, peers, data, owner, create, stallMs }, identity };
}

/** Whether only this machine reaches what listens there. */
export function isLoopback({ host }: Address): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A port alone means this machine only. */
function listenAddress(text: string): Address {
  const address = parseAddress(/^\d+$/.test(text) ? `127.0.0.1:${text}` : text);
  if (address !== undefined) return address;
  throw new BadSetting(
    `'${text}' is no address to listen on; an address is a port, such as 7001, or host:port, with a port from 1 to 65535.`,
  );
}

function serverAddress(text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new BadSetting(`'${text}' is no server's address; an address is host:port, such as 127.0.0.1:7001, with a port from 1 to 65535.`);
}

function clusterName(text: string): string {
  if (text.length > 0 && text.length <= clusterNameMax && /^[\w.-]+$/.test(text)) return text;
  throw new BadSetting(`'${text}' is no cluster's name; a name has 1 to ${clusterNameMax} letters, digits, dots, dashes and underscores.`);
}

function checkedGroup(group: number): GroupId {
  if (isGroupId(group) && group > 0) return group;
  throw new BadSetting(`${group} is no group's number; groups are numbered from 1.`);
}
