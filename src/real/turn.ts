import type { Cancel } from "../env/clock.ts";

/**
 * One turn of the event loop: work that inputs have left for its end is gathered here and done once. What sockets and the disk are
 * handed goes last, so that everything of one turn leaves in one piece.
 */
export class Turn {
  #soon: { run: (() => void) | undefined }[] = [];
  #last: (() => void)[] = [];
  #scheduled = false;
  readonly #run = (): void => {
    this.#scheduled = false;
    // What is added from here on belongs to the next turn.
    const soon = this.#soon;
    this.#soon = [];
    for (const slot of soon) slot.run?.();
    const last = this.#last;
    this.#last = [];
    for (const run of last) run();
  };

  /** Runs `run` when the inputs that already wait have been handled, in the order of the calls, never from inside this one. */
  soon(run: () => void): Cancel {
    const slot: { run: (() => void) | undefined } = { run };
    this.#soon.push(slot);
    this.#schedule();
    return () => {
      slot.run = undefined;
    };
  }

  /** Runs `run` behind everything that this turn was asked to do soon. */
  last(run: () => void): void {
    this.#last.push(run);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }
}
