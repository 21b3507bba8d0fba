import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Rng } from "../../../src/base/rng.ts";
import { stopCodes } from "../../../src/server/stop-codes.ts";
import type { BusySettings } from "./busy.ts";
import { type Child, type Ending, startProgram, within } from "./child.ts";
import { Inspector } from "./inspector.ts";
import { faultsOf } from "./judge.ts";
import { quickMember } from "./lonely.ts";
import { MountedDisk } from "./mounted.ts";
import { addNotes, noNotes, nowNs } from "./notes.ts";

/**
 * How a server is ended: `kill` ends the process; `cut` its machine; `full` leaves it no room to write, and `sync` has one of its syncs
 * fail, whereupon it has to end itself, and then the power is cut as well.
 */
export const crashes = ["kill", "cut", "full", "sync"] as const;
export type Crash = (typeof crashes)[number];

/** A server that was ended, and what is left of what it has promised. */
export interface Round {
  readonly number: number;
  /** `kept`: all of it. `unmade`: it was ended before it had a directory, and has promised nothing. */
  readonly verdict: "kept" | "unmade" | "wrong";
  readonly why: string;
  /** How it ended. */
  readonly end: string;
  /** What was promised by it: entries, votes, rows and cells. */
  readonly promises: number;
}

export interface CrashOptions {
  readonly crash: Crash;
  readonly seed: string;
  readonly rounds: number;
  /** Whether the first wrong round is the last one. */
  readonly first: boolean;
  readonly progress: (round: Round) => void;
}

export interface Crashed {
  readonly rounds: readonly Round[];
  /** What it takes to look at a wrong round; gone when there is none. */
  readonly folder: string;
}

/** Only what hangs takes so long. */
const hangMs = 60_000;
/** So many rounds use one directory; then everything begins anew. */
const roundsPerGround = 12;
const megabytes = 24;

/** Keeps servers busy, ends them, and judges what is left of what they have promised. */
export async function runCrashes({ crash, seed, rounds, first, progress }: CrashOptions): Promise<Crashed> {
  const folder = mkdtempSync(join(tmpdir(), `kvorum-${crash}-`));
  const inspector = new Inspector();
  const done: Round[] = [];
  const rng = new Rng(seed);
  let ground: Ground | undefined;
  try {
    for (let number = 1; number <= rounds; number += 1) {
      if (ground === undefined || (number - 1) % roundsPerGround === 0 || done.at(-1)?.verdict === "wrong") {
        ground?.remove();
        ground = new Ground(join(folder, `round-${number}`), crash, inspector);
      }
      const round = await ground.round(number, rng.fork(number));
      done.push(round);
      progress(round);
      if (first && round.verdict === "wrong") break;
    }
  } finally {
    await inspector.close();
    ground?.remove();
    if (!done.some(({ verdict }) => verdict === "wrong")) rmSync(folder, { recursive: true });
  }
  return { rounds: done, folder };
}

interface Ended {
  readonly end: string;
  /** What was wrong about it already. */
  readonly fault?: string | undefined;
}

/** A directory, and everything that was ever promised in it. */
class Ground {
  readonly #folder: string;
  readonly #crash: Crash;
  readonly #inspector: Inspector;
  /** Undefined for a directory on the disk of this machine. */
  readonly #disk: MountedDisk | undefined;
  readonly #data: string;
  readonly #notes = noNotes();
  #lives = 0;
  /** Of the newest life. */
  #child: Child | undefined;
  /** How many promises were read from the lives' notes, and up to which life. */
  #promises = 0;
  #noted = 0;
  #isWrong = false;

  constructor(folder: string, crash: Crash, inspector: Inspector) {
    mkdirSync(folder);
    this.#folder = folder;
    this.#crash = crash;
    this.#inspector = inspector;
    this.#disk = crash === "kill" ? undefined : new MountedDisk(folder, megabytes);
    this.#data = join(this.#disk?.path ?? folder, "data");
  }

