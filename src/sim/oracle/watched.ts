import { present } from "../../base/assert.ts";
import type { ReplicaId } from "../../base/ids.ts";
import type { Message } from "../../raft/message.ts";
import type { RaftState, Role } from "../../raft/state.ts";
import type { LogIndex, Term } from "../../raft/types.ts";
import type { HardCellValue } from "../../rsm/log/hard-cell.ts";
import type { Keys } from "../../rsm/log/rows.ts";
import { DiskMirror } from "./disk-mirror.ts";
import { LogMirror } from "./log-mirror.ts";

/** What the cells of a server's disk would hold after a power cut. */
export interface DurableCells {
  readonly hard: HardCellValue;
  /** The incarnation of its directory; undefined while there is none. */
  readonly incarnation: number | undefined;
}

/** One server as the oracle knows it: what it last saw of its memory, what its disk holds, and what it has promised to others. */
export class Watched {
  readonly at: number;
  readonly id: ReplicaId;
  readonly memory: LogMirror = new LogMirror();
  disk: DiskMirror;
  readonly #keys: Keys;
  /** Reads the cells; not for every event, since it costs. */
  readonly cells: () => DurableCells;
  /** Reads what the cell of term and vote would hold if the process ended now. */
  readonly note: () => HardCellValue;
  /** What a server of its group is called. */
  readonly nameOf: (server: number) => string;

  /** The core's state in this life; undefined while there is none. Only read. */
  state: Readonly<RaftState> | undefined;
  /** Which core this is: one more with each restart. */
  life = 0;
  term: Term = 0;
  vote: ReplicaId | undefined;
  role: Role = "follower";
  commit: LogIndex = 0;
  applied: LogIndex = 0;
  stable: LogIndex = 0;
  unstableBytes = 0;
  /** How far this life's machine has applied. */
  machineIndex: LogIndex = 0;

  /** The highest term in which it has spoken for itself. */
  toldTerm: Term = 0;
  /** The newest term in which it acknowledged entries, how far, and the hash of its log there. */
  ackTerm: Term = 0;
  ackIndex: LogIndex = 0;
  ackChain: number | undefined;
  /** The acknowledgements of that term which the leader has not counted yet, with the same hash for each. */
  readonly acks: Map<LogIndex, number | undefined> = new Map();
  /** How far appends of `verifiedTerm`'s leader have matched. */
  verifiedTerm: Term = 0;
  verified: LogIndex = 0;
  /** Its rows were put back to an older state: to be found damaged is what it should. */
  tampered = false;
  /** A directory that was taken away: what it had held counts as held, since its replica stays out for ever. */
  lost: DiskMirror | undefined;

  constructor(
    at: number,
    keys: Keys,
    cells: () => DurableCells,
    note: () => HardCellValue,
    nameOf: (server: number) => string = serverName,
  ) {
    this.at = at;
    this.nameOf = nameOf;
    this.id = at as ReplicaId;
    this.#keys = keys;
    this.disk = new DiskMirror(keys);
    this.cells = cells;
    this.note = note;
  }

  get name(): string {
    return this.nameOf(this.at);
  }

  /** Its rows are put back to an older state, which its cells are ahead of: it is to find that out. */
  tamper(): void {
    this.tampered = true;
    this.#exchange();
  }

  /** Its directory is emptied: what was promised from there is forgotten, and nobody may listen to this replica any more. */
  empty(): void {
    this.#exchange();
    this.toldTerm = 0;
  }

  /** A directory can be taken away twice; the one that held most counts. */
  #exchange(): void {
    if (this.lost === undefined || this.lost.last <= this.disk.last) this.lost = this.disk;
    this.disk = new DiskMirror(this.#keys);
  }

  /** Whether its disk holds the log that is hashed `chain` at `index`. */
  holds(index: LogIndex, chain: number, committed: (index: LogIndex) => number | undefined): boolean {
    return diskHolds(this.disk, index, chain, committed) || (this.lost !== undefined && diskHolds(this.lost, index, chain, committed));
  }
}

/** What the servers are called of a group that is alone in its world. */
export function serverName(at: number): string {
  return `s${at}`;
}

/** What is compacted away was committed, so that the mark's hash vouches for everything before it. */
function diskHolds(disk: DiskMirror, index: LogIndex, chain: number, committed: (index: LogIndex) => number | undefined): boolean {
  const known = disk.chainAt(index);
  if (known !== undefined) return known === chain;
  return index < disk.markIndex && committed(index) === chain;
}

/** The server at that place. */
export function watchedAt(servers: readonly Watched[], at: number): Watched {
  return present(servers[at], `there is a server ${at}`);
}

/** A message as a sentence names it. */
export function article(message: Message): string {
  return message.kind === "append" || message.kind === "append_reply" ? `an ${message.kind}` : `a ${message.kind}`;
}
