import type { Config } from "../../shardmaster/config.ts";
import type { Known } from "../migration/known.ts";

/** So many shards' places are kept in mind, of all configurations together: these are 32 of the largest store. */
const placesMax = 2 ** 21;
const configsMax = 512;

/** The configurations that a leader has heard of, as many as it may keep: those that were looked at last. */
export class ConfigBook implements Known {
  readonly #configs = new Map<number, Config>();
  #latest = 0;

  get latest(): number {
    return this.#latest;
  }

  config(number: number): Config | undefined {
    const config = this.#configs.get(number);
    if (config !== undefined) this.#keep(config);
    return config;
  }

  /** There is a configuration of that number. */
  see(latest: number): void {
    this.#latest = Math.max(this.#latest, latest);
  }

  /** `latest` is the number of the latest one that there is. */
  add(config: Config, latest: number): void {
    this.see(latest);
    this.#keep(config);
    const room = Math.min(configsMax, Math.floor(placesMax / config.shards.length));
    for (const number of this.#configs.keys()) {
      if (this.#configs.size <= room) break;
      this.#configs.delete(number);
    }
  }

  /** What was looked at last stands last. */
  #keep(config: Config): void {
    this.#configs.delete(config.number);
    this.#configs.set(config.number, config);
  }
}
