import { present } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { Cancel, Clock } from "../../env/clock.ts";
import type { Transport } from "../../env/transport.ts";
import { calmLink, drawDelay, type LinkSettings } from "../../sim/network/link.ts";
import { labrpcModel, sliceModel } from "../../sim/network/models.ts";
import { isRequest, type PacketCount } from "../packet-count.ts";
import type { Unreliability } from "../world.ts";
import type { NetworkState } from "./protocol.ts";

/** A wire that does nothing by itself: what packets take here is the machine's doing. */
const plainLink: LinkSettings = { ...calmLink, baseMinMs: 0, baseMaxMs: 0 };

export interface FaultyTransportOptions {
  readonly inner: Transport;
  readonly clock: Clock;
  /** The servers of the group by their places. */
  readonly servers: readonly ServerId[];
  /** One of them, or a client. */
  readonly self: ServerId;
  readonly rng: Rng;
  /** Counts this process's packets. */
  readonly count: PacketCount;
  /** Runs whenever the count has changed. */
  readonly counted: () => void;
  readonly network: NetworkState;
}

/**
 * One process's view of a network that the runner breaks and mends. Everybody drops what he sends to or hears from somebody whom
 * he cannot reach, so a cut works as soon as one end knows of it; and what a model holds back is looked at again when it is due.
 * The models are those of the simulator, draw for draw.
 */
export class FaultyTransport implements Transport {
  readonly #options: FaultyTransportOptions;
  readonly #links: ReadonlyMap<ServerId, Rng>;
  /** For everybody else, who is a client. */
  readonly #clients: Rng;
  readonly #slices: Rng;
  #unplugged: ReadonlySet<ServerId> = new Set();
  /** Servers on another side than this one. */
  #beyond: ReadonlySet<ServerId> = new Set();
  #settings: LinkSettings = plainLink;
  #model: Unreliability | undefined;
  #endSlices: Cancel | undefined;
  /** The model has this server cut off for a while, or slow. */
  #isDown = false;
  #slowMs = 0;

  constructor(options: FaultyTransportOptions) {
    this.#options = options;
    const { servers, rng } = options;
    this.#links = new Map(servers.map((server, at) => [server, rng.fork("link").fork(at)]));
    this.#clients = rng.fork("clients");
    this.#slices = rng.fork("slices");
    this.set(options.network);
  }

  send(to: ServerId, packet: Uint8Array): void {
    const { inner, clock, count, counted } = this.#options;
    if (count.sent(packet)) counted();
    if (!this.#reaches(to)) return;
    const delay = drawDelay(this.#settings, packet, this.#links.get(to) ?? this.#clients);
    if (delay === "lost") return;
    const ms = delay + this.#slowMs;
    if (ms === 0) inner.send(to, packet);
    else
      clock.after(ms, () => {
        if (this.#reaches(to)) inner.send(to, packet);
      });
  }

  onPacket(receive: (from: ServerId, packet: Uint8Array) => void): void {
    const { inner, count, counted } = this.#options;
    inner.onPacket((from, packet) => {
      if (!this.#reaches(from)) return;
      if (count.delivered(packet)) counted();
      receive(from, packet);
    });
  }

  rest(from: ServerId, ms: number): void {
    this.#options.inner.rest?.(from, ms);
  }

  /** From now on the network is like that. */
  set(network: NetworkState): void {
    const { servers } = this.#options;
    this.#unplugged = new Set(network.unplugged.map((place) => present(servers[place], "a place is that of a server")));
    const own = network.sides[servers.indexOf(this.#options.self)];
    this.#beyond = new Set(servers.filter((_, at) => own !== undefined && network.sides[at] !== undefined && network.sides[at] !== own));
    const unreliable = network.model === "labrpc";
    this.#settings = { ...plainLink, ...labrpcModel({ unreliable, longReordering: network.longReordering, isRequest }) };
    if (network.model !== this.#model) this.#change(network.model);
  }

  #change(model: Unreliability | undefined): void {
    const { clock, self } = this.#options;
    this.#model = model;
    this.#endSlices?.();
    const own = {
      setDown: (_: ServerId, down: boolean): void => {
        this.#isDown = down;
      },
      slow: (_: ServerId, ms: number): void => {
        this.#slowMs = ms;
      },
    };
    this.#endSlices = model === "slices" ? sliceModel(clock, own, [self], this.#slices) : undefined;
  }

  #reaches(other: ServerId): boolean {
    const unplugged = this.#unplugged.has(other) || this.#unplugged.has(this.#options.self);
    return !this.#isDown && !unplugged && !this.#beyond.has(other);
  }
}
