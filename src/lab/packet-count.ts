import { Malformed } from "../base/codec.ts";
import { isRequest as isRaftRequest } from "../raft/message.ts";
import { packetKind } from "../rsm/client-wire.ts";
import { decodePacket, type Payload } from "../rsm/wire.ts";

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

/** A Raft request, a part of a snapshot or clients' calls, the reply to one, or what the members say to be admitted: that belongs to the birth of a cluster, and is no RPC. */
function readKind(packet: Uint8Array): PacketKind {
  const kind = packetKind(packet);
  if (kind !== "member") return kind === "calls" || kind === "inquiry" ? "request" : "reply";
  const payload = readPayload(packet);
  if (payload?.kind === "chunk") return "request";
  if (payload?.kind === "chunk_ack" || payload?.kind === "chunk_lost") return "reply";
  if (payload?.kind !== "raft") return "other";
  return isRaftRequest(payload.message) ? "request" : "reply";
}

/** Undefined for what is no packet: the server it reaches refuses it, and whoever counts goes on. */
function readPayload(packet: Uint8Array): Payload | undefined {
  try {
    return decodePacket(packet).payload;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return undefined;
  }
}

/** Whether a packet asks something: what the courses call an RPC. */
export function isRequest(packet: Uint8Array): boolean {
  return kindOf(packet) === "request";
}

/** Counts what one process says and is answered as the courses' testers do. */
export class PacketCount {
  #requests = 0;
  #bytes = 0;

  /** Requests that were sent, whatever became of them. */
  get requests(): number {
    return this.#requests;
  }

  /** Of requests sent and of replies delivered. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Forgets what was counted so far. */
  reset(): void {
    this.#requests = 0;
    this.#bytes = 0;
  }

  /** The process sends `packet`; the result says whether that counts. */
  sent(packet: Uint8Array): boolean {
    if (!isRequest(packet)) return false;
    this.#requests += 1;
    this.#bytes += packet.length;
    return true;
  }

  /** `packet` has reached the process; the result says whether that counts. */
  delivered(packet: Uint8Array): boolean {
    if (kindOf(packet) !== "reply") return false;
    this.#bytes += packet.length;
    return true;
  }
}
