import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Entry } from "../../../src/raft/types.ts";

/** An entry that a server has acknowledged. */
export interface Promised {
  readonly term: number;
  readonly digest: string;
}

/** Of the numbers that a ledger has written: the last, the last that was to outlive its process, and the last that was called durable. */
export interface Counted {
  begun: number;
  written: number;
  finished: number;
}

/** What servers have promised, as far as they came to write it down. */
export interface Notes {
  readonly entries: Map<number, Promised>;
  /** The newest term that a server has led, and so voted for itself in. */
  term: number;
  readonly rows: Counted;
  readonly cell: Counted;
  /** Entries that were acknowledged twice with different contents. */
  readonly contradictions: string[];
}

export function noNotes(): Notes {
  const nothing: Counted = { begun: 0, written: 0, finished: 0 };
  return { entries: new Map(), term: 0, rows: { ...nothing }, cell: { ...nothing }, contradictions: [] };
}

/** What stands for an entry's data in notes and in the talk between processes. */
export function digestOf(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex").slice(0, 24);
}

export function nowNs(): number {
  return Number(process.hrtime.bigint());
}

/**
 * Writes promises down in a file outside the disk under test, each line before the call returns: so a process that is killed has
 * either written a line or not yet promised anything.
 */
export class Notebook {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a");
  }

  acknowledged({ index, term, data }: Entry): void {
    this.#write(`ack ${index} ${term} ${digestOf(data)} ${nowNs()}`);
  }

  leads(term: number): void {
    this.#write(`term ${term} ${nowNs()}`);
  }

  /** The number is on its way to the rows or the cell of a ledger, or has arrived. */
  number(where: "rows" | "cell", state: keyof Counted, number: number): void {
    this.#write(`${where} ${state} ${number} ${nowNs()}`);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(line: string): void {
    writeSync(this.#file, `${line}\n`);
  }
}

/**
 * Adds what stands in a notebook to `notes`; what was written after `untilNs` binds nobody and is left out, but for what was begun.
 * The result is how many promises were added, and how many left out.
 */
export function addNotes(notes: Notes, path: string, untilNs: number = Infinity): { readonly added: number; readonly late: number } {
  let added = 0;
  let late = 0;
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  // A line without its end belongs to a process that was killed while it wrote.
  for (const line of lines.slice(0, -1)) {
    const [what, ...words] = line.split(" ");
    const counted = what === "rows" || what === "cell" ? notes[what] : undefined;
    if (counted !== undefined && words[0] === "begun") counted.begun = Math.max(counted.begun, Number(words[1]));
    else if (Number(words.at(-1)) > untilNs) late += 1;
    else {
      added += 1;
      if (counted !== undefined) count(counted, words[0] ?? "", Number(words[1]));
      else if (what === "ack") addEntry(notes, Number(words[0]), { term: Number(words[1]), digest: words[2] ?? "" });
      else if (what === "term") notes.term = Math.max(notes.term, Number(words[0]));
      else throw new Error(`'${line}' is no note`);
    }
  }
  return { added, late };
}

function count(counted: Counted, state: string, number: number): void {
  if (state !== "written" && state !== "finished") throw new Error(`'${state}' is nothing that a ledger has done`);
  counted[state] = Math.max(counted[state], number);
}

function addEntry({ entries, contradictions }: Notes, index: number, promised: Promised): void {
  const before = entries.get(index);
  if (before === undefined) entries.set(index, promised);
  // A replica that starts again applies the end of its log again.
  else if (before.term !== promised.term || before.digest !== promised.digest)
    contradictions.push(`entry ${index} was acknowledged as ${before.digest} of term ${before.term}, and later as ${promised.digest}`);
}
