/** How much a server keeps. */
export interface ServerSizes {
  /** Of its log, without snapshots; a dead one counts with what it last had. */
  readonly logBytes: number;
  /** Up to here it has dropped its log: 0 when it has never made what the labs call a snapshot. */
  readonly droppedTo: number;
}

/** The most of each that any server keeps. */
export function mostOf(servers: readonly ServerSizes[]): ServerSizes {
  return {
    logBytes: Math.max(...servers.map(({ logBytes }) => logBytes)),
    droppedTo: Math.max(...servers.map(({ droppedTo }) => droppedTo)),
  };
}
