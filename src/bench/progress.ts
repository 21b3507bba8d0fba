/** Says how far something is, now and then, on stderr: on a terminal in one line that is written over. */
export class ProgressLine {
  readonly #terminal: boolean = process.stderr.isTTY;
  #saidAt = Date.now();
  #shown = false;

  /** `text` is asked for its words when it is time to say them. */
  say(text: () => string): void {
    const now = Date.now();
    if (now - this.#saidAt < (this.#terminal ? 200 : 10_000)) return;
    this.#saidAt = now;
    // Carriage return, and clear to the end of the line.
    process.stderr.write(this.#terminal ? `\r${text()}\u001b[K` : `${text()}\n`);
    this.#shown = this.#terminal;
  }

  /** Says something that stays. */
  note(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
  }

  clear(): void {
    if (this.#shown) process.stderr.write("\r\u001b[K");
    this.#shown = false;
  }
}