  async round(number: number, rng: Rng): Promise<Round> {
    const before = this.#promises;
    const ended = await this.#end(rng).catch(async (error: unknown) => {
      await this.#child?.end();
      return { end: "killed", fault: String(error) };
    });
    const why = ended.fault ?? (await this.#judge());
    const verdict = why === undefined ? (this.#isMade() ? "kept" : "unmade") : "wrong";
    this.#isWrong ||= verdict === "wrong";
    return { number, verdict, why: why ?? "", end: ended.end, promises: this.#promises - before };
  }

  /** What has gone wrong is left behind. */
  remove(): void {
    this.#disk?.unmount();
    if (!this.#isWrong) rmSync(this.#folder, { recursive: true });
  }

  async #end(rng: Rng): Promise<Ended> {
    if (this.#crash === "kill") return this.#kill(rng);
    if (this.#crash === "cut") return this.#cut(rng);
    return this.#fail(rng, this.#crash);
  }

  /** At any moment: while it opens or makes its directory, or when it is busy. */
  async #moment(child: Child, rng: Rng): Promise<string | undefined> {
    const early = rng.chance(0.3);
    const reached = await within(hangMs, "being busy", child.says(early ? "begins" : "busy"));
    if (!reached) return `it has ended by itself: ${this.#text(await child.ended)}`;
    await sleep(rng.int(0, early ? 120 : 25));
    return child.over === undefined ? undefined : `it has ended by itself: ${this.#text(child.over)}`;
  }

  async #kill(rng: Rng): Promise<Ended> {
    const child = this.#start(rng);
    const fault = await this.#moment(child, rng);
    await child.end();
    return { end: "killed", fault };
  }

  /** What two processes leave behind, one after the other, must survive as well as what one does. */
  async #cut(rng: Rng): Promise<Ended> {
    if (rng.chance(0.2)) {
      const { fault } = await this.#kill(rng.fork("kill"));
      if (fault !== undefined) return { end: "killed", fault };
    }
    const child = this.#start(rng.fork("cut"));
    const fault = await this.#moment(child, rng);
    await stopped(child);
    const stoppedNs = nowNs();
    this.#disk?.cutPower();
    await child.end();
    this.#disk?.remount();
    // A process that stands still promises nothing. If it has, the rig is wrong, and not the server.
    const late = addNotes(noNotes(), this.#notesFile(this.#lives), stoppedNs).late;
    return { end: "cut", fault: fault ?? (late > 0 ? `${late} promises were made after the process was stopped` : undefined) };
  }

  /** A server with a disk that fails says so, and ends; it goes on where it was when the disk is well. */
  async #fail(rng: Rng, crash: "full" | "sync"): Promise<Ended> {
    const failing = crash === "full" ? await this.#fill(rng) : this.#start(rng, failingSync(rng));
    const ended = await within(hangMs, "the end of a server with a disk that fails", failing.ended);
    this.#disk?.cutPower();
    this.#disk?.remount();
    this.#disk?.empty();
    const end = `ended with ${String(ended.code)}`;
    if (ended.code !== stopCodes.disk_failed) return { end, fault: `it has ended otherwise: ${this.#text(ended)}` };
    const fault = await this.#judge();
    if (fault !== undefined) return { end, fault };
    const again = this.#start(rng.fork("again"));
    if (!(await within(hangMs, "being busy", again.says("busy"))))
      return { end, fault: `it does not go on: ${this.#text(await again.ended)}` };
    again.kill("SIGTERM");
    const closed = await within(hangMs, "a server's end", again.ended);
    return { end, fault: closed.code === 0 ? undefined : `it cannot be ended: ${this.#text(closed)}` };
  }

  async #fill(rng: Rng): Promise<Child> {
    const bytesLeft = rng.int(0, 2_000_000);
    if (rng.chance(0.3)) {
      this.#disk?.fill(rng.chance(0.3) ? rng.int(0, 60_000) : bytesLeft);
      return this.#start(rng);
    }
    const child = this.#start(rng);
    await within(hangMs, "being busy", child.says("busy"));
    this.#disk?.fill(bytesLeft);
    return child;
  }

  /** What is lost of all that was promised; undefined when nothing is. */
  async #judge(): Promise<string | undefined> {
    const notes = this.#notes;
    for (; this.#noted < this.#lives; this.#noted += 1) this.#promises += addNotes(notes, this.#notesFile(this.#noted + 1)).added;
    if (!this.#isMade()) {
      const promised = notes.entries.size + notes.term + notes.rows.finished + notes.cell.finished;
      return promised > 0 ? "the directory is gone" : undefined;
    }
    const looked = await this.#inspector.look(this.#data, false);
    if ("kind" in looked) return `looking has ${looked.how}: ${looked.text}`;
    const { first } = looked;
    if (first.kind === "refused") return `refused while ${first.during}: ${first.sentence}`;
    const { wrong, hidden } = faultsOf(first, notes, undefined);
    const faults = [...wrong, ...hidden, ...notes.contradictions];
    // Nobody can take from a process that is killed what the file system has.
    if (this.#crash === "kill" && first.ledger.cell < notes.cell.written)
      faults.push(`the cell holds ${first.ledger.cell}, but ${notes.cell.written} was written`);
    // What was found once stays: whoever has read it may have built on it.
    const { last, cell } = first.ledger;
    Object.assign(notes.rows, { begun: last, written: last, finished: last });
    Object.assign(notes.cell, { begun: cell, written: cell, finished: cell });
    notes.term = Math.max(notes.term, first.vote === null ? 0 : first.term);
    return faults.length === 0 ? undefined : faults.slice(0, 3).join("; ");
  }

  #isMade(): boolean {
    return existsSync(join(this.#data, "kvorum.json"));
  }

  #start(rng: Rng, wrap: readonly string[] = []): Child {
    this.#lives += 1;
    const logBytesMax = rng.pick([5_000, 50_000, 1_000_000]);
    const settings: BusySettings = {
      path: this.#data,
      notes: this.#notesFile(this.#lives),
      seed: `${rng.int(0, 1e9)}`,
      writeBufferBytes: rng.chance(0.5) ? 64 * 1024 : undefined,
      load: {
        inFlightMax: rng.int(1, 24),
        bytesMax: rng.pick(this.#crash === "full" ? [6_000, 16_000] : [200, 3_000, 16_000]),
        entries: 20_000,
      },
      member: { ...quickMember, logBytesMax, logTailBytes: Math.floor(logBytesMax / 4) },
      busyAfter: rng.pick([1, 20, 100, 300]),
    };
    return (this.#child = startProgram("busy.ts", settings, wrap));
  }

  #notesFile(life: number): string {
    return join(this.#folder, `notes-${life}`);
  }

  #text({ code, stderr }: Ending): string {
    return `${String(code)}: ${stderr.trim()}`;
  }
}

/** Has one sync fail: the `when`th of a thread. */
function failingSync(rng: Rng): string[] {
  const fault = `inject=fdatasync,fsync:error=EIO:when=${rng.int(1, rng.pick([5, 40, 150]))}+`;
  return ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=fdatasync,fsync", "-e", fault, "-o", "/dev/null"];
}

/** Stops the process, and waits until it stands still: a sync that ends after the cut must not be believed by anybody. */
async function stopped(child: Child): Promise<void> {
  child.kill("SIGSTOP");
  while (child.over === undefined && !/^State:\s+T/m.test(readFileSync(`/proc/${child.process.pid}/status`, "utf8"))) await sleep(0);
}
