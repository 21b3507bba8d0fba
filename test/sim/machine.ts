import type { Env } from "../../src/env/env.ts";
import type { SimDisk } from "../../src/sim/disk/disk.ts";
import type { SimProcess } from "../../src/sim/process.ts";
import type { World } from "../../src/sim/world.ts";
import { Rig, type RigOptions } from "./rig.ts";

/** One process that has started, and its failures. */
export interface Machine {
  readonly world: World;
  readonly process: SimProcess;
  readonly disk: SimDisk;
  readonly env: Env;
  readonly failures: unknown[];
}

export function machine(options: RigOptions = {}): Machine {
  const failures: unknown[] = [];
  const rig = new Rig({ hooks: { onFailure: (_, error) => failures.push(error) }, ...options });
  const process = rig.process("a");
  return { world: rig.world, process, disk: process.disk, env: rig.started(process), failures };
}
