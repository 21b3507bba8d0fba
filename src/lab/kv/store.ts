import { type CheckOptions, checkHistory } from "../../check/check.ts";
import { explainFailure } from "../../check/explain.ts";
import type { Operation } from "../../check/history.ts";
import { failureText } from "../../check/render-text.ts";
import type { KvRun } from "../case.ts";
import { CaseFailure, check } from "../failure.ts";
import type { ClerkOptions } from "../group/paced-client.ts";
import { Clerk } from "./clerk.ts";
import type { KvWorld } from "./world.ts";

/** A store under test: its world, its clerks, and all that they have seen. */
export class Store<World extends Pick<KvWorld, "now" | "sleep" | "newClient"> = KvWorld> {
  readonly world: World;
  readonly #operations: Operation[] = [];
  #clerks = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** A new clerk: of this world, or of one where clients come to the same store by another way. */
  newClerk(options: ClerkOptions = {}, world: Pick<KvWorld, "now" | "sleep" | "newClient"> = this.world): Clerk {
    this.#clerks += 1;
    return new Clerk(world, `clerk ${this.#clerks}`, options, (operation) => void this.#operations.push(operation));
  }

  /** Everything that clerks saw could have come from one map. The MIT course lets pass what takes its checker longer than a second. */
  checkHistory(limits: Partial<CheckOptions> = {}): void {
    const { verdict, failure } = checkHistory({ model: "store", operations: this.#operations }, limits);
    check(verdict !== "undecided", `whether ${this.#operations.length} operations are linearizable is more than the checker can decide`);
    if (failure === undefined) return;
    throw new CaseFailure("what the clerks saw is not linearizable", failureText(explainFailure(failure)));
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
