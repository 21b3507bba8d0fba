import { replicaId } from "../../src/base/ids.ts";
import type { Cancel, Clock } from "../../src/env/clock.ts";
import { membership } from "../../src/raft/membership.ts";
import { openState } from "../../src/raft/open.ts";
import { raftOptions } from "../../src/raft/options.ts";
import { Raft } from "../../src/raft/raft.ts";
import { Ticker } from "../../src/rsm/ticker.ts";

/** A clock by hand. Timers fire to the point, in their order. */
export class HandClock implements Clock {
  #now: number;
  #timers: { readonly time: number; run: (() => void) | undefined }[] = [];

  constructor(start = 0) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  wallMs(): number {
    return 0;
  }

  after(ms: number, run: () => void): Cancel {
    const timer: { readonly time: number; run: (() => void) | undefined } = { time: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      timer.run = undefined;
    };
  }

  get waiting(): number {
    return this.#timers.filter(({ run }) => run !== undefined).length;
  }

  /** Runs everything up to `time`; gives up when time stands still. */
  runUntil(time: number): void {
    let same = 0;
    for (;;) {
      this.#timers = this.#timers.filter(({ run }) => run !== undefined).toSorted((a, b) => a.time - b.time);
      const first = this.#timers[0];
      if (first === undefined || first.time > time) break;
      same = first.time > this.#now ? 0 : same + 1;
      if (same > 100) throw new Error("timers fire again and again, and no time passes");
      this.#now = Math.max(this.#now, first.time);
      const { run } = first;
      first.run = undefined;
      run?.();
    }
    this.#now = Math.max(this.#now, time);
  }

  /** The process was paused: time has passed, and no timer has fired. */
  leap(ms: number): void {
    this.#now += ms;
  }
}

/** Something that happens to a core, at a time. */
export type Input = (raft: Raft) => void;

/** A core with its ticks, and a list of everything that it wanted done, with the time. */
export interface Ticking {
  readonly raft: Raft;
  readonly log: string[];
  input(input: Input): void;
}

function newRaft(seed: number): Raft {
  const group = membership([0, 1, 2].map(replicaId));
  const mark = { index: 0, term: 0, chain: 0, membership: group };
  const restored = { hardState: { term: 0, vote: undefined }, mark, entries: [], applied: 0 };
  return new Raft(openState(replicaId(0), restored, raftOptions(), seed));
}

/** Lets the core's disk end at once, and notes what it wants done. */
function pump(clock: Clock, raft: Raft, log: string[]): void {
  while (raft.hasReady()) {
    const { messages, write, committed, reads, droppedReads } = raft.ready();
    log.push(`${clock.now()} ${JSON.stringify([messages, write, committed, reads, droppedReads])}`);
    if (write !== undefined) raft.persisted(write.number);
    const last = committed.at(-1);
    if (last !== undefined) raft.applied(last.index);
  }
}

function note(clock: Clock, raft: Raft, log: string[]): void {
  const { term, role, leader, electionElapsed, heartbeatElapsed, electionTimeout } = raft.state;
  log.push(`${clock.now()} ${role} ${term} ${leader} ${electionElapsed}/${electionTimeout} ${heartbeatElapsed}`);
}

/** As a member drives its core. */
export function withTicker(clock: HandClock, tickMs: number, phase: number, seed: number): Ticking {
  const raft = newRaft(seed);
  const log: string[] = [];
  const run = (): void => {
    ticker.catchUp();
    pump(clock, raft, log);
    ticker.sleep();
  };
  const ticker = new Ticker(clock, tickMs, phase, raft, run);
  ticker.sleep();
  return {
    raft,
    log,
    input: (input) => {
      ticker.catchUp();
      note(clock, raft, log);
      input(raft);
      run();
    },
  };
}

/** The plain way: a timer for every tick. */
export function withEveryTick(clock: HandClock, tickMs: number, phase: number, seed: number): Ticking {
  const raft = newRaft(seed);
  const log: string[] = [];
  let next = clock.now() + (1 - phase) * tickMs;
  const wait = (): void => {
    clock.after(next - clock.now(), tick);
  };
  const tick = (): void => {
    raft.tick();
    pump(clock, raft, log);
    next += tickMs;
    wait();
  };
  wait();
  return {
    raft,
    log,
    input: (input) => {
      note(clock, raft, log);
      input(raft);
      pump(clock, raft, log);
    },
  };
}
