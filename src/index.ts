/** The package's door. What stands behind it may change; what is exported here is what others may build on. */
export { groupId, type GroupId, replicaId, type ReplicaId, serverId, type ServerId } from "./base/ids.ts";
export * from "./env/index.ts";
export * from "./raft/index.ts";
export * from "./rsm/index.ts";
