import { assert } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { Trace } from "../../base/trace.ts";
import type { Clock } from "../../env/clock.ts";
import type { Address } from "../address.ts";
import type { Turn } from "../turn.ts";

/** How much a transport holds, and for how long. */
export interface TcpLimits {
  /** The most bytes of one frame's payload; a packet takes one byte less. */
  readonly frameBytesMax: number;
  /** The most bytes that wait for one peer, in the queue and in the socket; a packet beyond it is dropped. */
  readonly peerBytesMax: number;
  /** The most bytes that wait for one client; one that does not read them loses its connection. */
  readonly clientBytesMax: number;
  /** A client for whom more bytes wait is not listened to until it has read them. */
  readonly clientUnreadBytesMax: number;
  /** One that has not read them after so long loses its connection. */
  readonly clientUnreadMs: number;
  /** As `peerBytesMax`, while there is no connection; the oldest packets are dropped first. */
  readonly waitingBytesMax: number;
  /** Without a connection no packet waits longer: a consensus has moved on by then. */
  readonly waitingMs: number;
  /** The most servers that are sent to. One that is not sent to any more makes room for another. */
  readonly peersMax: number;
  /** The connection to a peer that was sent nothing for so long is closed. */
  readonly unusedMs: number;

  /** The first pause before dialling again; every failure doubles it, and chance takes up to half of it away. */
  readonly redialMs: number;
  readonly redialMsMax: number;
  /** A dialler that has heard nothing for so long asks whether anybody is there. */
  readonly pingMs: number;
  /** One that has heard nothing for so long, a welcome included, gives the connection up. */
  readonly silentMs: number;

  /** The most accepted connections, those that still shake hands included. */
  readonly connectionsMax: number;
  /** How many of `connectionsMax` may be shaking hands; the oldest of them makes room for a new one. */
  readonly handshakesMax: number;
  /** The most bytes of one message of a handshake. */
  readonly handshakeBytesMax: number;
  /** An accepted connection that has not shaken hands by then is closed. */
  readonly handshakeMs: number;
  /** An accepted connection on which nothing arrived for so long is closed. */
  readonly idleMs: number;
  /** The most bytes that frames may take which have arrived in part, all together, from servers that we do not send to. */
  readonly strangersBytesMax: number;
  /** How often one kind of trouble is traced in a second. */
  readonly tracesPerSecondMax: number;
}

const defaults: TcpLimits = {
  frameBytesMax: 5 * 1024 * 1024 + 64 * 1024,
  peerBytesMax: 16 * 1024 * 1024,
  clientBytesMax: 16 * 1024 * 1024,
  clientUnreadBytesMax: 1024 * 1024,
  clientUnreadMs: 60_000,
  waitingBytesMax: 1024 * 1024,
  waitingMs: 1_000,
  peersMax: 1_024,
  unusedMs: 60_000,
  redialMs: 20,
  redialMsMax: 1_000,
  pingMs: 300,
  silentMs: 1_200,
  connectionsMax: 1_024,
  handshakesMax: 256,
  handshakeBytesMax: 4_096,
  handshakeMs: 5_000,
  idleMs: 10_000,
  strangersBytesMax: 32 * 1024 * 1024,
  tracesPerSecondMax: 5,
};

/** The limits with their defaults, checked and frozen. */
export function tcpLimits(given: Partial<TcpLimits> = {}): TcpLimits {
  const limits = { ...defaults, ...given };
  for (const [name, value] of Object.entries(limits)) assert(value > 0, `${name} is positive`);
  assert(limits.frameBytesMax < 2 ** 31, "a frame's length fits");
  assert(limits.handshakeBytesMax >= 4_096, "the longest names fit into a handshake");
  assert(limits.handshakeBytesMax <= limits.frameBytesMax, "a handshake is no longer than other frames");
  assert(limits.handshakesMax < limits.connectionsMax, "handshakes leave room for those who have shaken hands");
  assert(limits.pingMs < limits.silentMs && limits.pingMs < limits.idleMs, "who pings is heard before he is given up");
  assert(limits.redialMs <= limits.redialMsMax, "the first pause is the shortest");
  return Object.freeze(limits);
}

/** What a transport is made of. */
export interface TcpOptions {
  /** The cluster's name: servers of another one are refused. */
  readonly cluster: string;
  /** Who this server is to its peers. */
  readonly self: ServerId;
  /** This server's data directory; a wiped one is another. A safe integer, zero or more. */
  readonly incarnation: number;
  /** Where to listen; port 0 is any that is free. */
  readonly listen: Address;
  /** Where to listen besides: both doors lead to the same server. */
  readonly listenAlso?: Address | undefined;
  /** Whether clients may know this server by any name: nobody has told it at which address they reach it. */
  readonly anyName?: boolean | undefined;
  /** Where a server listens; by default at the address that its id is. Asked anew for every connection. */
  readonly addressOf?: (server: ServerId) => Address | undefined;
  readonly turn: Turn;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly trace: Trace;
  readonly limits?: Partial<TcpLimits>;
}

/** Whether `text` can be the name of a server or a cluster: at most 255 characters, none of which a terminal or a log would obey. */
export function isName(text: unknown): text is string {
  return typeof text === "string" && text.length <= 255 && /^[^\p{C}]+$/u.test(text);
}

/** `text` from the network, fit to be shown: short, and without anything that a terminal or a log would obey. */
export function printable(text: string): string {
  const shown = text.slice(0, 500).replaceAll(/\p{C}/gu, "?");
  return text.length > 500 ? `${shown}...` : shown;
}
