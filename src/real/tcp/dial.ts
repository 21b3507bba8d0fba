import { connect, type Socket } from "node:net";
import { Malformed } from "../../base/codec.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Address } from "../address.ts";
import { FrameDecoder, frameKinds, packFrame } from "./frame.ts";
import { type Answer, encodeHello, type Listener, readAnswer, type Role } from "./handshake.ts";

/** What is dialled, and as what. */
export interface Call {
  readonly me: Listener;
  readonly role: Role;
  readonly to: ServerId;
  readonly address: Address;
  readonly handshakeBytesMax: number;
  readonly frameBytesMax: number;
  /** Whether it keeps the process from ending by itself; default: yes. */
  readonly keepsAlive?: boolean;
}

/** Hears what becomes of a connection that was dialled. */
export interface CallEvents {
  /** The listener's first word: a welcome or a refusal. */
  answered(answer: Answer): void;
  /** A sign of life, after the welcome. */
  heard(): void;
  /** A packet, after the welcome; left out where a listener has nothing to say. */
  readonly packet?: ((packet: Uint8Array) => void) | undefined;
  /** The end, once, whatever came before; `isGarbled` when it said something that no listener says. Not after `hangUp`. */
  closed(why: string, isGarbled: boolean): void;
}

/** What is read from a socket at a time. */
const readBytes = 64 * 1024;

/** What is to be said of a listener that is garbled from its first word on. */
export function strangeListener(why: string): string {
  return `What listens there is not a kvorum server. ${why}`;
}

/** A connection from the side that began it. It says hello on its own; after the welcome its owner writes to the socket. */
export class DialledConnection {
  readonly socket: Socket;
  readonly #call: Call;
  readonly #events: CallEvents;
  readonly #decoder: FrameDecoder;
  #answered = false;
  #why = "the connection was closed by the other side";
  #isGarbled = false;
  #over = false;

  /** Throws for an address that Node does not even try. */
  constructor(call: Call, events: CallEvents) {
    this.#call = call;
    this.#events = events;
    this.#decoder = new FrameDecoder({ bytesMax: call.handshakeBytesMax, take: (kind, body) => this.#take(kind, body) });
    const { host, port } = call.address;
    const onread = { buffer: Buffer.allocUnsafeSlow(readBytes), callback: (count: number, read: Uint8Array) => this.#read(read, count) };
    this.socket = connect({ host, port, noDelay: true, onread });
    if (call.keepsAlive === false) this.socket.unref();
    this.socket.once("connect", () => {
      const { me, role, to } = call;
      this.socket.write(
        packFrame(frameKinds.hello, encodeHello({ role, cluster: me.cluster, who: me.self, incarnation: me.incarnation, to })),
      );
    });
    this.socket.on("error", (error: NodeJS.ErrnoException) => {
      // When a name has several addresses and none answers, only the code says something.
      this.#why = error.message === "" ? (error.code ?? this.#why) : error.message;
    });
    // Half a connection is none: nothing that is sent could be answered any more.
    this.socket.on("end", () => this.socket.destroy());
    this.socket.on("close", () => {
      if (this.#over) return;
      this.#over = true;
      events.closed(this.#why, this.#isGarbled);
    });
  }

  /** Ends it; none of the events follows. */
  hangUp(): void {
    this.#over = true;
    this.#decoder.stop();
    this.socket.destroy();
  }

  /** Resolves when it is over, because its socket was told to end or otherwise; none of the events follows. */
  finished(): Promise<void> {
    this.#over = true;
    this.#decoder.stop();
    return new Promise((resolve) => {
      if (this.socket.closed) resolve();
      else this.socket.once("close", () => resolve());
    });
  }

  /** The decoder only looks at what was read, so that all is read into the same memory. Says that reading goes on. */
  #read(read: Uint8Array, count: number): boolean {
    const fault = this.#decoder.push(read.subarray(0, count));
    if (fault !== undefined) this.#end(fault.sentence);
    return true;
  }

  #take(kind: number, body: Uint8Array): void {
    if (this.#answered) {
      if (kind === frameKinds.pong) this.#events.heard();
      else if (kind === frameKinds.packet && this.#events.packet !== undefined) {
        this.#events.heard();
        this.#events.packet(body);
      } else this.#end(`A frame of kind ${kind} came where only signs of life are expected.`);
    } else if (kind === frameKinds.welcome || kind === frameKinds.refusal) this.#answer(kind === frameKinds.welcome, body);
    else this.#end(`A frame of kind ${kind} came in answer to a hello.`);
  }

  #answer(isWelcome: boolean, body: Uint8Array): void {
    let answer: Answer;
    try {
      answer = readAnswer(isWelcome, body, this.#call.to);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#end(error.message);
      return;
    }
    this.#answered = true;
    this.#decoder.allow(this.#call.frameBytesMax);
    this.#events.answered(answer);
  }

  /** Ends it for what the other side has said. */
  #end(sentence: string): void {
    this.#why = sentence;
    this.#isGarbled = true;
    this.#decoder.stop();
    this.socket.destroy();
  }
}
