import { Rng } from "../../../src/base/rng.ts";
import type { Crowd, CrowdListener, MakeCrowd } from "../../../src/bench/line/crowd.ts";

/** What answers a client's line. */
export type ToyAnswer = (line: string, client: number) => string;

interface Way {
  readonly client: number;
  readonly line: string;
  /** What it was answered, once it has been done. */
  answer?: string;
}

/** Clients in this process. What is under way is done, and answered, in an order that the seed decides: operations overlap. */
export function toyCrowd(size: number, answer: ToyAnswer, seed = 1): MakeCrowd {
  return (listener) => new ToyCrowd(size, answer, listener, new Rng(seed));
}

class ToyCrowd implements Crowd {
  readonly size: number;
  readonly #answer: ToyAnswer;
  readonly #listener: CrowdListener;
  readonly #rng: Rng;
  readonly #under: Way[] = [];
  #waiting = false;

  constructor(size: number, answer: ToyAnswer, listener: CrowdListener, rng: Rng) {
    this.size = size;
    this.#answer = answer;
    this.#listener = listener;
    this.#rng = rng;
  }

  ask(client: number, line: string): void {
    this.#under.push({ client, line });
    if (!this.#waiting) setImmediate(() => this.#turn());
    this.#waiting = true;
  }

  stop(): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  kill(): void {
    this.#under.length = 0;
  }

  cpuSeconds(): undefined {
    return undefined;
  }

  #turn(): void {
    this.#waiting = this.#under.length > 0;
    if (!this.#waiting) return;
    for (let steps = 0; steps < 100 && this.#under.length > 0; steps += 1) this.#step();
    setImmediate(() => this.#turn());
  }

  #step(): void {
    const at = this.#rng.int(0, this.#under.length - 1);
    const way = this.#under[at];
    if (way === undefined) return;
    if (way.answer === undefined) way.answer = this.#answer(way.line, way.client);
    else {
      this.#under.splice(at, 1);
      this.#listener.answered(way.client, Buffer.from(way.answer, "latin1"));
    }
  }
}
