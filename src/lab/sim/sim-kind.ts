import type { Rng } from "../../base/rng.ts";
import type { GroupShape } from "../group/world.ts";
import { storeService } from "../kv/service.ts";
import type { KvWorld, MemoryWorld } from "../kv/world.ts";
import type { ShardedShape, ShardedWorld } from "../shardkv/world.ts";
import { masterService } from "../shardmaster/service.ts";
import type { MasterWorld } from "../shardmaster/world.ts";
import type { ClusterShape, Figures, LabWorld, Outcome, TraceSink } from "../world.ts";
import type { WorldKind } from "../world-kind.ts";
import { RealWorlds } from "../real/kind.ts";
import { SimGroupWorld } from "./group-world.ts";
import { SimShardedWorld } from "./sharded-world.ts";
import { SimLabWorld } from "./sim-world.ts";

/** Cases in virtual time: the seed decides everything, but for what is measured in processes. */
export class SimWorlds implements WorldKind {
  readonly name = "sim";
  readonly isRealTime = false;
  readonly #trace: TraceSink | undefined;
  readonly #processes: Pick<WorldKind, "runProcess">;

  /** `processes` runs what cannot be simulated. */
  constructor(trace?: TraceSink, processes: Pick<WorldKind, "runProcess"> = new RealWorlds(trace)) {
    this.#trace = trace;
    this.#processes = processes;
  }

  run(shape: ClusterShape, rng: Rng, body: (world: LabWorld) => Promise<void>): Promise<Outcome> {
    return outcomeOf(new SimLabWorld(shape, rng, this.#trace), body);
  }

  runStore(shape: GroupShape, rng: Rng, body: (world: KvWorld) => Promise<void>): Promise<Outcome> {
    return outcomeOf(new SimGroupWorld(storeService, shape, rng, this.#trace), body);
  }

  runMaster(shape: GroupShape, rng: Rng, body: (world: MasterWorld) => Promise<void>): Promise<Outcome> {
    return outcomeOf(new SimGroupWorld(masterService, shape, rng, this.#trace), body);
  }

  runSharded(shape: ShardedShape, rng: Rng, body: (world: ShardedWorld) => Promise<void>): Promise<Outcome> {
    return outcomeOf(new SimShardedWorld(shape, rng, this.#trace), body);
  }

  runProcess(rng: Rng, body: (world: MemoryWorld) => Promise<void>): Promise<Outcome> {
    return this.#processes.runProcess(rng, body);
  }
}

interface Runnable<World> {
  run(body: (world: World) => Promise<void>): Promise<void>;
  figures(): Figures;
}

async function outcomeOf<World>(world: Runnable<World>, body: (world: World) => Promise<void>): Promise<Outcome> {
  const rest = { stalls: [], remains: undefined, childrenCpuMs: 0 };
  try {
    await world.run(body);
    return { figures: world.figures(), failed: false, failure: undefined, ...rest };
  } catch (failure) {
    return { figures: world.figures(), failed: true, failure, ...rest };
  }
}
