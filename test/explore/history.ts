import { mixed } from "./hash.ts";
import { renamings } from "./table.ts";
import { size } from "./replica.ts";

/** An entry that some member called committed. */
export interface Chosen {
  /** Its number in the table. */
  readonly entry: number;
  /** The lowest term in which a member knew it. */
  readonly term: number;
}

/** What must be remembered of the past to judge the present. Lists by term have their first place for term 0. */
export interface History {
  /** Who led each term; -1 for nobody. */
  readonly leaders: readonly number[];
  /** By member and term: for whom a vote is durable or was told; -1 for nobody. */
  readonly votes: readonly (readonly number[])[];
  /** By index; the first place is for index 1. */
  readonly chosen: readonly Chosen[];
}

interface KnownHistory {
  readonly history: History;
  readonly hash: number;
  readonly check: number;
  readonly likeness: Int32Array;
}

/** Every history ever met, under a number; 0 is the empty one. */
export class Histories {
  readonly known: KnownHistory[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(terms: number) {
    const nobody = Array.from({ length: terms + 1 }, () => -1);
    this.number({ leaders: nobody, votes: Array.from({ length: size }, () => nobody), chosen: [] });
  }

  number(history: History): number {
    const key = JSON.stringify(history);
    let number = this.#numbers.get(key);
    if (number === undefined) {
      this.#numbers.set(key, (number = this.known.length));
      this.known.push({ history, hash: mixed(number), check: mixed(~number), likeness: new Int32Array(renamings.length).fill(-1) });
    }
    return number;
  }

  /** The number of a history after the members were renamed. */
  renamed(number: number, renaming: number): number {
    const { history, likeness } = this.known[number] as KnownHistory;
    if (likeness[renaming] === -1) {
      const names = renamings[renaming] as readonly number[];
      const all = (ids: readonly number[]): number[] => ids.map((id) => names[id] ?? -1);
      const votes: number[][] = [];
      for (const [id, candidates] of history.votes.entries()) votes[names[id] as number] = all(candidates);
      likeness[renaming] = this.number({ ...history, leaders: all(history.leaders), votes });
    }
    return likeness[renaming] as number;
  }
}
