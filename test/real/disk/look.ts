import { AssertionError } from "../../../src/base/assert.ts";
import { putU64, getU64 } from "../../../src/base/bytes.ts";
import { DataDirectory, type Disk } from "../../../src/real/disk.ts";
import { Refusal, type Stop, type StopReason } from "../../../src/real/stop.ts";
import { Turn } from "../../../src/real/turn.ts";
import type { Entry } from "../../../src/raft/types.ts";
import type { Machine, ReadRow } from "../../../src/rsm/machine.ts";
import type { Member } from "../../../src/rsm/member.ts";
import { memberOptions } from "../../../src/rsm/options.ts";
import { Recorder } from "../../../src/rsm/recorder.ts";
import { startMember } from "../../../src/rsm/start.ts";
import { refuseDirectory } from "../../../src/server/run.ts";
import { type LedgerFound, readLedger } from "./ledger.ts";
import { lonely, lonelyEnv, quickMember } from "./lonely.ts";
import { digestOf } from "./notes.ts";
import { cluster } from "./own-disk.ts";

/** The directory was not used, or not any more: what a server would have said when it ended. */
export interface Refused {
  readonly kind: "refused";
  readonly reason: StopReason;
  readonly sentence: string;
  /** While the replica was opened; while all of its state was read; or while it went on to work. */
  readonly during: "opening" | "reading" | "working";
}

/** The directory is whole, as far as the replica can tell, and this is what it believes. */
export interface Opened {
  readonly kind: "opened";
  readonly term: number;
  readonly vote: number | null;
  readonly mark: { readonly index: number; readonly term: number };
  /** Term and digest of each entry behind the mark. */
  readonly entries: readonly (readonly [number, string])[];
  readonly applied: number;
  /** How many entries the state says it holds; a state without a word on it holds none. */
  readonly held: number;
  /** The digests of what the state holds for 1 to `applied`; null for a row that is not there. */
  readonly rows: readonly (string | null)[];
  readonly ledger: LedgerFound;
}

export interface Looked {
  readonly first: Refused | Opened;
  /** What was acknowledged when the replica went on to work, and what it believed in the life after that. */
  readonly added?: readonly (readonly [index: number, term: number, digest: string])[];
  readonly second?: Refused | Opened;
}

/**
 * Opens a directory as a server does, without a port, and says what its replica believes before it takes part in anything. If it is
 * asked to go on, the replica then elects itself and works a little, and another life tells what is left of everything.
 */
export async function look(path: string, goOn: boolean): Promise<Looked> {
  const life = await Life.open(path);
  if (!(life instanceof Life)) return { first: life };
  const first = life.believes();
  // A state that is not as of its own index would make any machine stumble: there is nothing to go on with.
  if (first.kind === "refused" || !goOn || first.held !== first.applied) {
    await life.close();
    return { first };
  }
  const added = await life.work(newEntries);
  await life.close();
  if (life.refused !== undefined) return { first, added, second: { ...life.refused, during: "working" } };
  const { first: second } = await look(path, false);
  return { first, added, second };
}

const newEntries = 3;
/** The log is dropped behind a working replica, so that LevelDB comes across what it has not read yet. */
const workingMember = memberOptions({ ...quickMember, logBytesMax: 2_000, logTailBytes: 500 });

/** The rows of a `Recorder`, for one who looks on without its assertions. */
class Onlooker implements Machine {
  readonly #recorder: Recorder;
  restoredAt: number | undefined;

  constructor(applied: (entry: Entry) => void) {
    this.#recorder = new Recorder({ applied, restored: () => {} });
  }

  apply(...given: Parameters<Machine["apply"]>): void {
    this.#recorder.apply(...given);
  }

  restored(index: number): void {
    this.restoredAt = index;
  }

  readReady(): void {}

  readDropped(): void {}
}

class Life {
  readonly member: Member;
  readonly #disk: Disk;
  readonly #stopped: { refused: Refused | undefined };
  readonly #applied: Entry[] = [];

  private constructor(disk: Disk, turn: Turn, stop: Stop, stopped: { refused: Refused | undefined }) {
    this.#disk = disk;
    this.#stopped = stopped;
    const machine = new Onlooker((entry) => this.#applied.push(entry));
    this.member = startMember(lonelyEnv(disk, turn), lonely, workingMember, machine, (found) => refuseDirectory(found, stop));
  }

  static async open(path: string): Promise<Life | Refused> {
    const turn = new Turn();
    const stopped: { refused: Refused | undefined } = { refused: undefined };
    const stop: Stop = (reason, sentence) => {
      stopped.refused ??= { kind: "refused", reason, sentence, during: "opening" };
    };
    try {
      const directory = await DataDirectory.inspect({ path, cluster, create: false, turn, stop });
      if (directory.marker === undefined) throw new Error("the directory is as good as new, and a server would begin it anew");
      const life = new Life(await directory.open(directory.marker.incarnation), turn, stop, stopped);
      while (life.member.phase === "opening" && stopped.refused === undefined) await nextTurn();
      if (stopped.refused === undefined) return life;
      await life.close();
      return stopped.refused;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { kind: "refused", reason: error.reason, sentence: error.message, during: "opening" };
    }
  }

  get refused(): Refused | undefined {
    return this.#stopped.refused;
  }

  /** In one turn with its opening, so that no tick has made a term of its own. */
  believes(): Opened | Refused {
    const { raft, read } = this.member;
    if (raft === undefined || read === undefined) throw new Error("an open member has a core and a state");
    const { term, vote, log, applied } = raft.state;
    const opened: Opened = {
      kind: "opened",
      term,
      vote: vote ?? null,
      mark: { index: log.mark.index, term: log.mark.term },
      entries: log.entries.map((entry) => [entry.term, digestOf(entry.data)] as const),
      applied,
      held: heldIn(read),
      rows: Array.from({ length: applied }, (_, at) => rowIn(read, at + 1)),
      ledger: readLedger(this.#disk),
    };
    return this.refused === undefined ? opened : { ...this.refused, during: "reading" };
  }

  /** Has `count` entries acknowledged, unless the disk turns out to be damaged on the way. */
  async work(count: number): Promise<[number, number, string][]> {
    const { member } = this;
    for (let done = 0; done < count && this.refused === undefined;) {
      const proposal = member.propose(new Uint8Array(700).fill(done + 1));
      if (proposal.ok) done += 1;
      await nextTurn();
      const { raft } = member;
      while (proposal.ok && this.refused === undefined && (raft?.state.applied ?? 0) < proposal.index) await nextTurn();
    }
    return this.#applied.map(({ index, term, data }) => [index, term, digestOf(data)]);
  }

  async close(): Promise<void> {
    this.member.stop();
    await this.#disk.close();
  }
}

/** A `Recorder`'s own count of what it holds. */
function heldIn(read: ReadRow): number {
  const row = read(Uint8Array.of(0));
  return row === undefined ? 0 : getU64(row, 0);
}

/** A `Recorder`'s row for `index`. */
function rowIn(read: ReadRow, index: number): string | null {
  const key = new Uint8Array(9).fill(1, 0, 1);
  putU64(key, 1, index);
  const row = read(key);
  return row === undefined ? null : digestOf(row);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Whether a replica has ended itself because of what it could not explain: in a server that is exit code 1. */
export function isAssertion(error: unknown): boolean {
  return error instanceof AssertionError;
}
