import { isRequest as isRaftRequest } from "../../raft/message.ts";
import { decodePacket } from "../../rsm/wire.ts";
import type { SimCluster } from "../../sim/cluster.ts";

type PacketKind = "request" | "reply" | "other";

/** Everything is looked at several times on its way: when it is sent, delayed and delivered. */
const kinds = new WeakMap<Uint8Array, PacketKind>();

function kindOf(packet: Uint8Array): PacketKind {
  let kind = kinds.get(packet);
  if (kind === undefined) {
    kind = readKind(packet);
    kinds.set(packet, kind);
  }
  return kind;
}

/** A Raft request, the reply to one, or what the members say to be admitted: that belongs to the birth of a cluster, and is no RPC. */
function readKind(packet: Uint8Array): PacketKind {
  const { payload } = decodePacket(packet);
  if (payload.kind === "install") return "request";
  if (payload.kind !== "raft") return "other";
  return isRaftRequest(payload.message) ? "request" : "reply";
}

export function isRequest(packet: Uint8Array): boolean {
  return kindOf(packet) === "request";
}

/** Counts what the servers of a cluster say to each other as the courses' testers do. */
export class Traffic {
  readonly #requests: number[];
  #bytes = 0;

  constructor(cluster: SimCluster) {
    this.#requests = cluster.servers.map(() => 0);
    const places = new Map(cluster.servers.map(({ id }, at) => [id, at]));
    cluster.network.onSend((from, _, packet) => {
      if (!isRequest(packet)) return;
      const at = places.get(from) as number;
      this.#requests[at] = (this.#requests[at] ?? 0) + 1;
      this.#bytes += packet.length;
    });
    for (const { id, process } of cluster.servers) {
      cluster.network.attach(id, {
        deliver: (from, packet) => {
          const bytes = kindOf(packet) === "reply" ? packet.length : 0;
          const taken = process.deliver(from, packet);
          if (taken) this.#bytes += bytes;
          return taken;
        },
      });
    }
  }

  /** Forgets what was counted so far. */
  reset(): void {
    this.#requests.fill(0);
    this.#bytes = 0;
  }

  /** Requests sent by one server or by all. */
  requests(server?: number): number {
    if (server !== undefined) return this.#requests[server] ?? 0;
    return this.#requests.reduce((sum, each) => sum + each, 0);
  }

  /** Of requests sent and replies delivered. */
  get bytes(): number {
    return this.#bytes;
  }
}
