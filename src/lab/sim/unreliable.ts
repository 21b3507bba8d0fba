import type { ServerId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { Cancel } from "../../env/clock.ts";
import { labrpcModel, sliceModel } from "../../sim/network/models.ts";
import type { Universe } from "../../sim/universe.ts";
import { isRequest } from "../packet-count.ts";
import type { Unreliability } from "../world.ts";

/** What the network of a simulated world does to packets beside what partitions do: nothing, until it is told. */
export class Unreliable {
  readonly #universe: Universe;
  readonly #servers: readonly ServerId[];
  readonly #rng: Rng;
  #model: Unreliability | undefined;
  #longReordering = false;
  #endSlices: Cancel | undefined;

  /** `rng` decides when whom an outage of the slices strikes. */
  constructor(universe: Universe, servers: readonly ServerId[], rng: Rng) {
    this.#universe = universe;
    this.#servers = servers;
    this.#rng = rng;
  }

  set(model: Unreliability | undefined): void {
    const { world, network } = this.#universe;
    this.#model = model;
    this.#endSlices?.();
    this.#endSlices = model === "slices" ? sliceModel(world, network, this.#servers, this.#rng) : undefined;
    this.#configure();
  }

  setLongReordering(on: boolean): void {
    this.#longReordering = on;
    this.#configure();
  }

  #configure(): void {
    const [unreliable, longReordering] = [this.#model === "labrpc", this.#longReordering];
    this.#universe.network.configure(labrpcModel({ unreliable, longReordering, isRequest }));
  }
}
