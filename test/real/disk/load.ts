import { randomBytes } from "node:crypto";
import { putU64 } from "../../../src/base/bytes.ts";
import type { Rng } from "../../../src/base/rng.ts";
import type { Env } from "../../../src/env/env.ts";
import type { Entry } from "../../../src/raft/types.ts";
import type { Member } from "../../../src/rsm/member.ts";
import { type MemberOptionsGiven, memberOptions } from "../../../src/rsm/options.ts";
import { Recorder } from "../../../src/rsm/recorder.ts";
import { startMember } from "../../../src/rsm/start.ts";
import { refuseDirectory } from "../../../src/server/run.ts";
import type { Stop } from "../../../src/real/stop.ts";
import { lonely } from "./lonely.ts";
import type { Notebook } from "./notes.ts";

/** How a group of one is kept busy. */
export interface Load {
  /** So many entries are on their way at once, at most. */
  readonly inFlightMax: number;
  /** No entry's data is longer. */
  readonly bytesMax: number;
  /** No entry is proposed beyond so many; none at all at 0. */
  readonly entries: number;
}

export interface BusyOptions {
  readonly env: Env;
  readonly member: MemberOptionsGiven;
  readonly load: Load;
  readonly rng: Rng;
  readonly notebook: Notebook;
  readonly stop: Stop;
  /** Runs after each acknowledgement with the number of them. */
  readonly acknowledged: (count: number) => void;
  /** Runs when it leads for the first time, before anything of that is acknowledged. */
  readonly elected?: () => void;
}

/** How often a member that leads nobody yet is asked again. */
const askMs = 2;
/** Each entry's data begins with chance and a number, so that no two are the same. */
const headBytes = 16;

/** A member of a group of one that is kept busy, and whose every acknowledgement is noted. */
export class BusyMember {
  readonly member: Member;
  readonly #options: BusyOptions;
  readonly #tag = randomBytes(8);
  #proposed = 0;
  #ended = 0;
  #acknowledged = 0;
  #ledIn = 0;
  #scheduled = false;

  constructor(options: BusyOptions) {
    this.#options = options;
    const { env, member, stop } = options;
    const recorder = new Recorder({ applied: (entry) => this.#applied(entry), restored: () => {} });
    this.member = startMember(env, lonely, memberOptions(member), recorder, (found) => refuseDirectory(found, stop));
    this.#schedule(askMs);
  }

  stop(): void {
    this.member.stop();
  }

  #applied(entry: Entry): void {
    const { notebook, acknowledged } = this.#options;
    notebook.acknowledged(entry);
    this.#acknowledged += 1;
    if (entry.term === this.#ledIn) this.#ended += 1;
    acknowledged(this.#acknowledged);
    this.#schedule(0);
  }

  #schedule(ms: number): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.env.clock.after(ms, () => {
      this.#scheduled = false;
      this.#propose();
    });
  }

  #propose(): void {
    const { load, notebook } = this.#options;
    if (this.member.phase === "stopped") return;
    while (this.#proposed < load.entries && this.#proposed - this.#ended < load.inFlightMax) {
      const proposal = this.member.propose(this.#data());
      if (!proposal.ok) return this.#schedule(askMs);
      if (proposal.term !== this.#ledIn) {
        notebook.leads(proposal.term);
        this.#options.elected?.();
      }
      this.#ledIn = proposal.term;
      this.#proposed += 1;
    }
  }

  /** Most entries are short. Half of them can be compressed, which table files do, and half cannot. */
  #data(): Uint8Array {
    const { load, rng } = this.#options;
    const longest = rng.chance(0.7) ? Math.min(load.bytesMax, 120) : load.bytesMax;
    const data = new Uint8Array(headBytes + rng.int(0, longest));
    if (rng.chance(0.5)) data.set(randomBytes(data.length - headBytes), headBytes);
    data.set(this.#tag);
    putU64(data, 8, this.#proposed);
    return data;
  }
}
