import type { CallLimits } from "../../src/client/calls.ts";
import type { Client, Data } from "../../src/client/client.ts";
import { type Encoding, text } from "../../src/client/encoding.ts";
import type { KvorumError } from "../../src/client/errors.ts";
import { KvClient } from "../../src/client/kv-client.ts";
import { present } from "../../src/base/assert.ts";
import { type KvOptions, kvOptions } from "../../src/shardkv/options.ts";
import { GroupCluster } from "../../src/sim/group/group-cluster.ts";
import type { KvCaller } from "../../src/client/kv-caller.ts";
import { kvGroup } from "../../src/sim/kv/kv-group.ts";
import type { SimClient } from "../../src/sim/group/sim-client.ts";
import { failure, settled } from "./settled.ts";

export interface Made<T extends Data> {
  readonly client: Client<T>;
  readonly process: SimClient<KvCaller>;
  /** What the client has said of being busy, in turn. */
  readonly busy: boolean[];
}

const limits: CallLimits = { inFlightMax: 100, inFlightBytesMax: 1 << 20, callsMax: 1000 };

/** A group of three in simulated time, and the clients that users would have. */
export class StoreWorld {
  readonly cluster: GroupCluster<KvCaller>;
  readonly #kv: KvOptions;

  constructor(kv: Partial<KvOptions> = {}) {
    this.#kv = kvOptions(kv);
    this.cluster = new GroupCluster(1, kvGroup({}, kv), { size: 3 });
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
      limits: this.#kv,
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
  settled<R>(promise: Promise<R>): Promise<R> {
    return settled(promise, () => this.cluster.run(5));
  }

  /** The error that a promise is rejected with. */
  failure(promise: Promise<unknown>): Promise<KvorumError> {
    return failure(promise, () => this.cluster.run(5));
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
