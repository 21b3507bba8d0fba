import { isReplicaId } from "../base/ids.ts";
import { holds } from "./log.ts";
import { isVoter } from "./membership.ts";
import type { Append, InstallSnapshot, Message, TimeoutNow } from "./message.ts";
import type { RaftState } from "./state.ts";
import type { LogIndex, Term } from "./types.ts";

/** Why a message cannot be genuine; undefined when it can. What is refused changes nothing. */
export function refuse(state: RaftState, message: Message): string | undefined {
  if (message.to !== state.id) return "raft: refused a message to another replica";
  if (!isReplicaId(message.from) || !isVoter(state.membership, message.from)) return "raft: refused a message of a stranger";
  if (message.from === state.id && message.kind !== "vote_reply") return "raft: refused a message of itself";
  if (message.term > state.term + state.options.termJumpMax) return "raft: refused an impossible term";
  if (message.term < 1 && message.kind !== "pre_vote_reply") return "raft: refused a message without a term";
  const isOfLeader = message.kind === "append" || message.kind === "snapshot" || message.kind === "timeout_now";
  return isOfLeader ? denial(state, message) : undefined;
}

/** Why no leader can say this: it denies that this replica leads the term (Raft, 5.2), or what is committed (5.4.3). */
function denial(state: RaftState, message: Append | InstallSnapshot | TimeoutNow): string | undefined {
  if (message.term < state.term) return undefined;
  if (message.term === state.term && state.role === "leader") return "raft: refused another leader of its own term";
  if (message.kind === "timeout_now") return undefined;
  const denies = message.kind === "append" ? appendDenies(state, message) : differs(state, message.mark.index, message.mark.term);
  return denies ? "raft: refused a message that denies what is committed" : undefined;
}

function appendDenies(state: RaftState, { prevIndex, prevTerm, entries }: Append): boolean {
  if (differs(state, prevIndex, prevTerm)) return true;
  return prevIndex < state.commit && entries.some((entry) => differs(state, entry.index, entry.term));
}

/** Whether another entry than that is committed at `index`; what is compacted away is not known any more. */
function differs({ log, commit }: RaftState, index: LogIndex, term: Term): boolean {
  return index >= log.mark.index && index <= commit && !holds(log, index, term);
}
