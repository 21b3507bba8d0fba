import { Rng } from "../base/rng.ts";
import { Network, type NetworkOptions } from "./network/network.ts";
import { World } from "./world.ts";

/** Where groups and clients stand: a world, and the network between all that is in it. */
export interface Universe {
  readonly world: World;
  readonly network: Network;
}

/** An empty universe, which the seed decides. */
export function newUniverse(seed: Rng | number | string, network?: Partial<NetworkOptions>): Universe {
  const world = new World(seed instanceof Rng ? seed : new Rng(seed));
  return { world, network: new Network(world, network) };
}
