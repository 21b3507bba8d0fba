import { assert } from "../../src/base/assert.ts";
import type { ReplicaId } from "../../src/base/ids.ts";
import { termAt } from "../../src/raft/log.ts";
import type { AppendAccepted, Message, Vote, VoteReply } from "../../src/raft/message.ts";
import type { Raft } from "../../src/raft/raft.ts";
import type { ReadState, Write } from "../../src/raft/ready.ts";
import type { Entry, LogIndex, Term } from "../../src/raft/types.ts";
import type { Cluster, Node } from "./cluster.ts";
import { imageLast, imageTerm } from "./disk.ts";

/**
 * Looks at a whole cluster after every input, durable images included, and throws when one of Raft's promises is broken: one
 * leader in a term, matching logs, leaders complete, one history applied, commits durable at a quorum, votes given once and
 * kept, nothing said that the disk does not hold.
 */
export class Checker {
  readonly #cluster: Cluster;
  readonly #leaders = new Map<Term, ReplicaId>();
  readonly #votes = new Map<string, ReplicaId>();
  readonly #requests = new Map<string, Vote>();
  /** What stands at an index with a term, and the term of the entry before it. */
  readonly #entries = new Map<string, string>();
  /** Every entry that was ever committed, from index 1 on. */
  readonly committed: Entry[] = [];
  readonly #commits = new Map<ReplicaId, LogIndex>();
  /** The highest term that a replica has spoken in. */
  readonly #told = new Map<ReplicaId, Term>();
  /** What was committed when a read was asked, by node and context. */
  readonly #reads = new Map<string, LogIndex>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  opened(node: Node): void {
    this.#commits.set(node.id, 0);
  }

  looked(node: Node): void {
    if (node.raft === undefined) return;
    const { state } = node.raft;
    const { log, commit } = state;
    assert(state.term >= (this.#told.get(node.id) ?? 0), "a term that was told is not forgotten");
    assert(log.mark.index <= state.applied && state.applied <= commit && commit <= log.mark.index + log.entries.length, "no hole");
    assert(commit >= (this.#commits.get(node.id) ?? 0), "a commit index only rises");
    this.#commits.set(node.id, commit);
    if (state.role === "leader") this.#lookAtLeader(node, node.raft);
    this.#lookAtCommit(node.raft);
    this.#lookAtStable(node);
  }

  #lookAtLeader(node: Node, raft: Raft): void {
    const { term, log, progress } = raft.state;
    const known = this.#leaders.get(term);
    assert(known === undefined || known === node.id, "a term has one leader");
    if (known === undefined) {
      this.#leaders.set(term, node.id);
      for (const entry of this.committed) {
        const own = termAt(log, entry.index);
        assert(entry.index < log.mark.index || own === entry.term, "a leader has everything that was committed");
      }
    }
    for (const [to, { match, next }] of progress) {
      assert(match < next, "what is known to match is not sent again");
      this.#lookAtMatch(raft, to, match);
    }
  }

  /** A leader believes of a follower's disk only what is there. */
  #lookAtMatch(raft: Raft, to: ReplicaId, match: LogIndex): void {
    const { image } = this.#cluster.node(to).disk;
    // A follower that has moved on may have taken entries back that this leader could not commit.
    if (image.hardState.term > raft.state.term) return;
    assert(match <= imageLast(image), "what matches is durable");
    const theirs = imageTerm(image, match);
    const ours = termAt(raft.state.log, match);
    assert(theirs === undefined || ours === undefined || theirs === ours, "what matches is the same entry");
  }

  #lookAtCommit(raft: Raft): void {
    const { log, commit, membership } = raft.state;
    for (let index = this.committed.length + 1; index <= commit; index += 1) {
      const entry = log.entries[index - log.mark.index - 1];
      assert(entry !== undefined, "what is newly committed is retained");
      let holders = 0;
      for (const voter of membership.voters) {
        const { image } = this.#cluster.node(voter).disk;
        if (image.mark.index >= index || imageTerm(image, index) === entry.term) holders += 1;
      }
      assert(holders > membership.voters.length / 2, "what is committed is durable at a quorum");
      this.committed.push(entry);
    }
  }

  /** `stable` claims nothing that the disk lacks. */
  #lookAtStable(node: Node): void {
    const log = node.raft?.state.log;
    if (log === undefined || log.stable <= node.disk.image.mark.index) return;
    assert(log.stable <= imageLast(node.disk.image), "what is stable is on the disk");
    const theirs = termAt(log, log.stable);
    assert(theirs === undefined || theirs === imageTerm(node.disk.image, log.stable), "what is stable is on the disk as it is");
  }

  wrote(write: Write): void {
    for (const entry of write.entries) {
      const key = `${entry.index}/${entry.term}`;
      const text = Buffer.from(entry.data).toString("base64");
      assert((this.#entries.get(key) ?? text) === text, "an index and a term name one entry");
      this.#entries.set(key, text);
    }
  }

  applied(node: Node, entries: readonly Entry[]): void {
    if (node.raft !== undefined) this.#lookAtCommit(node.raft);
    entries.forEach((entry, i) => {
      assert(entry.index === node.rows.length + 1 + i, "entries are applied in order");
      assert(this.committed[entry.index - 1]?.term === entry.term, "every replica applies the same entries");
    });
  }

  /** What leaves a replica promises nothing that its disk does not hold. */
  sent(node: Node, message: Message): void {
    const { hardState } = node.disk.image;
    if (message.kind === "pre_vote" || (message.kind === "pre_vote_reply" && message.granted)) return;
    assert(hardState.term >= message.term, "a term is durable before it is told");
    this.#told.set(node.id, Math.max(message.term, this.#told.get(node.id) ?? 0));
    if (message.kind === "vote") this.#sentVote(node, message);
    if (message.kind === "vote_reply" && message.granted) this.#gaveVote(node, message);
    if (message.kind === "append_reply" && message.accepted) this.#accepted(node, message);
  }

  #sentVote(node: Node, vote: Vote): void {
    const { image } = node.disk;
    // Who asks too late, having heard who won, may have a newer disk; it does not count the answers.
    if (node.raft?.state.role !== "candidate") return;
    assert(image.hardState.vote === node.id, "a candidate's own vote is durable before it asks");
    assert(imageTerm(image, vote.lastIndex) === vote.lastTerm, "a candidate's log is durable before it asks");
    this.#requests.set(`${vote.term} ${vote.from}`, vote);
  }

  #gaveVote(node: Node, reply: VoteReply): void {
    const { image } = node.disk;
    const before = this.#votes.get(`${node.id} ${reply.term}`);
    assert(before === undefined || before === reply.to, "a replica votes once in a term");
    this.#votes.set(`${node.id} ${reply.term}`, reply.to);
    assert(image.hardState.term > reply.term || image.hardState.vote === reply.to, "a vote is durable before it is told");
    const request = this.#requests.get(`${reply.term} ${reply.to}`);
    const last = imageLast(image);
    const lastTerm = imageTerm(image, last) ?? 0;
    // Once the new leader was heard, its entries may stand there.
    if (request === undefined || image.hardState.term > reply.term || node.raft?.state.leader !== undefined) return;
    const upToDate = request.lastTerm > lastTerm || (request.lastTerm === lastTerm && request.lastIndex >= last);
    assert(upToDate, "a voter's log is no newer than the candidate's");
  }

  #accepted(node: Node, reply: AppendAccepted): void {
    assert(imageLast(node.disk.image) >= reply.match, "what is acknowledged is durable");
    const leader = this.#cluster.node(reply.to).raft;
    if (leader?.state.role === "leader" && leader.state.term === reply.term) this.#lookAtMatch(leader, node.id, reply.match);
  }

  readAsked(id: number, context: number): void {
    this.#reads.set(`${id} ${context}`, this.committed.length);
  }

  readAnswered(node: Node, read: ReadState): void {
    const asked = this.#reads.get(`${node.id} ${read.context}`) ?? 0;
    assert(read.index >= asked, "a read sees everything committed before it was asked");
  }
}
