import { codeOf, replaceIt } from "./level.ts";
import type { Stop } from "./stop.ts";

/** What LevelDB says of a table file that is shorter than it was written: it reads behind the end of it. */
const shortTable = /\.(?:ldb|sst): Invalid argument$/;

/** How long a part of the disk may be used: until it is closed, or until something goes wrong for the first time. */
export class DiskFate {
  readonly #path: string;
  readonly #stop: Stop;
  readonly #onFall: () => void;
  #over = false;

  constructor(path: string, stop: Stop, onFall: () => void) {
    this.#path = path;
    this.#stop = stop;
    this.#onFall = onFall;
  }

  /** Nothing is accepted or called back any more. */
  get over(): boolean {
    return this.#over;
  }

  end(): void {
    this.#over = true;
  }

  /** `what` could not be done. There is no second attempt: after a failed sync nobody knows what is on the disk. */
  failed(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (codeOf(error) === "LEVEL_CORRUPTION" || shortTable.test(reason))
      this.#fall("data_damaged", `${this.#path} is damaged (${reason}); ${replaceIt}.`);
    else this.#fall("disk_failed", `${what} in ${this.#path} has failed (${reason}); nothing is known about that disk any more.`);
  }

  /** `what` is not what was written. */
  damaged(what: string): void {
    this.#fall("data_damaged", `${what} in ${this.#path} is not what was written there; ${replaceIt}.`);
  }

  #fall(reason: "disk_failed" | "data_damaged", sentence: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#stop(reason, sentence);
    this.#onFall();
  }
}
