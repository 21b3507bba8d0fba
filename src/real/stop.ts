/** Why a server does not start, or cannot go on. Each has an exit code of its own, which never changes. */
export type StopReason =
  /** The data directory is missing, not writable, not ours, another server's, or of another format. */
  | "data_unusable"
  /** Another process has it open. */
  | "data_locked"
  /** What is in it is not what was written: it must not be used. */
  | "data_damaged"
  /** A write or a sync has failed, at the start or later; nothing is known about the disk any more. */
  | "disk_failed"
  /** The address to listen on is in use, not this machine's, or none. */
  | "address_unusable"
  /** A peer belongs to another cluster, or speaks another version of the protocol. */
  | "peers_foreign"
  /** The cluster has another number of shards, or divides its keys in another way, than this server was told or its group has. */
  | "shape_differs";

/**
 * Ends the process, because of what `sentence` says. In production it does not return; elsewhere whoever called it does nothing more:
 * no callback runs, nothing is accepted.
 */
export type Stop = (reason: StopReason, sentence: string) => void;

/** What was to be opened is not usable, and nothing was changed. The message is one sentence that says what was given and what to do. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly reason: StopReason;

  constructor(reason: StopReason, sentence: string, cause?: unknown) {
    super(sentence, { cause });
    this.reason = reason;
  }
}
