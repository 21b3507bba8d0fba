import type { Message, PreVote, Vote, VoteReply } from "../../raft/message.ts";
import { quorumSize } from "../../raft/membership.ts";
import type { RaftState } from "../../raft/state.ts";
import type { HardRow } from "../../rsm/log/rows.ts";
import type { Ledger } from "./ledger.ts";
import { violate } from "./violation.ts";
import { article, type Watched } from "./watched.ts";

/** Terms, votes and who wins with them: R1, R4, R7, R8, R13, R18, and of R26 what a message says about term and vote. */
export class Elections {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A new life has read its disk. */
  opened(server: Watched, state: RaftState): void {
    const told = Math.max(server.toldTerm, server.disk.term);
    if (state.term < told) violate("R7", `${server.name} comes back in term ${state.term} after it has spoken or written in term ${told}`);
    const vote = this.#ledger.voteOf(server.at, state.term);
    if (vote !== undefined && server.lost === undefined && state.vote !== vote)
      violate("R8", `${server.name} comes back in term ${state.term} and has forgotten that it voted for ${server.nameOf(vote)}`);
  }

  /** Term, vote or role have changed since the last look, in one life. */
  changed(server: Watched, state: RaftState): void {
    const { term, vote, role } = state;
    if (term < server.term) violate("R7", `the term of ${server.name} has fallen from ${server.term} to ${term}`);
    const before = term === server.term ? server.vote : undefined;
    if (before !== undefined && vote !== before)
      violate(
        "R8",
        `${server.name} has changed its vote in term ${term} from ${server.nameOf(before)} to ${vote === undefined ? "none" : server.nameOf(vote)}`,
      );
    if (vote !== undefined && vote !== before && vote !== server.id) this.#granted(server, state, vote);
    if (role === "pre_candidate" && server.role !== "pre_candidate" && term !== server.term)
      violate("R18", `${server.name} went from term ${server.term} to ${term} for a pre-vote`);
    if (role === "leader" && (server.role !== "leader" || server.term !== term)) this.#won(server, state);
  }

