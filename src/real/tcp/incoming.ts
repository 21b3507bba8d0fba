import type { Socket } from "node:net";
import { Malformed } from "../../base/codec.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Context } from "./context.ts";
import { FrameDecoder, frameKinds, packFrame } from "./frame.ts";
import { costOf } from "./queue.ts";
import { SocketWriter } from "./socket-writer.ts";
import { encodeRefusal, encodeWelcome, type Hello, type Judgement, judgeHello } from "./handshake.ts";

const pong = packFrame(frameKinds.pong);

/** Who has to rest again and again rests so many times as long in the end. */
const restsMax = 8;

/** Who decides about accepted connections, and hears what they bring. */
export interface IncomingOwner {
  /** Why a peer that has said a proper hello is not let in; undefined when it is. It is settled from then on. */
  settle(connection: Incoming, hello: Hello): string | undefined;
  packet(from: ServerId, packet: Uint8Array): void;
  closed(connection: Incoming): void;
  /** Whether so many bytes may be held for a frame that has arrived in part. */
  reserve(connection: Incoming, bytes: number): boolean;
  release(connection: Incoming, bytes: number): void;
}

/** A connection that somebody else has begun. Until he has shaken hands nothing but a hello is taken, and hardly any memory. */
export class Incoming {
  readonly openedAt: number;
  readonly #socket: Socket;
  readonly #context: Context;
  readonly #owner: IncomingOwner;
  readonly #decoder: FrameDecoder;
  readonly #remote: string;
  /** `leaving`: it was told its last word, and is closed when it has heard it. */
  #state: "shaking" | "settled" | "leaving" | "closed" = "shaking";
  #hello: Hello | undefined;
  #heardAt: number;
  #saidAt = 0;
  #isAsked = false;
  /** For clients, which are answered here. */
  readonly #writer: SocketWriter;
  #flushDue = false;
  /** Nothing is read from it: it rests, or has to read first what it is answered. */
  #isResting = false;
  #isUnread = false;
  /** The last rest: how long it was, and until when. */
  #restMs = 0;
  #restedAt = 0;

