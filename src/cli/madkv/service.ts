import { BadSetting } from "../../server/settings.ts";
import type { ManagerWords, ServerWords } from "../../server/madkv/settings.ts";

/** What a node of the service is. */
export type ServiceNode = { readonly manager: Omit<ManagerWords, "partitioner"> } | { readonly server: ServerWords };

/** All of the service, as one who starts a node of it knows it. */
export interface Service2 {
  readonly manager: string;
  readonly servers: string;
  readonly prefix: string;
}

/** Likewise, with replicas. */
export interface Service3 {
  readonly managers: string;
  readonly managerP2ps: string;
  readonly rf: string;
  readonly servers: string;
  readonly serverP2ps: string;
  readonly prefix: string;
}

/** The node of that name: `m`, or `s` and a number. Throws a `BadSetting`. */
export function node2(node: string, { manager, servers, prefix }: Service2): ServiceNode {
  if (node === "m") return { manager: { port: portOf(manager), rf: "1", servers } };
  const id = /^s(\d+)$/.exec(node)?.[1];
  if (id === undefined) throw unknown(node, "m for the manager, or s0, s1, ... for a server");
  const server = listed(servers, Number(id), node);
  return { server: { partition: id, managers: manager, port: portOf(server), backer: `${prefix}.${node}` } };
}

/** The node of that name: `m.` and a replica, or `s`, a partition, a dot and a replica. Throws a `BadSetting`. */
export function node3(node: string, { managers, managerP2ps, rf, servers, serverP2ps, prefix }: Service3): ServiceNode {
  checkPaired(managers, managerP2ps, "manager");
  checkPaired(servers, serverP2ps, "server");
  const backer = `${prefix}.${node}`;
  const master = /^m\.(\d+)$/.exec(node)?.[1];
  if (master !== undefined) {
    const at = Number(master);
    const p2pPort = portOf(listed(managerP2ps, at, node));
    const peers = others(managerP2ps.split(","), at);
    return { manager: { port: portOf(listed(managers, at, node)), rf, servers, replicated: { replica: master, p2pPort, peers, backer } } };
  }
  const [, partition, replica] = /^s(\d+)\.(\d+)$/.exec(node) ?? [];
  if (partition === undefined || replica === undefined) throw unknown(node, "m.0, m.1, ... for a manager, or s0.0, s0.1, ... for a server");
  const size = Number(rf);
  if (!(size > 0) || Number(replica) >= size) throw unknown(node, `a replica from 0 to ${size - 1}`);
  const first = Number(partition) * size;
  const at = first + Number(replica);
  const siblings = serverP2ps.split(",").slice(first, first + size);
  const p2pPort = portOf(listed(serverP2ps, at, node));
  const replicated = { replica, p2pPort, peers: others(siblings, Number(replica)) };
  return { server: { partition, managers, port: portOf(listed(servers, at, node)), backer, replicated } };
}

/** Everybody has a door for clients and one for peers. */
function checkPaired(addresses: string, p2ps: string, what: string): void {
  const [count, p2pCount] = [addresses.split(",").length, p2ps.split(",").length];
  if (count === p2pCount) return;
  throw new BadSetting(
    `The addresses for clients and for peers differ in number: ${count} and ${p2pCount}, one of each for every ${what}.`,
  );
}

function others(addresses: readonly string[], own: number): string {
  return addresses.length === 1 ? "none" : addresses.filter((_, at) => at !== own).join(",");
}

function listed(addresses: string, at: number, node: string): string {
  const list = addresses.split(",");
  const found = list[at];
  if (found === undefined) throw new BadSetting(`There is no node ${node}: ${list.length} addresses are listed for its kind.`);
  return found;
}

function portOf(address: string): string {
  return address.slice(address.lastIndexOf(":") + 1).trim();
}

function unknown(node: string, known: string): BadSetting {
  return new BadSetting(`'${node}' is no node of the service; a node is ${known}.`);
}
