import type { RaftState } from "../../raft/state.ts";
import type { Entry } from "../../raft/types.ts";
import type { DiskMirror, DurableRow } from "./disk-mirror.ts";
import type { Ledger } from "./ledger.ts";
import { violate } from "./violation.ts";
import type { Watched } from "./watched.ts";

/** The shape of logs, in memory and on disk: R2, R3, R10, R19, R20, and of R11 that a matching suffix is kept. */
export class Logs {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A new life has read its log. */
  opened(server: Watched, state: RaftState): void {
    this.#newEntries(server, state);
    this.ends(server, state);
  }

  /** The log in memory has changed since the last look, in one life. */
  changed(server: Watched, state: RaftState): void {
    const { memory } = server;
    if (memory.fellBack) violate("R10", `the log of ${server.name} begins at ${memory.markIndex}, further back than it did`);
    if (memory.truncatedAt > 0 || memory.installed) this.#takenBack(server, state);
    this.#newEntries(server, state);
  }

  #takenBack(server: Watched, state: RaftState): void {
    const { memory } = server;
    const leads = state.role === "leader" && server.role === "leader" && state.term === server.term;
    if (leads)
      violate(
        "R2",
        `${server.name} leads term ${state.term} and has taken back its own log from ${memory.truncatedAt || memory.markIndex} on`,
      );
    if (memory.truncatedAt === 0) return;
    const at = memory.truncatedAt;
    const old = memory.truncated as Entry;
    const replacement = memory.entryAt(at);
    if (replacement === undefined || replacement.term === old.term)
      violate("R20", `${server.name} has taken back entry ${at} of term ${old.term} although nothing contradicts it`);
    if (state.term === server.ackTerm && at <= server.ackIndex)
      violate(
        "R20",
        `${server.name} has taken back entry ${at} in term ${state.term} after it acknowledged ${server.ackIndex} in this term`,
      );
  }

  #newEntries(server: Watched, state: RaftState): void {
    const { memory } = server;
    const { last } = memory;
    let term = memory.termAt(memory.changedFrom - 1) ?? 0;
    for (let index = memory.changedFrom; index <= last; index += 1) {
      const entry = memory.entryAt(index) as Entry;
      if (entry.index !== index) violate("R10", `the log of ${server.name} has entry ${entry.index} at place ${index}`);
      if (entry.term < term) violate("R19", `the terms in the log of ${server.name} fall from ${term} to ${entry.term} at ${index}`);
      term = entry.term;
      this.#ledger.entry(index, term, memory.chainAt(index) as number, server, "log");
    }
    if (term > state.term) violate("R19", `${server.name} is in term ${state.term} and holds an entry of term ${term} at ${last}`);
  }

  /** Where the log begins, what is applied, committed, and where it ends: in this order. */
  ends(server: Watched, state: RaftState): void {
    const { applied, handedOut, commit, log } = state;
    const mark = log.mark.index;
    const last = mark + log.entries.length;
    if (mark <= applied && applied <= handedOut && handedOut <= commit && commit <= last) return;
    violate(
      "R10",
      `${server.name} has its log from ${mark} to ${last}, ${applied} applied, ${handedOut} handed out and ${commit} committed`,
    );
  }

  /** A batch that touches log, mark or applied row has become durable. */
  stored(server: Watched): void {
    const { disk } = server;
    const { rows } = disk;
    for (let at = disk.changedFrom; at < rows.length; at += 1) this.#row(server, rows[at] as DurableRow, rows[at - 1]);
    this.#anchor(server, disk, rows[0]);
    const applied = disk.applied?.index ?? 0;
    if (disk.markIndex <= applied && applied <= disk.last) return;
    violate("R10", `the disk of ${server.name} has its log from ${disk.markIndex} to ${disk.last} and a state as of ${applied}`);
  }

  #row(server: Watched, row: DurableRow, before: DurableRow | undefined): void {
    if (row.terms.length === 0) violate("R10", `the log row at ${row.first} on the disk of ${server.name} is empty`);
    let term = 0;
    if (before !== undefined) {
      if (row.first !== before.first + before.terms.length)
        violate("R10", `the log on the disk of ${server.name} goes from ${before.first + before.terms.length - 1} to ${row.first}`);
      if (row.chainBefore !== before.chains.at(-1))
        violate("R10", `the log row at ${row.first} on the disk of ${server.name} does not follow from the row before it`);
      term = before.terms.at(-1) as number;
    }
    for (let i = 0; i < row.terms.length; i += 1) {
      const own = row.terms[i] as number;
      if (own < term) violate("R19", `the terms of the log on the disk of ${server.name} fall from ${term} to ${own} at ${row.first + i}`);
      term = own;
      this.#ledger.entry(row.first + i, own, row.chains[i] as number, server, "disk");
    }
    if (term > server.disk.term)
      violate("R19", `the disk of ${server.name} is in term ${server.disk.term} and holds an entry of term ${term}`);
  }

  /** The first row begins at the mark or reaches over it, and leads to its hash. */
  #anchor(server: Watched, disk: DiskMirror, first: DurableRow | undefined): void {
    if (first === undefined) return;
    const mark = disk.markIndex;
    if (first.first > mark + 1)
      violate("R10", `the log on the disk of ${server.name} begins at ${first.first}, and its mark stands at ${mark}`);
    if (first.first + first.terms.length - 1 <= mark)
      violate("R10", `the disk of ${server.name} keeps a log row at ${first.first} from before its mark at ${mark}`);
    const chain = first.first === mark + 1 ? first.chainBefore : first.chains[mark - first.first];
    if (chain !== (disk.mark?.chain ?? 0)) violate("R10", `the log on the disk of ${server.name} does not lead to its mark at ${mark}`);
  }
}
