import { type Address, parseAddress, serverAt } from "../../real/address.ts";
import { isLoopback, BadSetting } from "../settings.ts";

/*
 * What MadKV's recipes give, which is text, as what is meant. Servers and managers are given ports, and listen on all addresses of the
 * machine; nobody is told at which address others reach him.
 */

/** How many replicas a group may have. */
const replicationFactors: readonly number[] = [1, 3, 5, 7, 9];
const partitionsMax = 50;

/** How keys become partitions. */
export type PartitionerKind = "hash" | "range";

/** A manager, as its recipe gives it. */
export interface ManagerWords {
  readonly port: string;
  /** Of the replicated manager alone. */
  readonly replicated?: { readonly replica: string; readonly p2pPort: string; readonly peers: string; readonly backer: string };
  readonly rf: string;
  readonly servers: string;
  readonly partitioner: PartitionerKind;
}

export interface ManagerSettings {
  readonly listen: Address;
  readonly peers: PeerSettings;
  readonly backer: string | undefined;
  readonly rf: number;
  /** Ordered by partition, then by replica. */
  readonly servers: readonly string[];
  readonly partitioner: PartitionerKind;
}

/** One replica among its peers. */
export interface PeerSettings {
  readonly replica: number;
  /** By replica; undefined for this one. */
  readonly addresses: readonly (Address | undefined)[];
  /** Where peers reach it; undefined when there are none. */
  readonly listen: Address | undefined;
}

/** A server, as its recipe gives it. */
export interface ServerWords {
  readonly partition: string;
  readonly replicated?: { readonly replica: string; readonly p2pPort: string; readonly peers: string };
  readonly managers: string;
  readonly port: string;
  readonly backer: string;
}

export interface MadkvServerSettings {
  readonly partition: number;
  readonly peers: PeerSettings;
  readonly managers: readonly Address[];
  readonly listen: Address;
  readonly backer: string;
}

/** Throws a `BadSetting`. */
export function managerSettings({ port, replicated, rf: rfText, servers: text, partitioner, ...rest }: ManagerWords): ManagerSettings {
  const rf = factorOf(rfText, "A replication factor of the servers");
  const servers = addressesOf(text, "servers").map(serverAt);
  if (servers.length % rf !== 0)
    throw new BadSetting(
      `${counted(servers.length, "server")} given with replication factor ${rf}, which does not divide them into partitions.`,
    );
  const partitions = servers.length / rf;
  if (partitions > partitionsMax) throw new BadSetting(`${partitions} partitions were given; there are at most ${partitionsMax}.`);
  const listen = everywhere(port, "port");
  const alone = { replica: 0, addresses: [undefined], listen: undefined };
  const peers = replicated === undefined ? alone : peerSettings("manager", replicated, listen);
  const backer = replicated === undefined ? undefined : backerPath(replicated.backer);
  return { ...rest, listen, peers, backer, rf, servers, partitioner };
}

/** Throws a `BadSetting`. */
export function madkvServerSettings({ partition, replicated, managers, port, backer }: ServerWords): MadkvServerSettings {
  const listen = everywhere(port, "port");
  const alone = { replica: 0, addresses: [undefined], listen: undefined };
  return {
    partition: wholeOf(partition, "A partition", partitionsMax - 1),
    peers: replicated === undefined ? alone : peerSettings("server", replicated, listen),
    managers: managerAddresses(managers),
    listen,
    backer: backerPath(backer),
  };
}

/** Throws a `BadSetting`. */
export function managerAddresses(text: string): readonly Address[] {
  const managers = addressesOf(text, "managers");
  factorOf(String(managers.length), "A number of managers");
  return managers;
}

/** An address to listen on, of the one server that has no manager; throws a `BadSetting`. */
export function listenAddress(text: string): Address {
  const address = parseAddress(text);
  if (address !== undefined) return address;
  throw new BadSetting(`An address to listen on was given as '${text}'; it is host:port, with a port from 1 to 65535.`);
}

function peerSettings(
  what: "manager" | "server",
  given: { readonly replica: string; readonly p2pPort: string; readonly peers: string },
  own: Address,
): PeerSettings {
  const others = given.peers.trim() === "none" ? [] : addressesOf(given.peers, "peers");
  const count = others.length + 1;
  if (!replicationFactors.includes(count))
    throw new BadSetting(
      `${counted(others.length, "peer")} given, without this ${what} itself; there are 0 (as none), 2, 4, 6 or 8 of them.`,
    );
  const replica = wholeOf(given.replica, `A replica's number in a group of ${count}`, count - 1);
  const listen = everywhere(given.p2pPort, "port for peers");
  if (listen.port === own.port) throw new BadSetting(`Port ${own.port} was given for clients and for peers; they are two.`);
  const self = others.find((peer) => peer.port === listen.port && isLoopback(peer));
  if (self !== undefined) throw new BadSetting(`The peer ${serverAt(self)} is this ${what} itself; peers are the others, in their order.`);
  const addresses = [...others.slice(0, replica), undefined, ...others.slice(replica)];
  return { replica, addresses, listen: others.length === 0 ? undefined : listen };
}

function addressesOf(text: string, what: string): readonly Address[] {
  const addresses = text.split(",").map((word) => {
    const address = parseAddress(word.trim());
    if (address !== undefined) return address;
    throw new BadSetting(`'${word.trim()}' was given among the ${what}; an address is host:port, with a port from 1 to 65535.`);
  });
  const names = addresses.map(serverAt);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new BadSetting(`${twice} was given twice among the ${what}.`);
  return addresses;
}

/** `1 peer was`, `2 peers were`. */
function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what} was` : `${count} ${what}s were`;
}

/** The empty path is the present directory, which nobody means. */
function backerPath(text: string): string {
  if (text.trim() !== "") return text;
  throw new BadSetting(`A backer path was given as '${text}'; it is the path of a directory.`);
}

function everywhere(text: string, what: string): Address {
  return { host: "0.0.0.0", port: wholeOf(text, `A ${what}`, 65_535, 1) };
}

function factorOf(text: string, what: string): number {
  const factor = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (replicationFactors.includes(factor)) return factor;
  throw new BadSetting(`${what} was given as '${text}'; it is 1, 3, 5, 7 or 9.`);
}

function wholeOf(text: string, what: string, high: number, low = 0): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= low && value <= high) return value;
  throw new BadSetting(`${what} was given as '${text}'; it is a whole number from ${low} to ${high}.`);
}
