import type { Rng } from "../../base/rng.ts";
import { CaseFailure } from "../failure.ts";
import { storeService } from "../kv/service.ts";
import type { KvClient, MemoryWorld } from "../kv/world.ts";
import type { Figures, Unreliability } from "../world.ts";
import { type ClientPlace, RealClients } from "./clients.ts";
import type { RealSetting } from "./setting.ts";
import { RealServers } from "./servers.ts";

/** The largest value of these cases is one of 20 MiB. */
const valueBytesMax = 32 * 1024 * 1024;
/** The labs' single server has no log: what this one has must not count for much. */
const logBytesMax = 1024 * 1024;
/** Tens of mebibytes take their time: an attempt is not given up as soon as that of a small operation. */
const attempts = { attemptMs: 2_000, attemptMaxMs: 16_000 };

/** A single server as a process, whose memory is measured, and clients in the runner's. */
export class RealMemoryWorld implements MemoryWorld {
  readonly servers: RealServers;
  readonly #clients: RealClients;
  #place: ClientPlace | undefined;

  constructor(rng: Rng, setting: RealSetting) {
    this.servers = new RealServers({
      ...setting,
      size: 1,
      program: () => ({ kind: "store", logBytesMax, valueBytesMax }),
      rng: rng.fork("networks"),
    });
    const { servers } = this;
    this.#clients = new RealClients({ servers, rng: rng.fork("clients"), valueBytesMax });
  }

  run(body: (world: MemoryWorld) => Promise<void>): Promise<void> {
    return this.servers.run(() => body(this));
  }

  figures(): Figures {
    return this.#clients.figures();
  }

  end(): Promise<void> {
    this.#clients.close();
    return this.servers.end();
  }

  sleep(ms: number): Promise<void> {
    return this.servers.sleep(ms);
  }

  newClient(): Pick<KvClient, "ask"> {
    this.#place ??= this.#clients.newPlace(storeService.group, attempts);
    const caller = this.#place.newCaller((group, session) => storeService.caller(group, session));
    return {
      ask: (ask, deadlineMs) => this.#clients.operate((done) => storeService.ask(caller, ask, deadlineMs, done)),
    };
  }

  async setUnreliable(model: Unreliability | undefined): Promise<void> {
    this.#clients.setUnreliable(model);
    await this.servers.setNetwork({ model });
  }

  async heap(): Promise<number> {
    const bytes = await this.servers.ask<"heap">(0, { kind: "heap" });
    if (bytes === undefined) throw new CaseFailure("the server does not say how much memory it holds");
    return bytes;
  }
}