  constructor(socket: Socket, context: Context, owner: IncomingOwner) {
    this.#socket = socket;
    this.#context = context;
    this.#owner = owner;
    this.openedAt = context.pulse.now;
    this.#heardAt = context.pulse.now;
    this.#writer = new SocketWriter(context.counters);
    this.#remote = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? "?"}`;
    this.#decoder = new FrameDecoder({
      bytesMax: context.limits.handshakeBytesMax,
      take: (kind, body) => this.#take(kind, body),
      reserve: (bytes) => owner.reserve(this, bytes),
      release: (bytes) => owner.release(this, bytes),
    });
    socket.on("data", (chunk: Uint8Array) => this.#read(chunk));
    socket.on("drain", () => this.#drained());
    // What goes wrong with it ends it, and is of no interest: it is not ours to mend.
    socket.on("error", () => {});
    socket.on("end", () => this.close());
    socket.on("close", () => this.close());
  }

  /** Who it says it is, once it has shaken hands as a peer. */
  get who(): ServerId | undefined {
    return this.#hello?.who;
  }

  /** The directory that it says it has, likewise. */
  get incarnation(): number | undefined {
    return this.#hello?.incarnation;
  }

  /** Whether it is a client's, which is answered on it. */
  get isClient(): boolean {
    return this.#hello?.role === "client";
  }

  /** Answers a client; one that does not read loses its connection, and asks again on another. */
  send(packet: Uint8Array): void {
    const { limits, counters, pulse, turn } = this.#context;
    if (this.#state !== "settled") return;
    if (this.#writer.bytesWaiting + costOf(packet) > limits.clientBytesMax) {
      counters.droppedOverBudget += 1;
      this.#trace("tcp: closed a connection", "the client does not read what it is answered");
      this.close();
      return;
    }
    this.#writer.queue.push(packet, pulse.now);
    if (!this.#isUnread && this.#writer.bytesWaiting > limits.clientUnreadBytesMax) {
      this.#isUnread = true;
      this.#listenOrNot();
    }
    if (this.#flushDue) return;
    this.#flushDue = true;
    turn.last(this.#flush);
  }

  /**
   * Reads nothing from it for a while: twice as long as the last time when it has rested no longer ago than that. What somebody sends
   * without measure costs its reading, whoever refuses it.
   */
  rest(ms: number): void {
    if (this.#isResting || this.#state !== "settled") return;
    const { clock } = this.#context;
    const isAgain = clock.now() - this.#restedAt < this.#restMs;
    this.#restMs = isAgain ? Math.min(2 * this.#restMs, restsMax * ms) : ms;
    this.#isResting = true;
    this.#listenOrNot();
    clock.after(this.#restMs, () => {
      this.#isResting = false;
      this.#restedAt = clock.now();
      this.#listenOrNot();
    });
  }

  /** Hands the socket what was sent, and closes. */
  finish(): void {
    this.#writer.write();
    this.close();
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#writer.shut();
    this.#decoder.stop();
    this.#socket.destroy();
    this.#owner.closed(this);
  }

  /** Closes it when it has overstayed. */
  beat(): void {
    const { limits, counters, pulse } = this.#context;
    if (this.#state === "settled") {
      // Whoever rests is told that this server lives: his questions are not heard.
      if (this.#isResting && pulse.now - this.#saidAt >= limits.pingMs && this.#writer.say(pong)) this.#saidAt = pulse.now;
      // One that is not listened to cannot be heard: it has longer, because a slow line may need it.
      if (pulse.now - this.#heardAt <= (this.#isUnread ? limits.clientUnreadMs : limits.idleMs)) return;
      counters.idle += 1;
      this.#trace("tcp: closed a connection", this.#isUnread ? "the client has not read its answers" : "nothing has arrived for too long");
    } else {
      if (pulse.now - this.openedAt <= limits.handshakeMs) return;
      counters.late += 1;
      if (this.#state === "shaking") this.#trace("tcp: closed a connection", "there was no handshake in time");
    }
    this.close();
  }

  readonly #flush = (): void => {
    this.#flushDue = false;
    // An answer is a sign of life.
    if (this.#writer.write()) this.#saidAt = this.#context.pulse.now;
  };

  /** The socket has taken everything that it was given; what waited behind that is given to it after this. */
  #drained(): void {
    if (!this.#isUnread || this.#writer.bytesWaiting > this.#context.limits.clientUnreadBytesMax) return;
    this.#heardAt = this.#context.pulse.now;
    this.#isUnread = false;
    this.#listenOrNot();
  }

  #listenOrNot(): void {
    if (this.#state !== "settled") return;
    if (this.#isResting || this.#isUnread) this.#socket.pause();
    else this.#socket.resume();
  }

  #read(chunk: Uint8Array): void {
    this.#heardAt = this.#context.pulse.now;
    const fault = this.#decoder.push(chunk);
    if (fault !== undefined) this.#bad(fault.sentence);
    else if (this.#state === "settled") this.#giveSign();
  }

  #take(kind: number, body: Uint8Array): void {
    if (this.#state === "shaking") {
      if (kind === frameKinds.hello) this.#greet(body);
      else this.#bad(`A frame of kind ${kind} came before a hello.`);
    } else if (kind === frameKinds.packet && this.#hello !== undefined) this.#owner.packet(this.#hello.who, body);
    else if (kind === frameKinds.ping) this.#isAsked = true;
    else this.#bad(`A frame of kind ${kind} is none that a peer sends.`);
  }

  /**
   * Tells the dialler that he is heard: when he asks, and now and then while anything arrives, since his question may stand behind
   * megabytes. Somebody who does not read the last sign gets no other.
   */
  #giveSign(): void {
    const { limits, pulse } = this.#context;
    if (!this.#isAsked && pulse.now - this.#saidAt < limits.pingMs) return;
    if (!this.#writer.say(pong)) return;
    this.#isAsked = false;
    this.#saidAt = pulse.now;
  }

  #greet(body: Uint8Array): void {
    const judgement = this.#judge(body);
    if (judgement === undefined) return;
    if ("refusal" in judgement) return this.#turnAway(judgement.refusal, true);
    const { hello } = judgement;
    const { me, limits, pulse } = this.#context;
    const welcome = packFrame(frameKinds.welcome, encodeWelcome({ ...me, self: hello.to }));
    if (hello.role === "probe") return this.#leave(welcome);
    const refusal = this.#owner.settle(this, hello);
    if (refusal !== undefined) return this.#turnAway(refusal, false);
    this.#hello = hello;
    this.#state = "settled";
    this.#saidAt = pulse.now;
    this.#decoder.allow(limits.frameBytesMax);
    this.#writer.open(this.#socket);
    this.#writer.say(welcome);
  }

  #judge(body: Uint8Array): Judgement | undefined {
    try {
      return judgeHello(body, this.#context.me);
    } catch (error) {
      // Only bad input ends here; a broken invariant goes on its way and stops the process.
      if (!(error instanceof Malformed)) throw error;
      this.#bad(error.message);
      return undefined;
    }
  }

  #turnAway(sentence: string, isFinal: boolean): void {
    this.#context.counters.turnedAway += 1;
    this.#trace("tcp: turned a connection away", sentence);
    this.#leave(packFrame(frameKinds.refusal, encodeRefusal(sentence, isFinal)));
  }

  /** Says the last word. What still arrives is read and thrown away, since closing with unread bytes could destroy that word. */
  #leave(lastWord: Uint8Array): void {
    this.#state = "leaving";
    this.#decoder.stop();
    this.#socket.end(lastWord);
  }

  #bad(sentence: string): void {
    if (this.#state === "closed" || this.#state === "leaving") return;
    this.#context.counters.badFrames += 1;
    this.#trace("tcp: closed a connection for what it said", sentence);
    this.close();
  }

  #trace(name: string, why: string): void {
    this.#context.traces.trace(name, { remote: this.#remote, peer: this.#hello?.who, why });
  }
}