  /** The vote was given within this event, so the voter's log is what it was compared with. */
  #granted(server: Watched, state: RaftState, candidate: number): void {
    const asked = this.#ledger.requestOf(candidate, state.term);
    if (asked === undefined)
      violate("R13", `${server.name} votes for ${server.nameOf(candidate)} in term ${state.term}, which has not asked for it`);
    const { last, lastTerm } = server.memory;
    const upToDate = asked.lastTerm > lastTerm || (asked.lastTerm === lastTerm && asked.lastIndex >= last);
    if (upToDate) return;
    violate(
      "R13",
      `${server.name} votes in term ${state.term} for ${server.nameOf(candidate)}, whose log ends at ${asked.lastIndex} (term ${asked.lastTerm}), ` +
        `behind its own, which ends at ${last} (term ${lastTerm})`,
    );
  }

  #won(server: Watched, state: RaftState): void {
    const { term } = state;
    this.#leads(server, term);
    const voters = state.membership.voters.filter((voter) => this.#votedFor(voter, server, term));
    if (voters.length < quorumSize(state.membership))
      violate(
        "R1",
        `${server.name} leads term ${term} with the durable votes of ${voters.length} of ${state.membership.voters.length} voters`,
      );
    const committed = this.#ledger.committedBefore(term);
    const own = server.memory.chainAt(committed) ?? (committed < server.memory.markIndex ? this.#ledger.chainAt(committed) : undefined);
    if (own !== this.#ledger.chainAt(committed))
      violate("R4", `${server.name} leads term ${term}, and its log does not hold what was committed up to ${committed} in earlier terms`);
  }

  #votedFor(voter: number, leader: Watched, term: number): boolean {
    if (voter !== leader.at) return this.#ledger.voteOf(voter, term) === leader.at;
    const { hard } = leader.disk;
    return hard !== undefined && (hard.term > term || (hard.term === term && hard.vote === leader.at));
  }

  /** Somebody acts as the leader of a term: by its role, or by an append that it sends. */
  #leads(server: Watched, term: number): void {
    const known = this.#ledger.leaderOf(term);
    if (known === undefined) {
      this.#ledger.won(term, { server: server.at, life: server.life });
      return;
    }
    if (known.server !== server.at) violate("R1", `term ${term} has two leaders, ${server.nameOf(known.server)} and ${server.name}`);
    if (known.life !== server.life) violate("R1", `${server.name} leads term ${term} again after a restart`);
  }

  /** The durable row of term and vote has changed. */
  stored(server: Watched, before: HardRow | undefined): void {
    const { hard } = server.disk;
    if (before === undefined) return;
    if (hard === undefined) violate("R7", `${server.name} has deleted its term and vote from its disk`);
    if (hard.term < before.term) violate("R7", `the durable term of ${server.name} has fallen from ${before.term} to ${hard.term}`);
    if (hard.term === before.term && before.vote !== undefined && hard.vote !== before.vote)
      violate("R8", `the durable vote of ${server.name} in term ${hard.term} has changed from ${server.nameOf(before.vote)}`);
  }

  /** A message leaves. What it says about its sender must be what a power cut at this moment would leave. */
  sent(server: Watched, message: Message): void {
    // A pre-vote and its grant name a term that nobody is in yet.
    if (message.kind === "pre_vote" || (message.kind === "pre_vote_reply" && message.granted)) return;
    const { term } = message;
    if (server.disk.term < term)
      violate("R26", `${server.name} sends ${article(message)} of term ${term} while its disk is in term ${server.disk.term}`);
    if (term > server.toldTerm) server.toldTerm = term;
    if (message.kind === "append" || message.kind === "snapshot") this.#leads(server, term);
    else if (message.kind === "vote") this.#asks(server, message);
    else if (message.kind === "vote_reply" && message.granted) this.#gives(server, message, message.to);
  }

  #asks(server: Watched, request: Vote): void {
    const { term, lastIndex, lastTerm } = request;
    this.#gives(server, request, server.at);
    const before = this.#ledger.requestOf(server.at, term);
    if (before !== undefined && (before.lastIndex !== lastIndex || before.lastTerm !== lastTerm))
      violate(
        "R13",
        `${server.name} asks for votes in term ${term} with two different logs, ending at ${before.lastIndex} and at ${lastIndex}`,
      );
    this.#ledger.asked(server.at, term, { lastIndex, lastTerm });
    // One who has heard meanwhile who won asks too late, and may have another log by now: it does not count the answers.
    if (server.state?.role !== "candidate" || server.state.term !== term) return;
    const { disk } = server;
    if (disk.termAt(lastIndex) !== lastTerm && !(lastIndex < disk.markIndex))
      violate(
        "R26",
        `${server.name} asks for votes in term ${term} for a log up to ${lastIndex} (term ${lastTerm}) that its disk does not hold`,
      );
  }

  /** A vote that others will count: one in a term, and durable in the rows and in the cell. */
  #gives(server: Watched, message: Vote | VoteReply, candidate: number): void {
    const { term } = message;
    const before = this.#ledger.voteOf(server.at, term);
    if (before !== undefined && before !== candidate)
      violate("R8", `${server.name} votes in term ${term} for ${server.nameOf(candidate)} after it has voted for ${server.nameOf(before)}`);
    if (before === candidate) return;
    this.#ledger.voted(server.at, term, candidate);
    const { hard } = server.disk;
    if (hard === undefined || (hard.term === term && hard.vote !== candidate))
      violate("R8", `${server.name} tells its vote for ${server.nameOf(candidate)} in term ${term} before it is durable`);
    const cell = server.cells().hard.hardState;
    if (cell.term < term || (cell.term === term && cell.vote !== candidate))
      violate("R8", `${server.name} tells its vote for ${server.nameOf(candidate)} in term ${term} before its cell holds it`);
  }

  /** A pre-vote was taken in. Ticks that had fallen due may have been made first: they make the timer run, or run out. */
  afterPreVote(server: Watched, before: PreVoteLeaves, state: RaftState, request: PreVote): void {
    const from = server.nameOf(request.from);
    if (state.term !== before.term)
      violate("R18", `a pre-vote of ${from} has moved ${server.name} from term ${before.term} to ${state.term}`);
    if (state.vote !== before.vote) violate("R18", `a pre-vote of ${from} has changed the vote of ${server.name} in term ${state.term}`);
    const waits = before.role === "follower" && state.role === "follower";
    if (waits && state.electionElapsed < before.electionElapsed)
      violate("R18", `a pre-vote of ${from} has restarted the election timer of ${server.name} in term ${state.term}`);
  }
}

/** What a pre-vote must leave alone, as it was before. */
export type PreVoteLeaves = Pick<RaftState, "term" | "vote" | "role" | "electionElapsed">;
