import { assert } from "./assert.ts";

declare const brand: unique symbol;
/** A `Base` that only its own constructor makes, so that two kinds of number cannot be mixed up. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** The place of a replica in its group's member list: 0, 1, 2, ... */
export type ReplicaId = Brand<number, "ReplicaId">;
/** A replica group. 0 is the shardmaster's own; it owns no shards, so that 0 stands for nobody in a configuration. */
export type GroupId = Brand<number, "GroupId">;
/** A process's address, as its transport understands it. */
export type ServerId = Brand<string, "ServerId">;

/** The most members a group can have: replica ids are below it. */
export const replicasMax = 64;
/** Group ids are below it, so that four bytes hold one. */
export const groupIdMax: number = 2 ** 32 - 1;

export function isReplicaId(value: unknown): value is ReplicaId {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < replicasMax;
}

export function replicaId(value: number): ReplicaId {
  assert(isReplicaId(value), `a replica id is a whole number from 0 to ${replicasMax - 1}`);
  return value;
}

export function isGroupId(value: unknown): value is GroupId {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= groupIdMax;
}

export function groupId(value: number): GroupId {
  assert(isGroupId(value), `a group id is a whole number from 0 to ${groupIdMax}`);
  return value;
}

export function serverId(value: string): ServerId {
  assert(value.length > 0, "a server id is not empty");
  return value as ServerId;
}
