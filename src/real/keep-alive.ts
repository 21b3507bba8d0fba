/** The longest that Node's timers hold. */
const longMs = 2 ** 31 - 1;

/** Keeps the process from ending by itself, while it is told to. */
export class KeepAlive {
  /** It never has anything to do. */
  readonly #timer = setInterval(() => {}, longMs);

  constructor() {
    this.#timer.unref();
  }

  keep(isWanted: boolean): void {
    if (isWanted) this.#timer.ref();
    else this.#timer.unref();
  }

  /** Lets the process end, for good. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
