import { fstatSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { type LineInput, type LineOutput, streamInput, streamOutput } from "./line-streams.ts";

/*
 * A client's stdin and stdout. A stream between the two and the lines takes as long for an operation as the operation itself, and
 * what is read and written here is small and comes one after the other: pipes are read into one buffer and written to at once.
 */

/** What is read at a time. */
const readBytes = 64 * 1024;

/** This process's stdin. */
export function standardInput(): LineInput {
  const kind = fstatSync(0);
  return kind.isFIFO() || kind.isSocket() ? new PipeInput() : streamInput(process.stdin);
}

/** This process's stdout. */
export function standardOutput(): LineOutput {
  const kind = fstatSync(1);
  return kind.isFIFO() || kind.isSocket() ? new PipeOutput(1, () => streamOutput(process.stdout)) : streamOutput(process.stdout);
}

class PipeInput implements LineInput {
  #socket: Socket | undefined;

  open(text: (piece: string) => void, end: () => void): void {
    const take = (count: number, read: Buffer): boolean => {
      text(read.toString("latin1", 0, count));
      return true;
    };
    const onread = { buffer: Buffer.allocUnsafeSlow(readBytes), callback: take };
    // The types know `onread` of connections only; Node takes it for whatever a socket is made of.
    const options: ConstructorParameters<typeof Socket>[0] & { readonly onread: unknown } = { fd: 0, writable: false, onread };
    this.#socket = new Socket(options);
    this.#socket.on("end", end);
    this.#socket.on("error", end);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }
}

/** A pipe that is written to at once. One that takes no more for the moment gets the rest as a stream does. */
export class PipeOutput implements LineOutput {
  readonly #fd: number;
  readonly #makeStream: () => LineOutput;
  readonly #write: typeof writeSync;
  /** Once the pipe has been full. */
  #stream: LineOutput | undefined;
  #broken: () => void = () => {};

  /** `makeStream` is asked for at most one stream to the same pipe; `write` is Node's. */
  constructor(fd: number, makeStream: () => LineOutput, write: typeof writeSync = writeSync) {
    this.#fd = fd;
    this.#makeStream = makeStream;
    this.#write = write;
  }

  open(broken: () => void): void {
    this.#broken = broken;
  }

  write(text: string): void {
    if (this.#stream !== undefined) return this.#stream.write(text);
    let rest = text;
    try {
      while (rest !== "") rest = rest.slice(this.#write(this.#fd, rest, null, "latin1"));
    } catch (error) {
      if (!isFull(error)) return this.#broken();
      this.#stream = this.#makeStream();
      this.#stream.open(this.#broken);
      this.#stream.write(rest);
    }
  }

  flush(done: () => void): void {
    if (this.#stream === undefined) done();
    else this.#stream.flush(done);
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === "EAGAIN";
}
