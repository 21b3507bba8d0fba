import { present } from "../../base/assert.ts";
import type { LogIndex, Term } from "../../raft/types.ts";
import type { Watched } from "./watched.ts";
import { violate } from "./violation.ts";

/** Who won a term: a server, and which life of it. */
export interface Leadership {
  readonly server: number;
  readonly life: number;
}

/** The end of a candidate's log, as its vote requests name it. */
export interface LogEnd {
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

/** An index that some leader's term was the first to commit. */
interface CommitStep {
  readonly term: Term;
  readonly index: LogIndex;
}

/** Terms stay far below 2^20 and indices below 2^32, so that one number names both. */
function keyOf(index: LogIndex, term: Term): number {
  return term * 2 ** 32 + index;
}

/**
 * What the whole group has ever done, whoever was there to see it: it forgets nothing when servers restart. Logs are compared by
 * a hash of everything up to an entry, so that two equal hashes at one index say that two whole logs are equal up to there.
 */
export class Ledger {
  /** For each committed index the hash of the log up to there; that of index 0 is 0. */
  readonly #chains: number[] = [0];
  readonly #terms: Term[] = [0];
  readonly #data: Uint8Array[] = [new Uint8Array(0)];
  readonly #steps: CommitStep[] = [];
  readonly #entries = new Map<number, number>();
  readonly #leaders = new Map<Term, Leadership>();
  readonly #votes = new Map<number, number>();
  readonly #requests = new Map<number, LogEnd>();

  /** Everything up to here was committed by somebody. */
  get commit(): LogIndex {
    return this.#chains.length - 1;
  }

  /** Of a committed index; undefined beyond. */
  chainAt(index: LogIndex): number | undefined {
    return this.#chains[index];
  }

  termAt(index: LogIndex): Term | undefined {
    return this.#terms[index];
  }

  dataAt(index: LogIndex): Uint8Array | undefined {
    return this.#data[index];
  }

  /** The next index is committed, in `byTerm`. */
  committed(chain: number, term: Term, data: Uint8Array, byTerm: Term): void {
    this.#chains.push(chain);
    this.#terms.push(term);
    this.#data.push(data);
    const last = this.#steps.at(-1);
    if (last?.term === byTerm) this.#steps.pop();
    this.#steps.push({ term: byTerm, index: this.commit });
  }

  /** How far leaders of terms before `term` have committed. */
  committedBefore(term: Term): LogIndex {
    const step = this.#steps.findLast((each) => each.term < term);
    return step?.index ?? 0;
  }

  /** Log matching (R3): an index and a term name one entry, and with it the whole log before it. */
  entry(index: LogIndex, term: Term, chain: number, server: Watched, place: "log" | "disk"): void {
    const key = keyOf(index, term);
    const known = this.#entries.get(key);
    if (known === undefined) this.#entries.set(key, chain);
    else if (known !== chain)
      violate("R3", `the ${place} of ${server.name} up to entry ${index} of term ${term} differs from another log that holds this entry`);
  }

  /** Who won `term`, if anybody has. */
  leaderOf(term: Term): Leadership | undefined {
    return this.#leaders.get(term);
  }

  won(term: Term, leader: Leadership): void {
    this.#leaders.set(term, leader);
  }

  /** Whom `voter` has told, or asked others to believe, that it votes for in `term`. */
  voteOf(voter: number, term: Term): number | undefined {
    return this.#votes.get(keyOf(voter, term));
  }

  voted(voter: number, term: Term, candidate: number): void {
    this.#votes.set(keyOf(voter, term), candidate);
  }

  /** What `candidate` has told about its log in `term`. */
  requestOf(candidate: number, term: Term): LogEnd | undefined {
    return this.#requests.get(keyOf(candidate, term));
  }

  asked(candidate: number, term: Term, end: LogEnd): void {
    this.#requests.set(keyOf(candidate, term), end);
  }

  /** Whether `command` is what was committed at `index`. */
  holdsAt(index: LogIndex, command: Uint8Array): boolean {
    return equalBytes(present(this.#data[index], "only committed indices are compared"), command);
  }
}

function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i += 1) if (one[i] !== other[i]) return false;
  return true;
}
