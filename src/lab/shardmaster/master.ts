import { checkHistory } from "../../check/check.ts";
import { explainFailure } from "../../check/explain.ts";
import type { Operation } from "../../check/history.ts";
import { failureText } from "../../check/render-text.ts";
import type { MasterRun } from "../case.ts";
import { CaseFailure, check, fail } from "../failure.ts";
import type { ClerkOptions } from "../group/paced-client.ts";
import { AdminClerk } from "./clerk.ts";
import type { MasterWorld } from "./world.ts";

/** How often one looks whether the cluster has begun, and for how long one waits each time. */
const begin = { looks: 100, everyMs: 50, deadlineMs: 5_000 } as const;

/** A shardmaster under test: its world, its clerks, and all that they have seen. */
export class Master<World extends Pick<MasterWorld, "now" | "sleep" | "newClient"> = MasterWorld> {
  readonly world: World;
  readonly #operations: Operation[] = [];
  #clerks = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** Waits until the cluster has its shape, which its servers give it as soon as they can: before, everybody is refused. */
  async begin(): Promise<void> {
    const client = this.world.newClient();
    for (let look = 0; look < begin.looks; look += 1) {
      const reply = await client.ask({ op: "query", number: 0 }, begin.deadlineMs);
      if (reply.kind === "given") return;
      await this.world.sleep(begin.everyMs);
    }
    fail("the cluster was not initialised");
  }

  newClerk(options: ClerkOptions = {}): AdminClerk {
    this.#clerks += 1;
    return new AdminClerk(this.world, `clerk ${this.#clerks}`, options, (operation) => void this.#operations.push(operation));
  }

  /**
   * Everything that clerks saw could have come from one shardmaster, whose configurations are what rules demand of them. Each of them is
   * asked for first, so that it is known what every one was made of.
   */
  async checkHistory(): Promise<void> {
    const clerk = this.newClerk();
    const { number: latest } = await clerk.query();
    for (let number = 0; number <= latest; number += 1) await clerk.query(number);
    const { verdict, failure } = checkHistory({ model: "shardmaster", operations: this.#operations });
    check(verdict !== "undecided", `whether ${this.#operations.length} operations are linearizable is more than the checker can decide`);
    if (failure === undefined) return;
    throw new CaseFailure("what the clerks saw is not linearizable", failureText(explainFailure(failure)));
  }
}

/** How many servers, and how much log they keep; the rest is as in every run. */
export interface MasterRunOptions extends Omit<MasterRun, "on" | "shape" | "run"> {
  readonly servers?: number;
  readonly logBytesMax?: number;
}

/** A run on a shardmaster. At its end, whatever it was about, all that clerks saw is as it has to be. */
export function onMaster(options: MasterRunOptions, body: (master: Master) => Promise<void>): MasterRun {
  const { servers = 3, logBytesMax, ...rest } = options;
  return {
    ...rest,
    on: "master",
    shape: { servers, logBytesMax },
    run: async (world) => {
      const master = new Master(world);
      await master.begin();
      await body(master);
      await master.checkHistory();
    },
  };
}
