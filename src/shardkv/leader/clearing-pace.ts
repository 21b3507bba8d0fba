/** It rests after a page for so many times as long as that took ... */
const restTimes = 3;
/** ... but never longer than this. */
const restMsMax = 1000;
/** After so long it is taken for lost. */
const lostMs = 1000;

/**
 * How fast a leader clears copies that count no more: a page at a time, and a quarter of the time at most, whether or not there are clients.
 * Nobody waits for it, and whoever shares the machine or the disk with it, another group perhaps that has just got these rows, has clients.
 */
export class ClearingPace {
  #begun: number | undefined;
  #restsUntil = -Infinity;

  /** When the next page may begin. */
  get restsUntil(): number {
    return this.#restsUntil;
  }

  /** Whether a page may begin now; it has begun then. */
  begin(now: number): boolean {
    if (now < this.#restsUntil || (this.#begun !== undefined && now - this.#begun < lostMs)) return false;
    this.#begun = now;
    return true;
  }

  /** A page was cleared. */
  end(now: number): void {
    if (this.#begun === undefined) return;
    this.#restsUntil = now + Math.min((now - this.#begun) * restTimes, restMsMax);
    this.#begun = undefined;
  }

  /** Forgets the page that is under way, and the rest. */
  clear(): void {
    this.#begun = undefined;
    this.#restsUntil = -Infinity;
  }
}
