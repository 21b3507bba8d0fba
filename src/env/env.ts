import type { Rng } from "../base/rng.ts";
import type { Trace } from "../base/trace.ts";
import type { Clock } from "./clock.ts";
import type { Cell, Storage } from "./storage.ts";
import type { Transport } from "./transport.ts";

/** Everything a server may touch. The real process has one, the simulator another, and the server cannot tell which. */
export interface Env {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly storage: Storage;
  /** The cell of that name; the same name gives the same cell, also after a restart. */
  cell(name: string): Cell;
  /** Chance; also what must never come back after a restart, such as boot nonces and incarnations, is drawn from it. */
  readonly rng: Rng;
  readonly trace: Trace;
}
