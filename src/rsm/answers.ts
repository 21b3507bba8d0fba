import type { Packable } from "../base/codec.ts";
import type { GroupId, ServerId } from "../base/ids.ts";
import type { Env } from "../env/env.ts";
import { type Answer, callsInPacketMax, encodeAnswers, packAnswer } from "./client-wire.ts";

/** A packet with so many bytes of results is full; a single result may be larger. */
const packetBytes = 256 * 1024;

/** What one client is owed: the values of one packet or more. */
interface Owed {
  readonly packets: Packable[][];
  /** Of results, in the last packet. */
  bytes: number;
  /** Of results, in all packets. */
  allBytes: number;
}

/** Gathers the answers of one turn into as few packets as can be, and lets them go at its end. */
export class Answers {
  readonly #env: Pick<Env, "clock" | "transport">;
  readonly #group: GroupId;
  readonly #owed = new Map<ServerId, Owed>();
  /** Of results, to all clients. */
  #bytes = 0;
  /** Whether it is certain that `flush` will be called. */
  #expected = false;
  #stopped = false;
  readonly #flush = (): void => this.flush();

  constructor(env: Pick<Env, "clock" | "transport">, group: GroupId) {
    this.#env = env;
    this.#group = group;
  }

  /** Owes an answer to a call. It leaves with the next `flush`, or at the end of this turn. */
  add(to: ServerId, call: number, answer: Answer): void {
    packAnswer(call, answer, this.#room(to, answer.kind === "result" ? answer.bytes.length : 0));
    if (this.#expected) return;
    this.#expected = true;
    this.#env.clock.after(0, this.#flush);
  }

  /** Whether one turn may owe that client more, if it may owe so many bytes of results to all: not more than is left for all others. */
  hasRoom(to: ServerId, bytesMax: number): boolean {
    return (this.#owed.get(to)?.allBytes ?? 0) < bytesMax - this.#bytes;
  }

  /** Whoever calls this will call `flush` within this turn: no answer leaves before. */
  hold(): void {
    this.#expected = true;
  }

  flush(): void {
    this.#expected = false;
    for (const [to, { packets }] of this.#owed) {
      for (const values of packets) this.#env.transport.send(to, encodeAnswers(this.#group, values));
    }
    this.#owed.clear();
    this.#bytes = 0;
  }

  /** Says nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#owed.clear();
  }

  /** The values of the packet that the next answer goes into. */
  #room(to: ServerId, bytes: number): Packable[] {
    if (this.#stopped) return [];
    this.#bytes += bytes;
    const owed = this.#owed.get(to);
    const last = owed?.packets[owed.packets.length - 1];
    if (owed === undefined || last === undefined) {
      const first: Packable[] = [];
      this.#owed.set(to, { packets: [first], bytes, allBytes: bytes });
      return first;
    }
    owed.bytes += bytes;
    owed.allBytes += bytes;
    if (owed.bytes <= packetBytes && last.length < 3 * callsInPacketMax) return last;
    const next: Packable[] = [];
    owed.packets.push(next);
    owed.bytes = bytes;
    return next;
  }
}
