/** Cuts text that comes in pieces into lines. A line that is too long is told as undefined, once, and is not kept. */
export class LineSplitter {
  readonly #lengthMax: number;
  #begun = "";
  #isTooLong = false;

  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** The lines that end in this piece, without their ends. */
  push(piece: string): (string | undefined)[] {
    const lines: (string | undefined)[] = [];
    let from = 0;
    for (let end = piece.indexOf("\n"); end >= 0; end = piece.indexOf("\n", from)) {
      lines.push(this.#ended(piece.slice(from, end)));
      from = end + 1;
    }
    this.#keep(piece.slice(from));
    return lines;
  }

  /** What stands behind the last line's end, when nothing more comes; undefined when there is nothing. */
  end(): string | undefined {
    const rest = this.#ended("");
    return rest === "" ? undefined : rest;
  }

  #ended(piece: string): string | undefined {
    this.#keep(piece);
    const line = this.#isTooLong ? undefined : this.#begun;
    this.#begun = "";
    this.#isTooLong = false;
    return line;
  }

  #keep(piece: string): void {
    if (this.#begun.length + piece.length > this.#lengthMax) this.#isTooLong = true;
    this.#begun = this.#isTooLong ? "" : this.#begun + piece;
  }
}
