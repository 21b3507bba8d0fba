import type { Socket } from "node:net";
import type { Counting } from "./counters.ts";
import { frameKinds, packFrames } from "./frame.ts";
import { PacketQueue } from "./queue.ts";

/**
 * Packets on their way into a socket. One write at a time, of everything that waits: while the socket is busy packets gather here,
 * where they are counted for what they cost and where a lost connection does not take them along.
 */
export class SocketWriter {
  readonly queue: PacketQueue = new PacketQueue();
  readonly #counters: Counting;
  #socket: Socket | undefined;
  /** Something was to be written while the socket was busy. */
  #isBlocked = false;

  constructor(counters: Counting) {
    this.#counters = counters;
  }

  /** What waits, here and in the socket. */
  get bytesWaiting(): number {
    return this.queue.cost + (this.#socket?.writableLength ?? 0);
  }

  /** From here on packets go into `socket`. */
  open(socket: Socket): void {
    this.#socket = socket;
    this.#isBlocked = false;
  }

  /** From here on they wait. */
  shut(): void {
    this.#socket = undefined;
  }

  /** Writes a frame that is not a packet, if the socket has nothing else to do; says whether it has. What waits is written behind it. */
  say(frame: Uint8Array): boolean {
    const socket = this.#socket;
    if (socket === undefined || socket.writableLength > 0) return false;
    socket.write(frame, this.#written);
    return true;
  }

  /** Writes what waits, now or as soon as the socket is free; says whether it is now. */
  write(): boolean {
    const socket = this.#socket;
    if (socket === undefined || this.queue.length === 0) return false;
    if (socket.writableLength > 0) this.#isBlocked = true;
    else this.#writeAll(socket);
    return !this.#isBlocked;
  }

  /** Writes what waits, and ends the socket behind it. */
  end(): void {
    const socket = this.#socket;
    this.shut();
    if (socket === undefined) return;
    if (this.queue.length > 0) this.#writeAll(socket);
    socket.end();
  }

  #writeAll(socket: Socket): void {
    const pieces = packFrames(frameKinds.packet, this.queue.takeAll());
    this.#counters.writes += 1;
    const last = pieces.length - 1;
    if (last > 0) socket.cork();
    for (let i = 0; i < last; i += 1) socket.write(pieces[i] as Uint8Array);
    socket.write(pieces[last] as Uint8Array, this.#written);
    if (last > 0) socket.uncork();
  }

  readonly #written = (): void => {
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.write();
  };
}
