import { termAt } from "../../raft/log.ts";
import type { Message } from "../../raft/message.ts";
import type { RaftState } from "../../raft/state.ts";
import type { LogIndex } from "../../raft/types.ts";
import type { Packet } from "../../rsm/wire.ts";
import { messageIn } from "./chunks.ts";
import type { Elections, PreVoteLeaves } from "./elections.ts";
import { violate } from "./violation.ts";
import { article, type Watched } from "./watched.ts";

/** A server as it was before it took a message in. */
interface Before {
  readonly state: RaftState;
  readonly leaves: PreVoteLeaves;
  readonly commit: LogIndex;
  readonly last: LogIndex;
  /** The sum of everything that a leader takes for matched. */
  readonly matched: number;
  /** Of an append: whether the log holds the place before it. */
  readonly connects: boolean;
}

/** What a message may do to the server that takes it in: R14, R18, R21, R22. */
export class Taken {
  readonly #elections: Elections;

  constructor(elections: Elections) {
    this.#elections = elections;
  }

  /** Lets the server have the packet by calling `deliver`, and looks at what it does with it. */
  packet(server: Watched, packet: Packet, state: RaftState | undefined, deliver: () => void): void {
    const { header, payload } = packet;
    if (state === undefined || payload.kind === "hello" || payload.kind === "pinned" || payload.kind === "unknown") return deliver();
    const message = messageIn(packet);
    const before = look(state, message);
    deliver();
    if (message === undefined) {
      this.#isUntouched(server, before, header.from);
      return;
    }
    if (server.disk.pins.get(header.from) !== header.incarnation) this.#stranger(server, before, message);
    else this.#member(server, before, message);
  }

  /** A part of a snapshot, or an answer to one, is nothing to the core. */
  #isUntouched(server: Watched, before: Before, from: number): void {
    const after = look(before.state, undefined);
    if (after.commit === before.commit && !appended(before, after) && !countedMore(before, after)) return;
    violate("R11", `${server.name} commits, appends or counts something because of a part of a snapshot from ${server.nameOf(from)}`);
  }

  #stranger(server: Watched, before: Before, message: Message): void {
    const after = look(before.state, message);
    const untouched =
      after.leaves.term === before.leaves.term && after.leaves.vote === before.leaves.vote && after.commit === before.commit;
    if (untouched && !appended(before, after) && !countedMore(before, after)) return;
    violate(
      "R22",
      `${server.name} listens to ${article(message)} of ${server.nameOf(message.from)} from a directory that it does not know`,
    );
  }

  #member(server: Watched, before: Before, message: Message): void {
    const { state } = before;
    if (message.kind === "pre_vote") this.#elections.afterPreVote(server, before.leaves, state, message);
    if (message.term < before.leaves.term && isReply(message)) this.#stale(server, before, message);
    if (state.role !== "leader") this.#followerCommit(server, before, message);
  }

  /** An answer to a question of an older term says nothing any more. */
  #stale(server: Watched, before: Before, message: Message): void {
    const after = look(before.state, message);
    const won = after.leaves.role === "leader" && before.leaves.role !== "leader";
    if (!won && !countedMore(before, after) && after.commit === before.commit && after.leaves.term === before.leaves.term) return;
    violate(
      "R14",
      `${server.name}, in term ${before.leaves.term}, counts ${article(message)} of ${server.nameOf(message.from)} from term ${message.term}`,
    );
  }

  /** A follower commits what this message says is committed, as far as it is known to be the leader's (rule P6). */
  #followerCommit(server: Watched, before: Before, message: Message): void {
    const { state, commit } = before;
    if (message.term === state.term) this.#verify(server, before, message);
    if (state.commit <= commit) return;
    const allowed =
      message.kind === "append" ? Math.min(message.commit, server.verified) : message.kind === "snapshot" ? message.mark.index : 0;
    if (state.commit > Math.max(commit, allowed))
      violate(
        "R21",
        `${server.name} commits ${state.commit} after ${article(message)} of ${server.nameOf(message.from)} in term ${message.term}, which allows ${allowed}`,
      );
  }

  #verify(server: Watched, { state, connects }: Before, message: Message): void {
    if (message.kind !== "append" && message.kind !== "snapshot") return;
    if (server.verifiedTerm !== state.term) {
      server.verifiedTerm = state.term;
      server.verified = 0;
    }
    if (message.kind === "snapshot") {
      // One that was dropped because chunks before its last one are missing verifies nothing.
      if (state.commit >= message.mark.index) server.verified = Math.max(server.verified, message.mark.index);
      return;
    }
    const last = message.entries.at(-1);
    const taken = last === undefined || last.index <= state.log.mark.index || termAt(state.log, last.index) === last.term;
    if (connects && taken) server.verified = Math.max(server.verified, message.prevIndex + message.entries.length);
  }
}

function look(state: RaftState, message: Message | undefined): Before {
  const { term, vote, role, electionElapsed, log } = state;
  let matched = 0;
  for (const { match } of state.progress.values()) matched += match;
  return {
    state,
    leaves: { term, vote, role, electionElapsed },
    commit: state.commit,
    last: log.mark.index + log.entries.length,
    matched,
    connects: message?.kind === "append" && (message.prevIndex <= log.mark.index || termAt(log, message.prevIndex) === message.prevTerm),
  };
}

/** Its log has another end. A leader may always add to its own: requests that wait for others are proposed whenever it has a turn. */
function appended(before: Before, after: Before): boolean {
  const leads = before.leaves.role === "leader" && after.leaves.role === "leader" && after.leaves.term === before.leaves.term;
  return leads ? after.last < before.last : after.last !== before.last;
}

/** A leader that has stepped down meanwhile has forgotten everything that it counted. */
function countedMore(before: Before, after: Before): boolean {
  return after.leaves.role === "leader" && before.leaves.role === "leader" && after.matched !== before.matched;
}

function isReply(message: Message): boolean {
  return message.kind === "append_reply" || message.kind === "vote_reply" || (message.kind === "pre_vote_reply" && !message.granted);
}
