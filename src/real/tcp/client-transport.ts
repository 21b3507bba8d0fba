import { assert } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Transport } from "../../env/transport.ts";
import { parseAddress } from "../address.ts";
import type { Context, LinkTrouble } from "./context.ts";
import { noCounts, type TcpCounters } from "./counters.ts";
import { clientPrefix } from "./handshake.ts";
import { isName, type TcpOptions, tcpLimits } from "./options.ts";
import { Peer } from "./peer.ts";
import { Pulse } from "./pulse.ts";
import { TraceLimit } from "./trace-limit.ts";

/** As a server's, without a place to listen and without a directory. */
export interface TcpClientOptions extends Omit<TcpOptions, "listen" | "incarnation"> {
  /**
   * Hears of connections: that there is one to that server, or why there is none; after every attempt, never from inside `send`. A
   * server that will never speak with this client is dialled again all the same when there is something to send: somebody may mend it.
   */
  readonly onState?: (server: ServerId, trouble: LinkTrouble | undefined) => void;
  /** Whether connections keep the process from ending by itself; default: yes. */
  readonly keepsAlive?: boolean;
}

/** A client's side: it dials the servers that it asks, and hears their answers on the same connections. Nobody dials it. */
export class TcpClientTransport implements Transport {
  readonly #context: Context;
  readonly #peers = new Map<ServerId, Peer>();
  #receive: ((from: ServerId, packet: Uint8Array) => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: TcpClientOptions) {
    const { cluster, self, turn, clock, rng, trace, addressOf = parseAddress, onState, keepsAlive = true } = options;
    assert(isName(cluster) && isName(self) && self.startsWith(clientPrefix), "a client has a name that says that it is one");
    const limits = tcpLimits(options.limits);
    const shortestMs = Math.min(limits.pingMs, limits.silentMs, limits.waitingMs);
    const pulse = new Pulse(clock, shortestMs / 2, shortestMs, () => this.#beat());
    const traces = new TraceLimit(trace, clock, limits.tracesPerSecondMax);
    const me = { cluster, self, incarnation: 0 };
    this.#context = { me, limits, clock, turn, rng, pulse, counters: noCounts(), traces, addressOf, onState, keepsAlive };
  }

  send(to: ServerId, packet: Uint8Array): void {
    const { counters, limits } = this.#context;
    counters.packetsSent += 1;
    counters.bytesSent += packet.length;
    // The kind of the frame is a part of its payload.
    const isTooLong = packet.length + 1 > limits.frameBytesMax;
    const peer = isTooLong || this.#closing !== undefined ? undefined : this.#peer(to);
    if (peer === undefined) counters.droppedUndeliverable += 1;
    else peer.send(packet);
  }

  onPacket(receive: (from: ServerId, packet: Uint8Array) => void): void {
    this.#receive = receive;
  }

  /** What was done so far. */
  counters(): TcpCounters {
    return { ...this.#context.counters };
  }

  /** The bytes that wait for a server, as they count against its budget. */
  bytesWaiting(to: ServerId): number {
    return this.#peers.get(to)?.bytesWaiting ?? 0;
  }

  /** Whether there is a connection to a server that it has welcomed. */
  isOpen(to: ServerId): boolean {
    return this.#peers.get(to)?.isOpen === true;
  }

  /**
   * Hands the servers what was sent, as far as there are connections to them, and ends these. Nothing is received from here on.
   * Resolves when all is over; a server that does not take what it is sent holds it up for `silentMs` and no longer.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#receive = undefined;
    this.#context.pulse.stop();
    const finished = [...this.#peers.values()].map((peer) => peer.finish());
    this.#peers.clear();
    await Promise.all(finished);
  }

  #peer(to: ServerId): Peer | undefined {
    const known = this.#peers.get(to);
    if (known !== undefined) return known;
    const { limits, addressOf } = this.#context;
    if (!isName(to) || addressOf(to) === undefined || this.#peers.size >= limits.peersMax) return undefined;
    const peer = new Peer(to, this.#context, {
      role: "client",
      packet: (packet) => this.#deliver(to, packet),
    });
    this.#peers.set(to, peer);
    return peer;
  }

  #deliver(from: ServerId, packet: Uint8Array): void {
    if (this.#receive === undefined) return;
    const { counters } = this.#context;
    counters.packetsReceived += 1;
    counters.bytesReceived += packet.length;
    this.#receive(from, packet);
  }

  #beat(): void {
    for (const peer of this.#peers.values()) {
      peer.beat();
      if (!peer.isUnused) continue;
      peer.close();
      this.#peers.delete(peer.id);
    }
  }
}
