import { type GroupId, isGroupId, replicaId, replicasMax, type ServerId, serverId } from "../base/ids.ts";
import { type Address, addressText, parseAddress } from "../real/address.ts";
import type { Identity } from "../rsm/options.ts";

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
  /** Makes the data directory when it is missing. */
  readonly create: boolean;
}

/** What `--members` and its neighbours say, as text. */
export interface MemberFlags {
  readonly cluster: string;
  readonly listen: string;
  readonly as?: string;
  readonly members: string;
  readonly group: number;
  readonly creation: number;
  readonly data?: string;
  readonly create?: boolean;
}

/** A setting that cannot be meant; the message is one sentence that says what was given and what is allowed. */
export class BadSetting extends Error {
  override readonly name = "BadSetting";
}

const clusterNameMax = 64;

/** The settings of a server that has one replica of one group, and which replica that is; throws a `BadSetting`. */
export function memberSettings(flags: MemberFlags): { readonly settings: ServerSettings; readonly identity: Identity } {
  const listen = listenAddress(flags.listen);
  const self = serverId(addressText(flags.as === undefined ? listen : memberAddress(flags.as)));
  const servers = flags.members.split(",").map((text) => serverId(addressText(memberAddress(text.trim()))));
  const twice = servers.find((server, at) => servers.indexOf(server) !== at);
  if (twice !== undefined) throw new BadSetting(`The member ${twice} is listed twice.`);
  if (servers.length > replicasMax) throw new BadSetting(`A group has at most ${replicasMax} members, and ${servers.length} are listed.`);
  if (!servers.includes(self))
    throw new BadSetting(
      `This server is ${self}, which is not among the members ${servers.join(", ")}; give --as if it listens elsewhere than it is reached.`,
    );
  const { creation, data, create } = flags;
  const identity = { group: checkedGroup(flags.group), creation, replica: replicaId(servers.indexOf(self)), servers };
  const peers = servers.filter((server) => server !== self);
  return { settings: { cluster: clusterName(flags.cluster), self, listen, peers, data, create: create === true }, identity };
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

function memberAddress(text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new BadSetting(`'${text}' is no member's address; an address is host:port, such as 127.0.0.1:7001, with a port from 1 to 65535.`);
}

function clusterName(text: string): string {
  if (text.length > 0 && text.length <= clusterNameMax && /^[\w.-]+$/.test(text)) return text;
  throw new BadSetting(`'${text}' is no cluster's name; a name has 1 to ${clusterNameMax} letters, digits, dots, dashes and underscores.`);
}

function checkedGroup(group: number): GroupId {
  if (isGroupId(group) && group > 0) return group;
  throw new BadSetting(`${group} is no group's number; groups are numbered from 1.`);
}
