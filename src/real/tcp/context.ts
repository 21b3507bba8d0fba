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

/** Why there is no connection. */
export interface LinkTrouble {
  /** One sentence, or the end of one. */
  readonly why: string;
  /**
   * Whether asking again is of no use as things are: it is no kvorum server, or another one, or of another cluster, or speaks another
   * version of the protocol.
   */
  readonly isFinal: boolean;
}

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
  /** Hears of connections that were dialled: that there is one, or why there is none. */
  readonly onState?: ((server: ServerId, trouble: LinkTrouble | undefined) => void) | undefined;
  /** Whether connections that were dialled keep the process from ending by itself; default: yes. */
  readonly keepsAlive?: boolean;
}
