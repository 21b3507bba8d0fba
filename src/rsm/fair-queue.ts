import type { ServerId } from "../base/ids.ts";

/** What waits of many clients. Each has its turn after every other, however much it has waiting; its own stays in its order. */
export class FairQueue<T> {
  /** In the order of their turns; none is empty. */
  readonly #waiting = new Map<ServerId, T[]>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(client: ServerId, item: T): void {
    const own = this.#waiting.get(client);
    if (own === undefined) this.#waiting.set(client, [item]);
    else own.push(item);
    this.#count += 1;
  }

  /** What is next; it waits no more. */
  take(): T | undefined {
    for (const [client, own] of this.#waiting) {
      const item = own.shift() as T;
      this.#waiting.delete(client);
      if (own.length > 0) this.#waiting.set(client, own);
      this.#count -= 1;
      return item;
    }
    return undefined;
  }

  /** Everything, in the order of the turns. */
  takeAll(): T[] {
    const all: T[] = [];
    for (let item = this.take(); item !== undefined; item = this.take()) all.push(item);
    return all;
  }
}
