export { isRequest, type Message } from "./message.ts";
export { membership } from "./membership.ts";
export { openState, type Restored } from "./open.ts";
export { raftOptions, type RaftOptions } from "./options.ts";
export { type Proposal, Raft, type ReadRequest, type Status } from "./raft.ts";
export type { Ready, ReadState, Write } from "./ready.ts";
export type { Entry, HardState, LogIndex, Mark, Membership, Term } from "./types.ts";
