import type { Cancel } from "../env/clock.ts";
import type { Config } from "../shardmaster/config.ts";
import { partitioner, type ShardOf } from "../shardmaster/partitioner.ts";
import { latestNumber } from "../shardmaster/queries.ts";
import type { MasterCaller } from "./master-caller.ts";

/** How long the shardmaster may be silent before those who wait for it go on without. */
const refreshMs = 2000;

/** What a client knows of who owns which shard. It may be old: groups say so. */
export class ConfigCache {
  readonly #master: MasterCaller;
  #shardOf: ShardOf | undefined;
  #shards = 0;
  #config: Config | undefined;
  /** Who waits for the answer to what the shardmaster is being asked. */
  #waiting: Set<() => void> | undefined;

  constructor(master: MasterCaller) {
    this.#master = master;
  }

  /** The newest one that is known. */
  get config(): Config | undefined {
    return this.#config;
  }

  /** How many shards there are; 0 while that is not known. */
  get shards(): number {
    return this.#shards;
  }

  /** The shard of a key; undefined while the cluster's shape is not known. */
  get shardOf(): ShardOf | undefined {
    return this.#shardOf;
  }

  /** Asks the shardmaster; `done` runs later, whether or not there is anything new. */
  refresh(done: () => void): Cancel {
    const waiting = this.#waiting ?? this.#ask();
    waiting.add(done);
    return () => void waiting.delete(done);
  }

  #ask(): Set<() => void> {
    const waiting = new Set<() => void>();
    this.#waiting = waiting;
    if (this.#shardOf === undefined) this.#askShape(waiting);
    else this.#askConfig(waiting);
    return waiting;
  }

  #askShape(waiting: Set<() => void>): void {
    this.#master.shape(refreshMs, (outcome) => {
      if (outcome.kind === "result" && outcome.result.shape !== undefined) {
        const { shape } = outcome.result;
        this.#shards = shape.shards;
        this.#shardOf = partitioner(shape.partitioner, shape.shards);
        this.#askConfig(waiting);
      } else {
        this.#tell(waiting);
      }
    });
  }

  #askConfig(waiting: Set<() => void>): void {
    this.#master.config(latestNumber, refreshMs, (outcome) => {
      const config = outcome.kind === "result" ? outcome.result.config : undefined;
      if (config !== undefined && config.number >= (this.#config?.number ?? 0)) this.#config = config;
      this.#tell(waiting);
    });
  }

  #tell(waiting: Set<() => void>): void {
    this.#waiting = undefined;
    for (const done of waiting) done();
  }
}
