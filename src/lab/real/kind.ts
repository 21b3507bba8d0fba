import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import type { Rng } from "../../base/rng.ts";
import type { GroupShape } from "../group/world.ts";
import { storeService } from "../kv/service.ts";
import type { KvWorld, MemoryWorld } from "../kv/world.ts";
import type { ShardedShape, ShardedWorld } from "../shardkv/world.ts";
import { masterService } from "../shardmaster/service.ts";
import type { MasterWorld } from "../shardmaster/world.ts";
import type { ClusterShape, Figures, LabWorld, Outcome, TraceSink } from "../world.ts";
import type { WorldKind } from "../world-kind.ts";
import { RealGroupWorld } from "./group-world.ts";
import { type Launch, launchProcess } from "./launch.ts";
import { RealMemoryWorld } from "./memory-world.ts";
import type { RealServers } from "./servers.ts";
import type { RealSetting } from "./setting.ts";
import { RealShardedWorld } from "./sharded-world.ts";
import { watchStalls } from "./stall-watch.ts";
import { RealLabWorld } from "./world.ts";

/** What asks the runner to end. */
const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A world of processes, as whoever runs cases in it needs it. */
interface RealWorld<World> {
  readonly servers: RealServers;
  /** Brings everything up and runs `body`; throws what it throws, or what was noticed besides. */
  run(body: (world: World) => Promise<void>): Promise<void>;
  figures(): Figures;
  /** Ends all processes and connections. */
  end(): Promise<void>;
}

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

  run(shape: ClusterShape, rng: Rng, body: (world: LabWorld) => Promise<void>): Promise<Outcome> {
    return this.#play((setting) => new RealLabWorld(shape, rng, setting), body);
  }

  runStore(shape: GroupShape, rng: Rng, body: (world: KvWorld) => Promise<void>): Promise<Outcome> {
    return this.#play((setting) => new RealGroupWorld(storeService, shape, rng, setting), body);
  }

  runMaster(shape: GroupShape, rng: Rng, body: (world: MasterWorld) => Promise<void>): Promise<Outcome> {
    return this.#play((setting) => new RealGroupWorld(masterService, shape, rng, setting), body);
  }

  runSharded(shape: ShardedShape, rng: Rng, body: (world: ShardedWorld) => Promise<void>): Promise<Outcome> {
    return this.#play((setting) => new RealShardedWorld(shape, rng, setting), body);
  }

  runProcess(rng: Rng, body: (world: MemoryWorld) => Promise<void>): Promise<Outcome> {
    return this.#play((setting) => new RealMemoryWorld(rng, setting), body);
  }

  async #play<World>(make: (setting: RealSetting) => RealWorld<World>, body: (world: World) => Promise<void>): Promise<Outcome> {
    const folder = mkdtempSync(join(tmpdir(), "kvorum-lab-"));
    const remove = (): void => rmSync(folder, { recursive: true, force: true });
    const world = make({ folder, launch: this.#launch, trace: this.#trace });
    const { servers } = world;
    const release = onEnding(() => {
      void world.end();
      remove();
    });
    const endWatch = watchStalls((ms) => servers.stalls.push({ who: "the runner", ms }));
    let result: { readonly failed: boolean; readonly failure: unknown } = { failed: false, failure: undefined };
    try {
      await world.run(body);
    } catch (failure) {
      result = { failed: true, failure };
      await servers.lastLook();
    }
    endWatch();
    await world.end();
    release();
    if (!result.failed) remove();
    const remains = result.failed ? { folder, remove } : undefined;
    const childrenCpuMs = servers.measures.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
    return { figures: world.figures(), ...result, stalls: servers.stalls, remains, childrenCpuMs };
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
