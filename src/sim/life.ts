import type { EventOwner, Happening } from "./event-queue.ts";
import type { World } from "./world.ts";

/**
 * One life of a process: the gate through which everything that belongs to it must go. A dead life runs nothing ever again. A
 * paused one keeps what falls due and runs it in order, one event each, when it goes on; what falls due meanwhile queues behind.
 */
export class Life implements EventOwner {
  readonly name: string;
  readonly #world: World;
  readonly #onError: (error: unknown) => void;
  #alive = true;
  #paused = false;
  #draining = false;
  #kept: Readonly<Happening>[] = [];
  #keptFirst = 0;

  constructor(world: World, name: string, onError: (error: unknown) => void) {
    this.#world = world;
    this.name = name;
    this.#onError = onError;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#paused;
  }

  enter(event: Readonly<Happening>): void {
    if (!this.#alive) return;
    if (this.#paused || this.#draining) this.#kept.push(event);
    else this.#run(event);
  }

  /** Ends this life. Code of it that is running at this moment runs on as a ghost, which reaches nothing any more. */
  end(): void {
    this.#alive = false;
    this.#kept = [];
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#draining || this.#kept.length === 0) return;
    this.#draining = true;
    this.#world.post(0, () => this.#drain());
  }

  #drain(): void {
    if (!this.#alive) return;
    if (!this.#paused) {
      const event = this.#kept[this.#keptFirst];
      this.#keptFirst += 1;
      if (event !== undefined) this.#run(event);
    }
    if (this.#keptFirst < this.#kept.length && !this.#paused) {
      this.#world.post(0, () => this.#drain());
      return;
    }
    this.#draining = false;
    this.#kept.splice(0, this.#keptFirst);
    this.#keptFirst = 0;
  }

  #run(event: Readonly<Happening>): void {
    this.#world.note(this);
    try {
      event.run();
    } catch (error) {
      // What a ghost trips over is no event of this world.
      if (this.#alive) this.#onError(error);
    }
  }
}
