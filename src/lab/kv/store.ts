import type { CheckOptions } from "../../check/check.ts";
import type { KvRun } from "../case.ts";
import type { ClerkOptions } from "../group/paced-client.ts";
import { Witnesses } from "../group/witnesses.ts";
import type { ClerkWorld } from "../group/world.ts";
import { Clerk, storeWords } from "./clerk.ts";
import type { KvAsk, KvReply, KvWorld } from "./world.ts";

/** A store under test: its world, its clerks, and all that they have seen. */
export class Store<World extends ClerkWorld<KvAsk, KvReply> = KvWorld> {
  readonly world: World;
  readonly #witnesses = new Witnesses();

  constructor(world: World) {
    this.world = world;
  }

  /** A new clerk: of this world, or of one where clients come to the same store by another way. */
  newClerk(options: ClerkOptions = {}, world: ClerkWorld<KvAsk, KvReply> = this.world): Clerk {
    return new Clerk(this.#witnesses.newWitness(world, options, storeWords));
  }

  /** Everything that clerks saw could have come from one map. */
  checkHistory(limits: Partial<CheckOptions> = {}): void {
    this.#witnesses.checkHistory("store", limits);
  }
}

/** How many servers, and how much log they keep; the rest is as in every run. */
export interface StoreOptions extends Omit<KvRun, "on" | "shape" | "run"> {
  readonly servers: number;
  readonly logBytesMax?: number;
}

/** A run on a store. At its end, whatever it was about, all that clerks saw is linearizable. */
export function onStore(options: StoreOptions, body: (store: Store) => Promise<void>): KvRun {
  const { servers, logBytesMax, ...rest } = options;
  return {
    ...rest,
    on: "store",
    shape: { servers, logBytesMax },
    run: async (world) => {
      const store = new Store(world);
      await body(store);
      store.checkHistory();
    },
  };
}
