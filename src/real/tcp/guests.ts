import type { Socket } from "node:net";
import { assert } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Context } from "./context.ts";
import type { Hello } from "./handshake.ts";
import { Incoming, type IncomingOwner } from "./incoming.ts";

/** Who hears of what guests bring. */
export interface Host {
  /** Whether it is a server that this one sends to. */
  isKnown(who: ServerId): boolean;
  packet(from: ServerId, packet: Uint8Array): void;
  /** A server has shaken hands: it is alive. */
  arrived(who: ServerId): void;
}

/**
 * All accepted connections. Those that still shake hands and those that have done so have rooms of their own, so that the former
 * never keep the latter out; and there is always room for one more handshake, so that a known peer can always say who it is.
 */
export class Guests implements IncomingOwner {
  readonly #context: Context;
  readonly #host: Host;
  /** Oldest first. */
  readonly #shaking = new Set<Incoming>();
  readonly #settled = new Map<ServerId, Incoming>();
  /** For each connection with a frame that has arrived in part and that counts, what is held for it. */
  readonly #reserved = new Map<Incoming, number>();
  #strangersBytes = 0;

  constructor(context: Context, host: Host) {
    this.#context = context;
    this.#host = host;
  }

  get count(): number {
    return this.#shaking.size + this.#settled.size;
  }

  accept(socket: Socket): void {
    const { limits, counters } = this.#context;
    counters.accepted += 1;
    if (this.#shaking.size >= limits.handshakesMax) this.#evict(this.#shaking.values().next().value, "the room for handshakes is full");
    this.#shaking.add(new Incoming(socket, this.#context, this));
    assert(this.#shaking.size <= limits.handshakesMax, "no more connections shake hands than may");
  }

  /** Answers a client that is connected; says whether there is one of that name. */
  answer(to: ServerId, packet: Uint8Array): boolean {
    const connection = this.#settled.get(to);
    if (connection?.isClient !== true) return false;
    connection.send(packet);
    return true;
  }

  /** Listens to a client no more for a while; to a server always, since a group depends on it. */
  rest(who: ServerId, ms: number): void {
    const connection = this.#settled.get(who);
    if (connection?.isClient === true) connection.rest(ms);
  }

  beat(): void {
    for (const connection of this.#shaking) connection.beat();
    for (const connection of this.#settled.values()) connection.beat();
  }

  finish(): void {
    for (const connection of this.#shaking) connection.close();
    for (const connection of this.#settled.values()) connection.finish();
  }

  settle(connection: Incoming, { who, incarnation }: Hello): string | undefined {
    const { limits, counters, traces } = this.#context;
    const older = this.#settled.get(who);
    if (older === undefined && this.#settled.size >= limits.connectionsMax - limits.handshakesMax) {
      const stranger = this.#host.isKnown(who) ? this.#someStranger() : undefined;
      if (stranger === undefined) return `Server ${this.#context.me.self} has as many connections as it may have.`;
      this.#evict(stranger, "a known peer needs the room");
    }
    if (older !== undefined) {
      counters.replaced += 1;
      if (older.incarnation !== incarnation) {
        traces.trace("tcp: a peer came back with another directory", { peer: who, was: older.incarnation, is: incarnation });
      }
      older.close();
    }
    counters.settled += 1;
    this.#shaking.delete(connection);
    this.#settled.set(who, connection);
    this.#host.arrived(who);
    return undefined;
  }

  packet(from: ServerId, packet: Uint8Array): void {
    this.#host.packet(from, packet);
  }

  closed(connection: Incoming): void {
    this.#shaking.delete(connection);
    const { who } = connection;
    if (who !== undefined && this.#settled.get(who) === connection) this.#settled.delete(who);
  }

  reserve(connection: Incoming, bytes: number): boolean {
    const { who } = connection;
    // What a known peer may hold is limited by being one frame, and one connection.
    if (who === undefined || this.#host.isKnown(who)) return true;
    if (this.#strangersBytes + bytes > this.#context.limits.strangersBytesMax) return false;
    this.#strangersBytes += bytes;
    this.#reserved.set(connection, bytes);
    return true;
  }

  release(connection: Incoming): void {
    this.#strangersBytes -= this.#reserved.get(connection) ?? 0;
    this.#reserved.delete(connection);
  }

  #someStranger(): Incoming | undefined {
    for (const [who, connection] of this.#settled) if (!this.#host.isKnown(who)) return connection;
    return undefined;
  }

  #evict(connection: Incoming | undefined, why: string): void {
    this.#context.counters.evicted += 1;
    this.#context.traces.trace("tcp: closed a connection to make room", { why });
    connection?.close();
  }
}
