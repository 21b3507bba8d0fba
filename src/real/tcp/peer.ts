import type { ServerId } from "../../base/ids.ts";
import type { Cancel } from "../../env/clock.ts";
import type { Context } from "./context.ts";
import { DialledConnection, strangeListener } from "./dial.ts";
import { frameKinds, packFrame } from "./frame.ts";
import type { Answer, Role } from "./handshake.ts";
import { costOf } from "./queue.ts";
import { SocketWriter } from "./socket-writer.ts";

const ping = packFrame(frameKinds.ping);

/** As what a peer is called, and who hears what it says: to servers it says nothing, to clients it answers. */
export interface PeerRole {
  readonly role: Exclude<Role, "probe">;
  readonly packet?: (packet: Uint8Array) => void;
}

/**
 * The way to one peer: what waits for it, and the connection, which is dialled when something waits and there is none.
 *
 * `idle`: nothing to do. `pausing`: a connection was lost, and the next one is not begun yet. `calling`: no welcome yet. `open`.
 */
export class Peer {
  readonly id: ServerId;
  readonly #context: Context;
  readonly #role: PeerRole;
  readonly #writer: SocketWriter;
  #state: "idle" | "pausing" | "calling" | "open" = "idle";
  #connection: DialledConnection | undefined;
  #cancelPause: Cancel = () => {};
  #pauseMs: number;
  /** Why there is no connection. */
  #trouble: string | undefined;
  #flushDue = false;
  /** In the time of the pulse: of the last packet, of the dialling, of the welcome, of a sign of life, of a question for one. */
  #sentAt: number;
  #calledAt = 0;
  #openedAt = 0;
  #heardAt = 0;
  #pingedAt = 0;

  constructor(id: ServerId, context: Context, role: PeerRole) {
    this.id = id;
    this.#context = context;
    this.#role = role;
    this.#writer = new SocketWriter(context.counters);
    this.#pauseMs = context.limits.redialMs;
    this.#sentAt = context.pulse.now;
  }

