import { Rng } from "../../src/base/rng.ts";
import { serverId } from "../../src/base/ids.ts";
import type { Env } from "../../src/env/env.ts";
import { type DiskOptions, SimDisk } from "../../src/sim/disk/disk.ts";
import { Network, type NetworkOptions } from "../../src/sim/network/network.ts";
import { type ProcessHooks, type ProcessOptions, SimProcess } from "../../src/sim/process.ts";
import { World } from "../../src/sim/world.ts";

export interface RigOptions {
  readonly seed?: string | number;
  readonly disk?: Partial<DiskOptions>;
  readonly network?: Partial<NetworkOptions>;
  readonly process?: Partial<ProcessOptions>;
  readonly hooks?: ProcessHooks;
}

/** A world with a network, and processes in it on demand. An error in a process's code fails the test unless hooks take it. */
export class Rig {
  readonly world: World;
  readonly network: Network;
  readonly #options: RigOptions;

  constructor(options: RigOptions = {}) {
    this.#options = { ...options, disk: { checkBytes: true, ...options.disk } };
    this.world = new World(new Rng(options.seed ?? 1));
    this.network = new Network(this.world, { checkBytes: true, ...options.network });
  }

  process(name: string): SimProcess {
    const hooks = this.#options.hooks ?? {
      onFailure: (_, error) => {
        throw error;
      },
    };
    const disk = new SimDisk(this.world, name, this.#options.disk);
    return new SimProcess(this.world, this.network, serverId(name), disk, hooks, this.#options.process);
  }

  /** Starts the process with a program that does nothing, and gives its environment. */
  started(process: SimProcess): Env {
    process.start(() => {});
    const env = process.env();
    if (env === undefined) throw new Error("the process died at its start");
    return env;
  }
}
