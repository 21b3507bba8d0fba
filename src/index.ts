/** The package's door: what users may build on. Everything else behind it may change. */
export type {
  Admin,
  Changed,
  ChangeToPlan,
  GroupToJoin,
  IdentifiedGroup,
  Plan,
  ServerReport,
  ShardCount,
  ShardMove,
  StatusOptions,
} from "./client/admin.ts";
export type {
  CallOptions,
  CasResult,
  Client,
  Data,
  DeleteResult,
  OldValue,
  PutResult,
  PutVersionResult,
  Scan,
  ScanRange,
  ScanRow,
  Versioned,
} from "./client/client.ts";
export { type ErrorCode, KvorumError, type OutcomeKind } from "./client/errors.ts";
export type { Amount, ClusterStatus, GroupState, GroupStatus, HeldAmount, OwnerReason, ReplicaStatus, ShardWait } from "./client/status.ts";
export type { ServerState, Trouble } from "./client/trouble.ts";
export type { AdminOptions } from "./real/admin-options.ts";
export { connectAdmin } from "./real/connect-admin.ts";
export { connect } from "./real/connect.ts";
export type { ConnectOptions } from "./real/connect-options.ts";
export type { ReplicaReport } from "./rsm/inquiry.ts";
export type { GroupRow } from "./shardkv/migration/group-row.ts";
export type { WaitPhase, WaitReason } from "./shardkv/migration/waits.ts";
export type { ClusterShape } from "./shardmaster/commands.ts";
export type { Config, Group, Holder, Owned } from "./shardmaster/config.ts";
export type { PartitionerSpec } from "./shardmaster/partitioner.ts";
