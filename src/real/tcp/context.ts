import type { ServerId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { Clock } from "../../env/clock.ts";
import type { Address } from "../address.ts";
import type { Turn } from "../turn.ts";
import type { Counting } from "./counters.ts";
import type { Listener } from "./handshake.ts";
import type { TcpLimits } from "./options.ts";
import type { Pulse } from "./pulse.ts";
import type { TraceLimit } from "./trace-limit.ts";

/** What all connections of one transport share. */
export interface Context {
  readonly me: Listener;
  readonly limits: TcpLimits;
  readonly clock: Clock;
  readonly turn: Turn;
  readonly rng: Rng;
  readonly pulse: Pulse;
  readonly counters: Counting;
  readonly traces: TraceLimit;
  readonly addressOf: (server: ServerId) => Address | undefined;
}
