import { expect, test } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import { ShardedStore } from "./store.ts";

const shape = { shards: 4, partitioner: { kind: "integer" } } as const;
const link = { loss: 0.03, duplication: 0.1, lateCopy: 0.3, delayMeanMs: 2 };

/** Clients append tokens to four keys and read them, until they are told to end. */
class Writers {
  begun = 0;
  done = 0;
  goesOn = true;
  readonly #store: ShardedStore;

  constructor(store: ShardedStore, count: number) {
    this.#store = store;
    for (let client = 1; client <= count; client += 1) this.#write(client);
  }

  #write(client: number): void {
    const token = (this.begun += 1);
    const key = `${(token * 7 + client) % 4}`;
    this.#store.execute(client, { op: "append", key: utf8(key), value: utf8(`${token},`) }, () => {
      this.#store.get(client, key, () => {
        this.done += 1;
        if (this.goesOn) this.#write(client);
      });
    });
  }
}

test.each(["one", "two", "three"])("servers lose their power and packets their way while shards move: seed %s", (seed) => {
  const store = new ShardedStore(seed, shape, 3, { chunkRowsMax: 2 }, link);
  const rng = store.universe.world.rng.fork("storm");
  store.join(1, 2, 3);
  const writers = new Writers(store, 3);
  const clusters = [store.masters, ...store.groups];
  for (let second = 0; second < 12; second += 1) {
    const [cluster, at] = [rng.pick(clusters), rng.int(0, 2)];
    cluster.crash(at, { powerCut: true });
    for (let move = 0; move < 3; move += 1) {
      store.moveSoon(rng.int(0, 3), rng.int(1, 3));
      store.run(rng.int(50, 400));
    }
    if (second === 5) store.leaveSoon(1);
    if (second === 8) store.joinSoon(1);
    cluster.start(at);
    store.run(rng.int(0, 500));
  }
  store.universe.network.calm();
  writers.goesOn = false;
  store.until("all have ended", () => writers.done === writers.begun, 120_000);
  store.until("everything is where it belongs", () => [1, 2, 3].every((gid) => store.isTidy(gid)));
  const tokens = ["0", "1", "2", "3"].flatMap((key) => store.value(key)?.split(",").slice(0, -1) ?? []);
  expect(writers.begun).toBeGreaterThan(100);
  expect(tokens.map(Number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: writers.begun }, (_, index) => index + 1));
  expect([store.unknown, store.verdict()]).toEqual([0, "linearizable"]);
});
