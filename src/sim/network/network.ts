import { assert } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { Cancel } from "../../env/clock.ts";
import { calmLink, checkLink, drawCopyDelay, drawDelay, type LinkSettings, perhapsCorrupt } from "./link.ts";
import { Seals } from "./seal.ts";
import { type Direction, linkName, Topology } from "./topology.ts";
import type { World } from "../world.ts";

/** Where packets arrive. */
export interface PacketReceiver {
  /** Whether somebody was there to take it. Code of the receiver may run inside. */
  deliver(from: ServerId, packet: Uint8Array): boolean;
}

/** Hears of every packet that is sent, before its fate is drawn. It only looks at the bytes. */
export type SendHook = (from: ServerId, to: ServerId, packet: Uint8Array) => void;

/** Sent and dropped packets count for the sender, delivered ones for the receiver. A doubled packet can be delivered twice. */
export interface PacketCounters {
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsDelivered: number;
  readonly bytesDelivered: number;
  readonly packetsDropped: number;
}
type Counters = { -readonly [Name in keyof PacketCounters]: PacketCounters[Name] };

export interface NetworkOptions {
  /** How links behave that nobody has set otherwise. */
  readonly link: Partial<LinkSettings>;
  /** Finds out who changes a packet that he has sent; costs a pass over the bytes. */
  readonly checkBytes: boolean;
}

/** One direction between two servers. */
interface Link {
  readonly from: ServerId;
  readonly to: ServerId;
  readonly sender: Counters;
  readonly receiver: Counters;
  readonly rng: Rng;
  settings: LinkSettings;
  own: Partial<LinkSettings>;
  reaches: boolean;
  clogged: boolean;
  /** On the way and clogged. */
  bytes: number;
  readonly clog: Uint8Array[];
}

/** The simulated network. It breaks every promise that `Transport` does not make, as far as its settings say. */
export class Network {
  readonly #world: World;
  readonly #rng: Rng;
  readonly #initial: LinkSettings;
  readonly #seals: Seals | undefined;
  readonly #topology = new Topology();
  readonly #receivers = new Map<ServerId, PacketReceiver>();
  readonly #links = new Map<ServerId, Map<ServerId, Link>>();
  readonly #slowMs = new Map<ServerId, number>();
  readonly #hooks: SendHook[] = [];
  readonly #perServer = new Map<ServerId, Counters>();
  #settings: LinkSettings;

