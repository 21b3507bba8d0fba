import type { ReplicaId } from "../../base/ids.ts";
import type { Append, AppendReply } from "../../raft/message.ts";
import type { Progress as FollowerProgress } from "../../raft/progress.ts";
import type { RaftState } from "../../raft/state.ts";
import { entryBytes, type LogIndex, type Term } from "../../raft/types.ts";
import type { Ledger } from "./ledger.ts";
import { violate } from "./violation.ts";
import { type Watched, watchedAt } from "./watched.ts";

/** How far a leader took a follower's log for its own when it was last looked at. */
interface Matched {
  term: number;
  life: number;
  match: LogIndex;
}

/** What a leader believes of its followers, and that everything stays within its limits: R14, R23, R24. */
export class Progress {
  readonly #ledger: Ledger;
  readonly #servers: readonly Watched[];
  /** By leader, then by follower. */
  readonly #matched: readonly Matched[][];

  constructor(ledger: Ledger, servers: readonly Watched[]) {
    this.#ledger = ledger;
    this.#servers = servers;
    this.#matched = servers.map(() => servers.map(() => ({ term: 0, life: 0, match: 0 })));
  }

  /** Looks at everything that a leader believes. */
  all(server: Watched, state: RaftState): void {
    for (const to of state.progress.keys()) this.of(server, state, to);
  }

  /** Looks at what a leader believes of one follower: it changes with an answer of that follower and with what is sent to it. */
  of(server: Watched, state: RaftState, to: number): void {
    const progress = state.role === "leader" ? state.progress.get(to as ReplicaId) : undefined;
    if (progress === undefined) return;
    const before = this.#matched[server.at]?.[to] as Matched;
    if (before.term !== state.term || before.life !== server.life) {
      before.term = state.term;
      before.life = server.life;
      before.match = 0;
    }
    if (progress.next <= progress.match)
      violate("R14", `${server.name} would send ${server.nameOf(to)} entry ${progress.next} next, and takes ${progress.match} for matched`);
    if (progress.match !== before.match) this.#moved(server, state, to, before.match, progress.match);
    before.match = progress.match;
    this.#window(server, state, to, progress);
  }

  /** A match comes from an acknowledgement of this term, and of this very log: not of entries that were overwritten since (R23). */
  #moved(server: Watched, state: RaftState, to: number, before: LogIndex, match: LogIndex): void {
    const { term } = state;
    const who = `${server.name}, leading term ${term},`;
    if (match < before) violate("R14", `${who} takes ${server.nameOf(to)} back from ${before} to ${match}`);
    const follower = watchedAt(this.#servers, to);
    if (follower.ackTerm < term || (follower.ackTerm === term && !follower.acks.has(match)))
      violate("R14", `${who} takes ${match} of ${server.nameOf(to)} for durable, which has not acknowledged it in this term`);
    // One that has gone on to a newer term has forgotten what it said in this one.
    if (follower.ackTerm > term) return;
    const theirs = follower.acks.get(match);
    // They come in order, nearly: what is behind is not asked for again.
    for (const counted of follower.acks.keys()) {
      if (counted > match) break;
      follower.acks.delete(counted);
    }
    const own = server.memory.chainAt(match) ?? this.#ledger.chainAt(match);
    if (theirs !== undefined && own !== theirs)
      violate("R23", `${who} counts an acknowledgement of ${match} by ${server.nameOf(to)} for another log`);
  }

