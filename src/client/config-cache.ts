import type { Cancel } from "../env/clock.ts";
import type { Shard } from "../rsm/state/state-machine.ts";
import type { Config } from "../shardmaster/config.ts";
import { type Division, partitioner, shardsBetween, type ShardOf } from "../shardmaster/partitioner.ts";
import type { MasterCaller } from "./master-caller.ts";

/** How long the shardmaster may be silent before those who wait for it go on without. */
const refreshMs = 2000;

/** What a client knows of who owns which shard. It may be old: groups say so. */
export class ConfigCache {
  readonly #master: MasterCaller;
  #division: Division | undefined;
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

  /** The shards that keys between two ends can be in; none while the cluster's shape is not known. */
  shardsBetween(low: Uint8Array | undefined, high: Uint8Array | undefined): readonly Shard[] {
    return this.#division === undefined ? [] : shardsBetween(this.#division, low, high);
  }

  /** The shard of a key; undefined while the cluster's shape is not known. */
  get shardOf(): ShardOf | undefined {
    return this.#division?.shardOf;
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
    if (this.#division === undefined) this.#askShape(waiting);
    else this.#askConfig(waiting);
    return waiting;
  }

  #askShape(waiting: Set<() => void>): void {
    this.#master.shape(refreshMs, (outcome) => {
      if (outcome.kind === "result" && outcome.result.shape !== undefined) {
        const { shards, partitioner: spec } = outcome.result.shape;
        this.#division = { kind: spec.kind, shards, shardOf: partitioner(spec, shards) };
        this.#askConfig(waiting);
      } else {
        this.#tell(waiting);
      }
    });
  }

  #askConfig(waiting: Set<() => void>): void {
    this.#master.newer(this.#config?.number ?? -1, refreshMs, (outcome) => {
      const config = outcome.kind === "result" ? outcome.result.config : undefined;
      // An answer may be older than the one before it.
      if (config !== undefined && config.number > (this.#config?.number ?? -1)) this.#config = config;
      this.#tell(waiting);
    });
  }

  #tell(waiting: Set<() => void>): void {
    this.#waiting = undefined;
    for (const done of waiting) done();
  }
}
