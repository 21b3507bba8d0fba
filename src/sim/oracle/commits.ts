import { quorumSize } from "../../raft/membership.ts";
import type { RaftState } from "../../raft/state.ts";
import type { Entry, LogIndex } from "../../raft/types.ts";
import { chainAfter } from "../../rsm/log/rows.ts";
import type { Ledger } from "./ledger.ts";
import { violate } from "./violation.ts";
import { type Watched, watchedAt } from "./watched.ts";

/** What is committed and applied: R5, R6, R9, R12, and of R23 that a server believes of its own disk only what is there. */
export class Commits {
  readonly #ledger: Ledger;
  readonly #servers: readonly Watched[];
  readonly #chainAt: (index: LogIndex) => number | undefined;

  constructor(ledger: Ledger, servers: readonly Watched[]) {
    this.#ledger = ledger;
    this.#servers = servers;
    this.#chainAt = (index) => ledger.chainAt(index);
  }

  /** A new life has read its disk. */
  opened(server: Watched, state: RaftState): void {
    const durable = server.disk.applied?.index ?? 0;
    if (state.applied < durable)
      violate("R9", `${server.name} comes back with ${state.applied} applied, and its disk holds the state at ${durable}`);
    this.#agrees(server, state.commit);
  }

  /** The commit index has changed since the last look, in one life. */
  changed(server: Watched, state: RaftState): void {
    const { commit, role, term } = state;
    if (commit < server.commit) violate("R9", `the commit index of ${server.name} has fallen from ${server.commit} to ${commit}`);
    if (role === "leader" && server.memory.termAt(commit) !== term)
      violate(
        "R12",
        `${server.name}, leading term ${term}, commits entry ${commit} of term ${String(server.memory.termAt(commit))} by counting`,
      );
    if (commit > this.#ledger.commit) this.#firstCommit(server, state);
    this.#agrees(server, commit);
  }

  /** Nobody has committed this before. */
  #firstCommit(server: Watched, state: RaftState): void {
    const { commit, membership, term } = state;
    const chain = server.memory.chainAt(commit);
    if (chain === undefined) violate("R10", `${server.name} commits ${commit} and does not hold it`);
    const holders = membership.voters.filter((voter) => watchedAt(this.#servers, voter).holds(commit, chain, this.#chainAt));
    if (holders.length < quorumSize(membership))
      violate(
        "R6",
        `${server.name} commits ${commit} in term ${term} while ${holders.length} of ${membership.voters.length} disks hold it`,
      );
    for (let index = this.#ledger.commit + 1; index <= commit; index += 1) {
      const entry = server.memory.entryAt(index);
      if (entry === undefined) violate("R5", `${server.name} has a snapshot at ${index}, which nobody has committed`);
      this.#ledger.committed(server.memory.chainAt(index) as number, entry.term, entry.data, term);
    }
  }

  #agrees(server: Watched, commit: LogIndex): void {
    const own = server.memory.chainAt(commit);
    if (own === undefined || commit > this.#ledger.commit) return;
    if (own !== this.#ledger.chainAt(commit))
      violate("R5", `${server.name} commits ${commit}, and its log up to there is not what was committed there before`);
  }

  /** An entry has been applied. */
  applied(server: Watched, entry: Entry): void {
    const { index } = entry;
    if (index !== server.machineIndex + 1) violate("R5", `${server.name} applies entry ${index} after ${server.machineIndex}`);
    const own = server.memory.entryAt(index);
    const chain = own === entry ? server.memory.chainAt(index) : chainAfter(this.#ledger.chainAt(index - 1) ?? 0, entry);
    if (chain !== this.#ledger.chainAt(index)) {
      if (index > this.#ledger.commit) violate("R5", `${server.name} applies entry ${index}, and only ${this.#ledger.commit} is committed`);
      violate("R5", `${server.name} applies another entry at ${index} than was committed there`);
    }
    server.machineIndex = index;
  }

  /** The durable row that says what the state holds has changed. */
  stored(server: Watched, before: LogIndex): void {
    const { applied } = server.disk;
    if (applied === undefined) violate("R9", `${server.name} has deleted the applied index from its disk`);
    if (applied.index < before) violate("R9", `the durable state of ${server.name} has gone back from ${before} to ${applied.index}`);
    if (applied.index > this.#ledger.commit)
      violate("R5", `${server.name} has applied ${applied.index} on disk, and only ${this.#ledger.commit} is committed`);
    if (applied.chain !== this.#ledger.chainAt(applied.index))
      violate("R5", `the durable state of ${server.name} at ${applied.index} does not follow from what was committed`);
  }

  /** `stable` has changed: the disk must hold the log up to there, this log and no other. */
  stable(server: Watched, state: RaftState): void {
    const { stable } = state.log;
    // While a snapshot is being installed nothing is stable, and what is behind the mark cannot be looked up any more.
    if (stable < server.memory.markIndex || stable === 0) return;
    const own = server.memory.chainAt(stable);
    if (own === undefined) violate("R23", `${server.name} takes its log for durable up to ${stable}, and it ends at ${server.memory.last}`);
    if (server.disk.chainAt(stable) !== own)
      violate("R23", `${server.name} takes its log for durable up to ${stable}, and its disk holds ${diskThere(server, stable)} there`);
  }

  /** At the end: whatever was committed is still on a quorum's disks. */
  settled(): void {
    const { commit } = this.#ledger;
    if (commit === 0) return;
    const chain = this.#ledger.chainAt(commit) as number;
    const holders = this.#servers.filter((server) => server.holds(commit, chain, this.#chainAt)).length;
    if (holders <= this.#servers.length / 2)
      violate("R6", `${commit} was committed, and only ${holders} of ${this.#servers.length} disks hold it in the end`);
  }
}

function diskThere(server: Watched, index: LogIndex): string {
  const term = server.disk.termAt(index);
  return term === undefined ? "nothing" : `an entry of term ${term}`;
}