  /** What waits, in the queue and in the socket. */
  get bytesWaiting(): number {
    return this.#writer.bytesWaiting;
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether nothing was sent for so long that there need be no connection. */
  get isUnused(): boolean {
    return this.#writer.queue.length === 0 && this.#context.pulse.now - this.#sentAt > this.#context.limits.unusedMs;
  }

  send(packet: Uint8Array): void {
    const { limits, counters, pulse } = this.#context;
    this.#sentAt = pulse.now;
    if (this.#state === "open" && this.bytesWaiting + costOf(packet) > limits.peerBytesMax) {
      counters.droppedOverBudget += 1;
      return;
    }
    this.#writer.queue.push(packet, pulse.now);
    if (this.#state !== "open") counters.droppedWaiting += this.#writer.queue.shrink(limits.waitingBytesMax);
    this.#flushLast();
  }

  /** The peer was heard of in another way: there is no reason to wait any longer. */
  nudge(): void {
    if (this.#state !== "pausing") return;
    this.#cancelPause();
    this.#resume();
  }

  /** Looks after the connection, a few times a second. */
  beat(): void {
    const { limits, counters, pulse } = this.#context;
    if (this.#state === "open") this.#listen();
    else counters.droppedWaiting += this.#writer.queue.expire(pulse.now - limits.waitingMs);
    if (this.#state === "calling" && pulse.now - this.#calledAt > limits.silentMs) this.#giveUp();
  }

  /** Hands the socket what it can take, and ends the connection. The next packet begins another one. */
  close(): void {
    if (this.#state === "open") this.#writer.write();
    this.#writer.shut();
    this.#cancelPause();
    this.#connection?.hangUp();
    this.#connection = undefined;
    this.#writer.queue.takeAll();
    this.#state = "idle";
  }

  /** As `close`, but waits until the peer has taken what was sent; for so long as it may be silent. */
  async finish(): Promise<void> {
    const connection = this.#state === "open" ? this.#connection : undefined;
    if (connection !== undefined) this.#writer.end();
    this.#connection = undefined;
    this.close();
    if (connection === undefined) return;
    const { clock, limits } = this.#context;
    const cancel = clock.after(limits.silentMs, () => connection.hangUp());
    await connection.finished();
    cancel();
  }

  // ---- writing

  /** At the end of the turn what waits is written, or the peer dialled, once. */
  #flushLast(): void {
    if (this.#flushDue) return;
    this.#flushDue = true;
    this.#context.turn.last(this.#flush);
  }

  readonly #flush = (): void => {
    this.#flushDue = false;
    if (this.#writer.queue.length === 0) return;
    if (this.#state === "open") this.#writer.write();
    else if (this.#state === "idle") this.#dial();
  };

  // ---- the connection

  #dial(): void {
    const { me, limits, counters, pulse, addressOf, keepsAlive = true } = this.#context;
    const address = addressOf(this.id);
    if (address === undefined) return this.#lost("it has no address any more");
    counters.dialled += 1;
    this.#state = "calling";
    this.#calledAt = pulse.now;
    try {
      const { handshakeBytesMax, frameBytesMax } = limits;
      const call = { me, role: this.#role.role, to: this.id, address, handshakeBytesMax, frameBytesMax, keepsAlive } as const;
      this.#connection = new DialledConnection(call, {
        answered: (answer) => this.#answered(answer),
        heard: () => (this.#heardAt = pulse.now),
        packet: this.#role.packet,
        closed: (why, isGarbled) => this.#closed(why, isGarbled),
      });
    } catch (error) {
      this.#lost(error instanceof Error ? error.message : String(error));
    }
  }

  #answered(answer: Answer): void {
    const { counters, pulse, traces } = this.#context;
    if ("refusal" in answer) {
      counters.refused += 1;
      this.#connection?.hangUp();
      return this.#lost(answer.refusal, answer.isFinal);
    }
    counters.welcomed += 1;
    traces.trace("tcp: connected to a peer", { peer: this.id, incarnation: answer.incarnation });
    this.#trouble = undefined;
    this.#state = "open";
    if (this.#connection !== undefined) this.#writer.open(this.#connection.socket);
    this.#openedAt = pulse.now;
    this.#heardAt = pulse.now;
    this.#pingedAt = pulse.now;
    this.#flushLast();
    this.#context.onState?.(this.id, undefined);
  }

  #closed(why: string, isGarbled: boolean): void {
    const isStrange = isGarbled && this.#state === "calling";
    this.#lost(isStrange ? strangeListener(why) : why, isStrange);
  }

  /** Asks for a sign of life when there was none for a while, and gives up when there is none for long. */
  #listen(): void {
    const { limits, pulse } = this.#context;
    if (pulse.now - this.#heardAt > limits.silentMs) return this.#giveUp();
    if (pulse.now - Math.max(this.#heardAt, this.#pingedAt) < limits.pingMs) return;
    // What is still on its way will be answered when it arrives; behind it a question would come late.
    if (this.#writer.say(ping)) this.#pingedAt = pulse.now;
  }

  #giveUp(): void {
    this.#context.counters.silent += 1;
    this.#connection?.hangUp();
    this.#lost("it has not said anything for too long");
  }

  /** Pauses before the next attempt. A reason is traced when it is another than that of the last attempt. */
  #lost(why: string, isFinal = false): void {
    const { limits, counters, clock, pulse, rng, traces } = this.#context;
    if (why !== this.#trouble) traces.trace("tcp: no connection to a peer", { peer: this.id, why });
    this.#trouble = why;
    // Only what has lasted is a success: two servers that push each other off a connection must not do so at full speed.
    if (this.#state === "open" && pulse.now - this.#openedAt >= limits.redialMsMax) this.#pauseMs = limits.redialMs;
    this.#connection = undefined;
    this.#writer.shut();
    this.#state = "pausing";
    // What a peer refuses for good is not handed to another one that answers there later: its sender may have given it up by then.
    const { queue } = this.#writer;
    counters.droppedWaiting += isFinal ? queue.takeAll().length : queue.shrink(limits.waitingBytesMax);
    const pauseMs = this.#pauseMs * rng.between(0.5, 1);
    this.#pauseMs = Math.min(this.#pauseMs * 2, limits.redialMsMax);
    this.#cancelPause = clock.after(pauseMs, () => this.#resume());
    this.#context.onState?.(this.id, { why, isFinal });
  }

  #resume(): void {
    this.#state = "idle";
    this.#flushLast();
  }
}
