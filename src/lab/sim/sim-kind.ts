import type { Rng } from "../../base/rng.ts";
import type { ClusterShape, LabWorld, Outcome, TraceSink, WorldKind } from "../world.ts";
import { SimLabWorld } from "./sim-world.ts";

/** Cases in virtual time: the seed decides everything. */
export class SimWorlds implements WorldKind {
  readonly name = "sim";
  readonly isRealTime = false;
  readonly #trace: TraceSink | undefined;

  constructor(trace?: TraceSink) {
    this.#trace = trace;
  }

  async run(shape: ClusterShape, rng: Rng, body: (world: LabWorld) => Promise<void>): Promise<Outcome> {
    const world = new SimLabWorld(shape, rng, this.#trace);
    const rest = { stalls: [], remains: undefined, childrenCpuMs: 0 };
    try {
      await world.run(body);
      return { figures: world.figures(), failed: false, failure: undefined, ...rest };
    } catch (failure) {
      return { figures: world.figures(), failed: true, failure, ...rest };
    }
  }
}
