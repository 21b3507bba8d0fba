import { utf8 } from "../../base/bytes.ts";
import { hashBytes } from "../../base/hash.ts";
import { groupId, type GroupId, type ServerId, serverId } from "../../base/ids.ts";
import { type Address, parseAddress } from "../../real/address.ts";
import type { Group } from "../../shardmaster/config.ts";
import type { PartitionerSpec } from "../../shardmaster/partitioner.ts";
import type { ClusterShape } from "../../shardmaster/shape.ts";
import { madkvCluster } from "./names.ts";
import type { ManagerSettings, PartitionerKind } from "./settings.ts";

/*
 * What follows from a manager's words alone, so that a manager without a disk is the same one when it is started again, and managers
 * that were given other words are not of one group.
 */

/** The group of a partition. */
export function groupOf(partition: number): GroupId {
  return groupId(partition + 1);
}

/** What managers are called among servers, which know their addresses and not their names; clients call them what they like. */
export function managerName(replica: number): ServerId {
  return serverId(`m.${replica}`);
}

type Words = Pick<ManagerSettings, "servers" | "rf" | "partitioner">;

/** Tells this cluster from others, in every group of it. */
export function creationOf({ servers, rf, partitioner }: Words): number {
  return hashBytes(utf8([partitioner, rf, ...servers].join(" ")));
}

/** A group for each partition. */
export function foundersOf(words: Words): readonly Group[] {
  const { servers, rf } = words;
  const creation = creationOf(words);
  return Array.from({ length: servers.length / rf }, (_, partition) => ({
    gid: groupOf(partition),
    creation,
    servers: servers.slice(partition * rf, (partition + 1) * rf).map(serverId),
  }));
}

/** As many shards as partitions: each partition has one. */
export function shapeOf(words: Words): ClusterShape {
  const shards = words.servers.length / words.rf;
  return { cluster: madkvCluster, shards, partitioner: partitionerOf(words.partitioner, shards) };
}

/** Ranges are of equal width for first characters that are digits and letters; they are for demonstrations, and for nothing else. */
function partitionerOf(kind: PartitionerKind, shards: number): PartitionerSpec {
  if (kind === "hash") return { kind };
  const characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const splits = Array.from({ length: shards - 1 }, (_, at) =>
    utf8(characters.charAt(Math.floor(((at + 1) * characters.length) / shards))),
  );
  return { kind, splits };
}

/** Where others are: these ones at addresses of their own, and whoever else at the address that his name is. */
export function addressBook(known: Iterable<readonly [ServerId, Address | undefined]>): (server: ServerId) => Address | undefined {
  const book = new Map(known);
  return (server) => (book.has(server) ? book.get(server) : parseAddress(server));
}
