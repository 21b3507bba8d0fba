import { Worker } from "node:worker_threads";

export interface WatchdogOptions {
  /** A loop or a disk that has stood still for so long ends the process. */
  readonly stallMs: number;
  /** For how long the oldest write has been on its way to the disk; 0 when there is none. */
  readonly diskMs: () => number;
  /** Tells whoever reads the log why the process is about to end. */
  readonly warn: (sentence: string) => void;
}

/** One looks so many times until somebody who stands still has stood still for too long. */
const looks = 30;

/**
 * Runs in a thread of its own, where neither a stalled loop nor a hung disk reaches it. Looks are counted instead of milliseconds: a
 * process that was paused and goes on has missed one look, not all of them. It is text, because a thread is started from a file, and
 * this way the same one does from sources and from the compiled package.
 */
export const lookout = `
  const { workerData } = require("node:worker_threads");
  const beats = new Int32Array(workerData.beats);
  let last = -1;
  let missed = 0;
  while (Atomics.wait(beats, 1, 0, workerData.lookMs) === "timed-out") {
    const beat = Atomics.load(beats, 0);
    missed = beat === last ? missed + 1 : 0;
    last = beat;
    if (missed > workerData.looks) process.kill(process.pid, "SIGKILL");
  }
`;

/** Watches the disk from inside the loop. */
export class DiskWatch {
  readonly #stallMs: number;
  #agreeing = 0;

  constructor(stallMs: number) {
    this.#stallMs = stallMs;
  }

  /**
   * Whether the disk is given up, now that its oldest write is `unfinishedMs` old. A pause of the whole process ages a write too, and
   * the write is done right after it: two looks must agree.
   */
  look(unfinishedMs: number): boolean {
    this.#agreeing = unfinishedMs > this.#stallMs ? this.#agreeing + 1 : 0;
    return this.#agreeing >= 2;
  }
}

/**
 * Ends a process that stands still: `process.exit` would wait for a hung disk call for ever, so it is SIGKILL. The result ends the
 * watch.
 */
export function startWatchdog({ stallMs, diskMs, warn }: WatchdogOptions): () => void {
  const lookMs = stallMs / looks;
  const beats = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(lookout, { eval: true, workerData: { beats: beats.buffer, lookMs, looks }, execArgv: [] });
  worker.unref();
  const disk = new DiskWatch(stallMs);
  const timer = setInterval(() => {
    Atomics.add(beats, 0, 1);
    const unfinishedMs = diskMs();
    if (!disk.look(unfinishedMs)) return;
    warn(`A write to the disk has not ended for ${Math.round(unfinishedMs / 1000)} seconds; the process ends itself.`);
    process.kill(process.pid, "SIGKILL");
  }, lookMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    Atomics.store(beats, 1, 1);
    Atomics.notify(beats, 1);
  };
}
