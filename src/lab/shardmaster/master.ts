import type { MasterRun } from "../case.ts";
import { fail } from "../failure.ts";
import type { ClerkOptions } from "../group/paced-client.ts";
import { Witnesses } from "../group/witnesses.ts";
import type { ClerkWorld } from "../group/world.ts";
import { AdminClerk, masterWords } from "./clerk.ts";
import type { MasterAsk, MasterReply, MasterWorld } from "./world.ts";

/** How often one looks whether the cluster has begun, and for how long one waits each time. */
const begin = { looks: 100, everyMs: 50, deadlineMs: 5_000 } as const;

/** A shardmaster under test: its world, its clerks, and all that they have seen. */
export class Master<World extends ClerkWorld<MasterAsk, MasterReply> = MasterWorld> {
  readonly world: World;
  readonly #witnesses = new Witnesses();

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
    return new AdminClerk(this.#witnesses.newWitness(this.world, options, masterWords));
  }

  /**
   * Everything that clerks saw could have come from one shardmaster, whose configurations are what rules demand of them. Each of them is
   * asked for first, so that it is known what every one was made of.
   */
  async checkHistory(): Promise<void> {
    const clerk = this.newClerk();
    const { number: latest } = await clerk.query();
    for (let number = 0; number <= latest; number += 1) await clerk.query(number);
    this.#witnesses.checkHistory("shardmaster");
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
