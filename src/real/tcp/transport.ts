import { createServer, type Server } from "node:net";
import { assert, present } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Transport } from "../../env/transport.ts";
import { type Address, addressText, parseAddress } from "../address.ts";
import { Refusal } from "../stop.ts";
import type { Context } from "./context.ts";
import { noCounts, type TcpCounters } from "./counters.ts";
import { Guests } from "./guests.ts";
import { clientPrefix } from "./handshake.ts";
import { isName, type TcpLimits, tcpLimits, type TcpOptions } from "./options.ts";
import { Peer } from "./peer.ts";
import { Pulse } from "./pulse.ts";
import { TraceLimit } from "./trace-limit.ts";

/** Listens, and is ready to send; rejects with a `Refusal` when the address cannot be listened on. */
export async function openTcpTransport(options: TcpOptions): Promise<TcpTransport> {
  const { cluster, self, incarnation, listen } = options;
  assert(isName(cluster) && isName(self), "the cluster and this server have names");
  assert(Number.isSafeInteger(incarnation) && incarnation >= 0, "an incarnation is a safe integer, zero or more");
  assert(listen.host !== "", "an address to listen on has a host");
  const limits = tcpLimits(options.limits);
  const transport = new TcpTransport(options, limits);
  try {
    await transport.listen(listen);
    if (options.listenAlso !== undefined) await transport.listen(options.listenAlso);
  } catch (error) {
    await transport.close();
    throw error;
  }
  return transport;
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process listens there already",
  EADDRNOTAVAIL: "it is not an address of this machine",
  EACCES: "this user may not listen there",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name cannot be resolved at the moment",
};

function unusable(address: Address, error: NodeJS.ErrnoException): Refusal {
  const reason = reasons[error.code ?? ""] ?? error.message;
  return new Refusal("address_unusable", `Cannot listen on ${addressText(address)}: ${reason}.`, error);
}

/**
 * Packets over TCP. Each server dials those that it sends to, and packets go only from the dialler to the listener, so that there
 * is never a question which of two connections is the right one.
 */
export class TcpTransport implements Transport {
  readonly #doors: { readonly address: Address; readonly server: Server }[] = [];
  readonly #context: Context;
  readonly #guests: Guests;
  readonly #peers = new Map<ServerId, Peer>();
  #receive: ((from: ServerId, packet: Uint8Array) => void) | undefined;
  #closing: Promise<void> | undefined;

  /** For `openTcpTransport`, which makes it listen. */
  constructor(options: TcpOptions, limits: TcpLimits) {
    const { cluster, self, incarnation, anyName, turn, clock, rng, addressOf = parseAddress } = options;
    const shortestMs = Math.min(limits.pingMs, limits.silentMs, limits.handshakeMs, limits.idleMs, limits.waitingMs);
    const pulse = new Pulse(clock, shortestMs / 2, shortestMs, () => this.#beat());
    const traces = new TraceLimit(options.trace, clock, limits.tracesPerSecondMax);
    const me = { cluster, self, incarnation, anyName };
    this.#context = { me, limits, clock, turn, rng, pulse, counters: noCounts(), traces, addressOf };
    this.#guests = new Guests(this.#context, {
      isKnown: (who) => this.#peers.has(who),
      packet: (from, packet) => this.#deliver(from, packet),
      arrived: (who) => this.#peers.get(who)?.nudge(),
    });
  }

  /** Where it listens, with the port that was free when none was named. */
  get address(): Address {
    return present(this.#doors[0], "a transport listens").address;
  }

  /** Listens there too; rejects with a `Refusal`. */
  listen({ host, port }: Address): Promise<void> {
    const server = createServer({ noDelay: true });
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void => reject(unusable({ host, port }, error));
      server.once("error", fail);
      server.listen({ host, port }, () => {
        server.off("error", fail);
        const bound = server.address();
        // Nobody is accepted before somebody hears of it: that is seen to in the same turn.
        server.on("connection", (socket) => this.#guests.accept(socket));
        server.on("error", (error) => this.#context.traces.trace("tcp: could not accept a connection", { why: error.message }));
        this.#doors.push({ address: { host, port: typeof bound === "object" && bound !== null ? bound.port : port }, server });
        resolve();
      });
    });
  }

  send(to: ServerId, packet: Uint8Array): void {
    const { counters, limits } = this.#context;
    counters.packetsSent += 1;
    counters.bytesSent += packet.length;
    // The kind of the frame is a part of its payload.
    const isTooLong = packet.length + 1 > limits.frameBytesMax;
    if (!isTooLong && to.startsWith(clientPrefix)) {
      if (!this.#guests.answer(to, packet)) counters.droppedUndeliverable += 1;
      return;
    }
    const peer = isTooLong ? undefined : (this.#peers.get(to) ?? this.#newPeer(to));
    if (peer === undefined) counters.droppedUndeliverable += 1;
    else peer.send(packet);
  }

  onPacket(receive: (from: ServerId, packet: Uint8Array) => void): void {
    this.#receive = receive;
  }

  rest(from: ServerId, ms: number): void {
    this.#guests.rest(from, ms);
  }

  /** What was done so far. */
  counters(): TcpCounters {
    return { ...this.#context.counters };
  }

  /** How many connections others have here now. */
  get connections(): number {
    return this.#guests.count;
  }

  /** The bytes that wait for a peer, as they count against its budget. */
  bytesWaiting(to: ServerId): number {
    return this.#peers.get(to)?.bytesWaiting ?? 0;
  }

  /** Whether there is a connection to a peer that it has welcomed. */
  isOpen(to: ServerId): boolean {
    return this.#peers.get(to)?.isOpen === true;
  }

  /** Hands the sockets what was sent, and ends all connections. Nothing is received from here on. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#context.pulse.stop();
    this.#receive = undefined;
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
    this.#guests.finish();
    await Promise.all(this.#doors.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  }

  #newPeer(to: ServerId): Peer | undefined {
    const { me, limits, addressOf } = this.#context;
    const isReachable = this.#closing === undefined && to !== me.self && isName(to) && addressOf(to) !== undefined;
    if (!isReachable || (this.#peers.size >= limits.peersMax && !this.#forgetOne())) return undefined;
    const peer = new Peer(to, this.#context, { role: "peer" });
    this.#peers.set(to, peer);
    return peer;
  }

  /** Peers are remembered while there is room: they are known, and known peers are let in before strangers. */
  #forgetOne(): boolean {
    for (const peer of this.#peers.values()) {
      if (peer.isUnused) return this.#peers.delete(peer.id);
    }
    return false;
  }

  #deliver(from: ServerId, packet: Uint8Array): void {
    if (this.#receive === undefined) return;
    const { counters } = this.#context;
    counters.packetsReceived += 1;
    counters.bytesReceived += packet.length;
    this.#receive(from, packet);
  }

  #beat(): void {
    this.#guests.beat();
    for (const peer of this.#peers.values()) {
      if (peer.isUnused) peer.close();
      else peer.beat();
    }
  }
}
