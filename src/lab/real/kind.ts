import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Rng } from "../../base/rng.ts";
import type { ClusterShape, LabWorld, Outcome, TraceSink, WorldKind } from "../world.ts";
import { type Launch, launchProcess } from "./launch.ts";
import { watchStalls } from "./stall-watch.ts";
import { RealLabWorld } from "./world.ts";

/** What asks the runner to end. */
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Cases with a process for each server, in real time and over this machine's disk and network. The seed decides what a case does
 * and what becomes of packets, but not when things happen.
 */
export class RealWorlds implements WorldKind {
  readonly name = "real";
  readonly isRealTime = true;
  readonly #trace: TraceSink | undefined;
  readonly #launch: Launch;

  constructor(trace?: TraceSink, launch: Launch = launchProcess) {
    this.#trace = trace;
    this.#launch = launch;
  }

  async run(shape: ClusterShape, rng: Rng, body: (world: LabWorld) => Promise<void>): Promise<Outcome> {
    const folder = mkdtempSync(join(tmpdir(), "kvorum-lab-"));
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    const world = new RealLabWorld(shape, rng, folder, this.#launch, this.#trace);
    const release = onEnding(() => {
      world.drop();
      remove();
    });
    const endWatch = watchStalls((ms) => world.stalls.push({ who: "the runner", ms }));
    let result: { readonly failed: boolean; readonly failure: unknown } = { failed: false, failure: undefined };
    try {
      await world.run(body);
    } catch (failure) {
      result = { failed: true, failure };
      await world.lastLook();
    }
    endWatch();
    await world.end();
    release();
    if (!result.failed) remove();
    const remains = result.failed ? { folder, remove } : undefined;
    return { figures: world.figures(), ...result, stalls: world.stalls, remains, childrenCpuMs: world.cpuMs };
  }
}

/** Runs `end` when this process ends before `release` is called, however it does: by a signal, or by a bug. */
function onEnding(end: () => void): () => void {
  const listeners = endings.map((signal) => [signal, () => process.exit(128 + constants.signals[signal])] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  process.on("exit", end);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
    process.off("exit", end);
  };
}
