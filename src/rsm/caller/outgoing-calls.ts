import type { Packable } from "../../base/codec.ts";
import type { GroupId, ServerId } from "../../base/ids.ts";
import type { Env } from "../../env/env.ts";
import { type Call, callsInPacketMax, encodeCalls, packCall } from "../client-wire.ts";

interface Outgoing {
  readonly packets: Packable[][];
  /** Of the last packet. */
  bytes: number;
}

/** Gathers the calls of one turn into as few packets as can be, one after another for each server. */
export class OutgoingCalls {
  readonly #env: Pick<Env, "clock" | "transport">;
  readonly #group: GroupId;
  readonly #packetBytesMax: number;
  readonly #outgoing = new Map<ServerId, Outgoing>();
  #scheduled = false;
  readonly #flush = (): void => {
    this.#scheduled = false;
    for (const [to, { packets }] of this.#outgoing) {
      for (const values of packets) this.#env.transport.send(to, encodeCalls(this.#group, values));
    }
    this.#outgoing.clear();
  };

  constructor(env: Pick<Env, "clock" | "transport">, group: GroupId, packetBytesMax: number) {
    this.#env = env;
    this.#group = group;
    this.#packetBytesMax = packetBytesMax;
  }

  /** Sends a call with the others of this turn. */
  add(to: ServerId, call: Call): void {
    packCall(call, this.#room(to, call.kind === "time" ? 0 : call.bytes.length));
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#env.clock.after(0, this.#flush);
  }

  /** What this turn has for a server does not leave. */
  drop(to: ServerId): void {
    this.#outgoing.delete(to);
  }

  /** The values of the packet that the next call goes into. */
  #room(to: ServerId, bytes: number): Packable[] {
    let outgoing = this.#outgoing.get(to);
    if (outgoing === undefined) {
      outgoing = { packets: [[]], bytes: 0 };
      this.#outgoing.set(to, outgoing);
    }
    const last = outgoing.packets[outgoing.packets.length - 1] as Packable[];
    outgoing.bytes += bytes;
    if (last.length === 0 || (outgoing.bytes <= this.#packetBytesMax && last.length < 3 * callsInPacketMax)) return last;
    const next: Packable[] = [];
    outgoing.packets.push(next);
    outgoing.bytes = bytes;
    return next;
  }
}
