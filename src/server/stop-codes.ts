import type { StopReason } from "../real/stop.ts";

/** With which exit code a server ends for each reason. Scripts and supervisors may rely on them: a code never changes its meaning. */
export const stopCodes: Readonly<Record<StopReason, number>> = {
  data_unusable: 10,
  data_locked: 11,
  data_damaged: 12,
  disk_failed: 13,
  address_unusable: 14,
  peers_foreign: 15,
  shape_differs: 16,
};

/** What each code means, for those who read it. */
export const stopMeanings: Readonly<Record<StopReason, string>> = {
  data_unusable: "the data directory is missing, not writable, not kvorum's, another cluster's or replica's, or of a newer format",
  data_locked: "another process has the data directory open",
  data_damaged: "what is in the data directory is not what was written: this replica must be replaced",
  disk_failed: "a write or a sync failed; start the server again when the disk is well",
  address_unusable: "the address to listen on is in use, or not this machine's",
  peers_foreign: "a peer belongs to another cluster or speaks another version of the protocol",
  shape_differs:
    "the cluster has another shape - its shards, or how keys become shards - than a server of the shardmaster was told, or a group has",
};
