import type { CallLimits } from "../../src/client/calls.ts";
import type { Client, Data } from "../../src/client/client.ts";
import { type Encoding, text } from "../../src/client/encoding.ts";
import { KvorumError } from "../../src/client/errors.ts";
import { KvClient } from "../../src/client/kv-client.ts";
import { present } from "../../src/base/assert.ts";
import type { KvOptions } from "../../src/shardkv/options.ts";
import { GroupCluster } from "../../src/sim/group/group-cluster.ts";
import type { SimClient } from "../../src/sim/group/sim-client.ts";

export interface Made<T extends Data> {
  readonly client: Client<T>;
  readonly process: SimClient;
  /** What the client has said of being busy, in turn. */
  readonly busy: boolean[];
}

const limits: CallLimits = { inFlightMax: 100, inFlightBytesMax: 1 << 20, callsMax: 1000 };

/** A group of three in simulated time, and the clients that users would have. */
export class StoreWorld {
  readonly cluster: GroupCluster;

  constructor(kv: Partial<KvOptions> = {}) {
    this.cluster = new GroupCluster(1, { size: 3, kv });
    this.cluster.startAll();
    this.until(() => this.cluster.leader !== undefined, "a leader is elected");
  }

  client(): Client {
    return this.made(text).client;
  }

  made<T extends Data>(encoding: Encoding<T>, given: Partial<CallLimits> = {}, timeoutMs: number = Infinity): Made<T> {
    const process = this.cluster.newClient();
    const busy: boolean[] = [];
    const client = new KvClient({
      caller: process.caller,
      encoding,
      limits: this.cluster.kv,
      calls: {
        clock: present(process.process.env(), "a client is alive").clock,
        limits: { ...limits, ...given },
        timeoutMs,
        busy: (isBusy) => busy.push(isBusy),
        answered: () => {},
        trouble: () => "Nobody is there.",
      },
      close: () => {},
    });
    return { client, process, busy };
  }

  /** Lets time pass until a promise is settled: what it came to. */
  async settled<R>(promise: Promise<R>): Promise<R> {
    const ends = { seen: false };
    const over = (): void => {
      ends.seen = true;
    };
    promise.then(over, over);
    for (let i = 0; !ends.seen; i += 1) {
      if (i > 100_000) throw new Error("nothing comes of it");
      this.cluster.run(5);
      // What waits for something that has ended goes on before time does.
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    }
    return promise;
  }

  /** The error that a promise is rejected with. */
  async failure(promise: Promise<unknown>): Promise<KvorumError> {
    const error: unknown = await this.settled(
      promise.then(
        (result) => new Error(`it ended in ${JSON.stringify(result)}`),
        (reason: unknown) => reason,
      ),
    );
    if (error instanceof KvorumError) return error;
    throw error;
  }

  /** Kills all servers: nobody answers any more. */
  killAll(): void {
    for (let at = 0; at < this.cluster.size; at += 1) this.cluster.crash(at, { powerCut: false });
  }

  until(condition: () => boolean, what: string, ms = 60_000): void {
    const end = this.cluster.world.now + ms;
    while (!condition()) {
      if (this.cluster.world.now > end) throw new Error(`not within ${ms} ms: ${what}`);
      this.cluster.run(5);
    }
  }
}

/** Everything that an iteration gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
