/** Who waits for so long is told why; then after twice as long, and so on. */
const firstMs = 2000;
const pauseMsMax = 60_000;

/** When it takes longer than that to find out why for the first time, at least that it takes long is said. */
const findMs = 500;

/** Tells somebody who waits why, until it is stopped. */
export class Patience {
  readonly #tell: (why: string, waitedMs: number) => void;
  readonly #begun = performance.now();
  #why: () => Promise<string>;
  #timer: NodeJS.Timeout;
  #isOver = false;

  constructor(why: () => Promise<string>, tell: (why: string, waitedMs: number) => void) {
    this.#why = why;
    this.#tell = tell;
    this.#timer = this.#after(firstMs);
  }

  /** What is waited for is something else from now on. */
  explain(why: () => Promise<string>): void {
    this.#why = why;
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #after(ms: number): NodeJS.Timeout {
    return setTimeout(() => void this.#ask(ms), ms);
  }

  async #ask(ms: number): Promise<void> {
    const atOnce = ms === firstMs ? setTimeout(() => this.#say("No answer has come yet."), findMs) : undefined;
    const why = await this.#why().catch(String);
    clearTimeout(atOnce);
    // It may have come to its end meanwhile.
    if (this.#isOver) return;
    this.#say(why);
    this.#timer = this.#after(Math.min(2 * ms, pauseMsMax));
  }

  #say(why: string): void {
    if (!this.#isOver) this.#tell(why, performance.now() - this.#begun);
  }
}
