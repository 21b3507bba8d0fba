/** Text that comes in pieces, in which each character is a byte. */
export interface LineInput {
  /** From now on `text` hears of each piece, and `end` that there is no other one. Neither is called from inside. */
  open(text: (piece: string) => void, end: () => void): void;
  pause(): void;
  resume(): void;
}

/** Where answers go, in which each character is a byte. */
export interface LineOutput {
  /** `broken` hears that nobody reads any more. */
  open(broken: () => void): void;
  /** One write for all of `text`. */
  write(text: string): void;
  /** `done` runs when everything that was written is out of our hands, now or later. */
  flush(done: () => void): void;
}

/** Node's streams. */
export function streamInput(stream: NodeJS.ReadableStream): LineInput {
  return {
    open: (text, end) => {
      stream.setEncoding("latin1");
      stream.on("data", text);
      stream.on("end", end);
      stream.on("error", end);
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
  };
}

export function streamOutput(stream: NodeJS.WritableStream): LineOutput {
  let left = 0;
  let flushed: (() => void) | undefined;
  const written = (error?: Error | null): void => {
    left -= 1;
    if (left === 0 && (error === undefined || error === null)) flushed?.();
  };
  return {
    open: (broken) => void stream.on("error", broken),
    write: (text) => {
      left += 1;
      stream.write(text, "latin1", written);
    },
    flush: (done) => {
      flushed = done;
      if (left === 0) done();
    },
  };
}
