/** Log time as the leader of a term makes it: it goes on with the leader's monotonic clock (rule S3). */
export class LeaderTime {
  #stamp = 0;
  /** The moment that `#stamp` stands for, by the leader's clock. */
  #at = 0;

  /** A term begins. `behind` is the largest of what is stamped in the log and what is applied; no time has passed since. */
  begin(behind: number, now: number): void {
    this.#stamp = behind;
    this.#at = now;
  }

  /** The log time now, by which an entry is stamped. Fractions of milliseconds are not lost: they count for the next one. */
  stamp(applied: number, now: number): number {
    const elapsed = Math.max(0, Math.floor(now - this.#at));
    this.#stamp = Math.max(this.#stamp, applied) + elapsed;
    this.#at += elapsed;
    return this.#stamp;
  }
}