  #window(server: Watched, state: RaftState, to: number, { inFlight, inFlightBytes }: FollowerProgress): void {
    const { inFlightMax, inFlightBytesMax } = state.options;
    if (inFlight.length > inFlightMax)
      violate("R24", `${server.name} has ${inFlight.length} appends to ${server.nameOf(to)} under way, and ${inFlightMax} are allowed`);
    const newest = inFlight[inFlight.length - 1];
    if (newest !== undefined && inFlightBytes - newest.bytes >= inFlightBytesMax)
      violate("R24", `${server.name} has ${inFlightBytes} bytes to ${server.nameOf(to)} under way, and ${inFlightBytesMax} are allowed`);
  }

  /** What is not durable, or not committed, is bounded; one append or one command may pass the limit. */
  bounds(server: Watched, state: RaftState): void {
    const { options, log, uncommittedBytes, reads } = state;
    if (log.unstableBytes < 0 || log.unwrittenBytes < 0 || uncommittedBytes < 0)
      violate("R24", `${server.name} counts fewer than no bytes: ${log.unstableBytes} unstable, ${uncommittedBytes} uncommitted`);
    if (reads.length > options.readsMax)
      violate("R24", `${server.name} has ${reads.length} reads waiting, and ${options.readsMax} are allowed`);
    if (log.unstableBytes > options.unstableBytesMax + Math.max(server.memory.largestBytes, options.appendBytesMax))
      violate("R24", `${server.name} has ${log.unstableBytes} bytes that are not durable, and ${options.unstableBytesMax} are allowed`);
    if (state.role !== "leader" || uncommittedBytes < options.uncommittedBytesMax) return;
    // A new leader may inherit as much as its predecessors had, and always adds the first entry of its term.
    const newest = log.entries[log.entries.length - 1];
    const before = log.entries[log.entries.length - 2];
    const added = newest !== undefined && newest.term === state.term && before?.term === state.term;
    if (added && uncommittedBytes - entryBytes(newest) >= options.uncommittedBytesMax)
      violate("R24", `${server.name} has ${uncommittedBytes} bytes that are not committed, and ${options.uncommittedBytesMax} are allowed`);
  }

  /** An append leaves: it is no longer than it may be, or it has one entry. */
  appended(server: Watched, { entries, to }: Append): void {
    const options = server.state?.options;
    if (options === undefined || entries.length <= 1) return;
    if (entries.length > options.appendEntriesMax)
      violate(
        "R24",
        `${server.name} sends ${server.nameOf(to)} ${entries.length} entries at once, and ${options.appendEntriesMax} are allowed`,
      );
    let bytes = 0;
    for (const entry of entries) bytes += entryBytes(entry);
    if (bytes > options.appendBytesMax)
      violate("R24", `${server.name} sends ${server.nameOf(to)} ${bytes} bytes at once, and ${options.appendBytesMax} are allowed`);
  }

  /** An acknowledgement leaves: what it calls durable must be, and it is remembered for the leader that will count it (R14, R26). */
  acknowledged(server: Watched, reply: AppendReply): void {
    if (!reply.accepted) return;
    const { term, match } = reply;
    const { disk } = server;
    if (match > disk.last) violate("R26", `${server.name} acknowledges ${match} in term ${term} while its disk ends at ${disk.last}`);
    if (!isNoted(server, term, match)) violate("R26", `${server.name} acknowledges ${match} in term ${term} before that is on note`);
    if (term > server.ackTerm) {
      server.acks.clear();
      server.ackTerm = term;
      server.ackIndex = 0;
    }
    if (term < server.ackTerm) return;
    const chain = disk.chainAt(match) ?? this.#ledger.chainAt(match);
    server.acks.set(match, chain);
    if (match <= server.ackIndex) return;
    server.ackIndex = match;
    server.ackChain = chain;
  }

  /** A leader takes more of its own log for durable: entries of its term count for its quorum. */
  counted(server: Watched, { role, term, log }: RaftState): void {
    if (role !== "leader" || server.memory.termAt(log.stable) !== term) return;
    if (!isNoted(server, term, log.stable))
      violate("R26", `${server.name}, leading term ${term}, counts its own log up to ${log.stable} before that is on note`);
  }

  /** A batch that touches the log has become durable: what was acknowledged in the present term is still there. */
  stored(server: Watched): void {
    const { disk, ackTerm, ackIndex, ackChain } = server;
    if (disk.term !== ackTerm || ackIndex <= disk.markIndex) return;
    if (disk.chainAt(ackIndex) !== ackChain)
      violate("R26", `the disk of ${server.name} has lost entry ${ackIndex}, which was acknowledged in term ${ackTerm}`);
  }

  /** A new life has read its disk, by the same rule. */
  opened(server: Watched, state: RaftState): void {
    const { memory, ackTerm, ackIndex, ackChain } = server;
    if (state.term !== ackTerm || ackIndex <= memory.markIndex) return;
    if (memory.chainAt(ackIndex) !== ackChain)
      violate("R26", `${server.name} comes back in term ${ackTerm} without entry ${ackIndex}, which it has acknowledged in this term`);
  }
}

/** Whether this server, when its process ends now, will miss an entry up to `index` that its disk has lost (rule P9). */
function isNoted(server: Watched, term: Term, index: LogIndex): boolean {
  const { hard, applied } = server.disk;
  // A log that does not reach as far as the durable state is found out without a note.
  if (applied !== undefined && index <= applied.index) return true;
  const { acknowledged, acknowledgedIn } = server.note();
  return index <= acknowledged && (term <= acknowledgedIn || acknowledgedIn >= (hard?.truncatedIn ?? 0));
}
