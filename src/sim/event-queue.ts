import { present } from "../base/assert.ts";

/** What happens when its time has come. */
export interface Happening {
  run: () => void;
}

/**
 * Whoever an event belongs to. It may run the event at once, keep it for later or drop it. What is kept can be cancelled yet: only
 * when it runs does it say what is to run.
 */
export interface EventOwner {
  readonly name: string;
  enter(event: Readonly<Happening>): void;
}

/** What is going to happen. Whoever cancels it empties it, and it is skipped when its time comes. */
export interface QueuedEvent extends Happening {
  owner: EventOwner | undefined;
}

/**
 * Events by time and, within one time, by arrival: a binary heap. It is the hottest code of the simulator, so the numbers that decide
 * stand in flat arrays beside the events, and an item is moved into the hole that the last move left instead of being swapped.
 */
export class EventQueue {
  #times = new Float64Array(64);
  #sequences = new Float64Array(64);
  readonly #events: QueuedEvent[] = [];
  #arrivals = 0;

  get size(): number {
    return this.#events.length;
  }

  /** The time of the first event; `Infinity` when there is none. */
  firstTime(): number {
    return this.#events.length === 0 ? Infinity : (this.#times[0] as number);
  }

  first(): QueuedEvent | undefined {
    return this.#events[0];
  }

  add(time: number, run: () => void, owner: EventOwner | undefined): QueuedEvent {
    const event: QueuedEvent = { run, owner };
    const size = this.#events.length;
    if (size === this.#times.length) this.#grow();
    const times = this.#times;
    const sequences = this.#sequences;
    const events = this.#events;
    events.push(event);
    let hole = size;
    while (hole > 0) {
      // The newcomer has the largest sequence number, so that only an earlier time lets it pass.
      const parent = (hole - 1) >> 1;
      if ((times[parent] as number) <= time) break;
      times[hole] = times[parent] as number;
      sequences[hole] = sequences[parent] as number;
      events[hole] = events[parent] as QueuedEvent;
      hole = parent;
    }
    times[hole] = time;
    sequences[hole] = this.#arrivals;
    events[hole] = event;
    this.#arrivals += 1;
    return event;
  }

  /** Takes the first event out. There is one. */
  removeFirst(): QueuedEvent {
    const events = this.#events;
    const first = events[0];
    const last = events.pop();
    if (events.length > 0 && last !== undefined) this.#sink(last, events.length);
    return present(first, "there is an event to take out");
  }

  /** Puts `last`, whose numbers stand behind the other `size` events, where it belongs, beginning with the empty first place. */
  #sink(last: QueuedEvent, size: number): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const events = this.#events;
    const time = times[size] as number;
    const sequence = sequences[size] as number;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      let childTime = times[child] as number;
      const right = child + 1;
      if (right < size) {
        const rightTime = times[right] as number;
        if (rightTime < childTime || (rightTime === childTime && (sequences[right] as number) < (sequences[child] as number))) {
          child = right;
          childTime = rightTime;
        }
      }
      if (childTime > time || (childTime === time && (sequences[child] as number) > sequence)) break;
      times[hole] = childTime;
      sequences[hole] = sequences[child] as number;
      events[hole] = events[child] as QueuedEvent;
      hole = child;
    }
    times[hole] = time;
    sequences[hole] = sequence;
    events[hole] = last;
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length);
    const sequences = new Float64Array(times.length);
    times.set(this.#times);
    sequences.set(this.#sequences);
    this.#times = times;
    this.#sequences = sequences;
  }
}