  constructor(world: World, options: Partial<NetworkOptions> = {}) {
    this.#world = world;
    this.#rng = world.rng.fork("network");
    this.#initial = { ...calmLink, ...options.link };
    this.#settings = this.#initial;
    checkLink(this.#settings);
    this.#seals = options.checkBytes === true ? new Seals() : undefined;
  }

  /** Packets for `server` go to `receiver` from now on. */
  attach(server: ServerId, receiver: PacketReceiver): void {
    this.#receivers.set(server, receiver);
  }

  /** As `Transport.send`: the packet belongs to the network from here on. */
  send(from: ServerId, to: ServerId, packet: Uint8Array): void {
    const link = this.#link(from, to);
    link.sender.packetsSent += 1;
    link.sender.bytesSent += packet.length;
    for (const hook of this.#hooks) hook(from, to, packet);
    this.#seals?.seal(packet);
    const delay = link.reaches ? drawDelay(link.settings, packet, link.rng) : "lost";
    // A copy does not share its fate with the original: either may be lost alone.
    const copyDelay = link.reaches ? drawCopyDelay(link.settings, packet, link.rng) : undefined;
    if (copyDelay !== undefined) this.#dispatch(link, new Uint8Array(packet), copyDelay);
    if (delay === "lost") drop(link);
    else this.#dispatch(link, packet, delay);
  }

  /** Changes how all links behave, those with settings of their own as far as these do not say otherwise. */
  configure(changes: Partial<LinkSettings>): void {
    this.#settings = { ...this.#settings, ...changes };
    checkLink(this.#settings);
    this.#eachLink((link) => this.#refresh(link));
  }

  /** Changes how the link from one server to another behaves. */
  configureLink(from: ServerId, to: ServerId, changes: Partial<LinkSettings>): void {
    const link = this.#link(from, to);
    link.own = { ...link.own, ...changes };
    this.#refresh(link);
    checkLink(link.settings);
  }

  /** Adds to the time that everything which `server` sends takes; 0 for no more than the settings say. */
  slow(server: ServerId, ms: number): void {
    assert(ms >= 0, "a delay is not negative");
    this.#slowMs.set(server, ms);
  }

  /** Makes all links behave as at the beginning. */
  calm(): void {
    this.#slowMs.clear();
    this.#eachLink((link) => {
      link.own = {};
    });
    this.configure(this.#initial);
  }

  /** Cuts the way from one server to another, or mends it. */
  cutOneWay(from: ServerId, to: ServerId, cut = true): void {
    this.#change(() => this.#topology.cut(from, to, cut));
  }

  /** Cuts both ways between two servers, or mends them. */
  cut(a: ServerId, b: ServerId, cut = true): void {
    this.cutOneWay(a, b, cut);
    this.cutOneWay(b, a, cut);
  }

  /** Cuts a server off from all others, those that come later among them. */
  isolate(server: ServerId, direction: Direction = "both"): void {
    this.#change(() => this.#topology.isolate(server, direction));
  }

  /** Takes back `isolate`. */
  rejoin(server: ServerId): void {
    this.#change(() => this.#topology.rejoin(server));
  }

  /** For a model that has outages of its own: as `isolate`, but apart from it, and not lifted by `heal`. */
  setDown(server: ServerId, down: boolean): void {
    this.#change(() => this.#topology.down(server, down));
  }

  /** Lets servers reach only those of their own group; servers that no group names reach everybody. There is one for each owner. */
  partition(groups: readonly (readonly ServerId[])[], owner = ""): void {
    this.#change(() => this.#topology.partition(groups, owner));
  }

  /** Lifts every cut, isolation, partition and clog. What links do to packets stays: see `calm`. */
  heal(): void {
    this.#change(() => this.#topology.heal());
    this.#eachLink((link) => this.unclog(link.from, link.to));
  }

  /** Whether a packet sent now would find its way open. */
  reaches(from: ServerId, to: ServerId): boolean {
    return this.#topology.reaches(from, to);
  }

  /** Holds everything that arrives on a link until `unclog`, which lets it out in a burst, in the order of arrival. */
  clog(from: ServerId, to: ServerId): void {
    this.#link(from, to).clogged = true;
  }

  unclog(from: ServerId, to: ServerId): void {
    const link = this.#link(from, to);
    link.clogged = false;
    for (const packet of link.clog.splice(0)) this.#world.post(0, () => this.#arrive(link, packet));
  }

  onSend(hook: SendHook): Cancel {
    this.#hooks.push(hook);
    return () => {
      const at = this.#hooks.indexOf(hook);
      if (at >= 0) this.#hooks.splice(at, 1);
    };
  }

  /** Since the beginning, of one server or of all. */
  counters(server?: ServerId): PacketCounters {
    if (server !== undefined) return { ...this.#countersOf(server) };
    const total = noPackets();
    for (const own of this.#perServer.values()) {
      for (const name of Object.keys(total) as (keyof Counters)[]) total[name] += own[name];
    }
    return total;
  }

  /** Bytes on their way from one server to another. */
  bytesUnderWay(from: ServerId, to: ServerId): number {
    return this.#link(from, to).bytes;
  }

  #dispatch(link: Link, packet: Uint8Array, delay: number): void {
    if (link.bytes + packet.length > link.settings.queueBytesMax) return drop(link);
    link.bytes += packet.length;
    const sent = perhapsCorrupt(link.settings, packet, link.rng);
    const grain = link.settings.grainMs;
    let ms = delay + (this.#slowMs.get(link.from) ?? 0);
    if (grain > 0) ms = Math.max(0, Math.ceil((this.#world.now + ms) / grain) * grain - this.#world.now);
    this.#world.post(ms, () => this.#arrive(link, sent));
  }

  #arrive(link: Link, packet: Uint8Array): void {
    if (link.clogged) {
      link.clog.push(packet);
      return;
    }
    link.bytes -= packet.length;
    this.#seals?.check(packet, "a packet");
    const lost = !link.reaches && link.settings.cutLosesInFlight;
    if (lost || this.#receivers.get(link.to)?.deliver(link.from, packet) !== true) return drop(link);
    link.receiver.packetsDelivered += 1;
    link.receiver.bytesDelivered += packet.length;
  }

  #countersOf(server: ServerId): Counters {
    let counters = this.#perServer.get(server);
    if (counters === undefined) {
      counters = noPackets();
      this.#perServer.set(server, counters);
    }
    return counters;
  }

  #link(from: ServerId, to: ServerId): Link {
    let links = this.#links.get(from);
    if (links === undefined) {
      links = new Map();
      this.#links.set(from, links);
    }
    let link = links.get(to);
    if (link === undefined) {
      link = this.#newLink(from, to);
      links.set(to, link);
    }
    return link;
  }

  #newLink(from: ServerId, to: ServerId): Link {
    const rng = this.#rng.fork(linkName(from, to));
    const reaches = this.#topology.reaches(from, to);
    const [sender, receiver] = [this.#countersOf(from), this.#countersOf(to)];
    return { from, to, sender, receiver, rng, settings: this.#settings, own: {}, reaches, clogged: false, bytes: 0, clog: [] };
  }

  #refresh(link: Link): void {
    link.settings = { ...this.#settings, ...link.own };
  }

  #change(how: () => void): void {
    how();
    this.#eachLink((link) => {
      link.reaches = this.#topology.reaches(link.from, link.to);
    });
  }

  #eachLink(visit: (link: Link) => void): void {
    for (const links of this.#links.values()) for (const link of links.values()) visit(link);
  }
}

/** A packet that does not arrive counts for its sender. */
function drop(link: Link): void {
  link.sender.packetsDropped += 1;
}

function noPackets(): Counters {
  return { packetsSent: 0, bytesSent: 0, packetsDelivered: 0, bytesDelivered: 0, packetsDropped: 0 };
}
