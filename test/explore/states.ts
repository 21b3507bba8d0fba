import { mixed } from "./hash.ts";
import { size } from "./replica.ts";
import type { World } from "./world.ts";

/** Numbers fill one array of so many after the other. */
const chunkBits = 20;
const chunkMask = (1 << chunkBits) - 1;

/** At most 2^31 numbers, in arrays into which the garbage collector does not look. */
class Numbers {
  readonly #chunks: Int32Array[] = [];
  length = 0;

  push(number: number): void {
    if ((this.length & chunkMask) === 0) this.#chunks.push(new Int32Array(1 << chunkBits));
    this.set(this.length, number);
    this.length += 1;
  }

  at(index: number): number {
    return (this.#chunks[index >> chunkBits] as Int32Array)[index & chunkMask] as number;
  }

  set(index: number, number: number): void {
    (this.#chunks[index >> chunkBits] as Int32Array)[index & chunkMask] = number;
  }
}

/** How a state was found. */
export interface Origin {
  /** The state before; -1 for the first. */
  readonly parent: number;
  /** What happened there, and how the members were renamed after it. */
  readonly action: number;
  readonly renaming: number;
  /** How many actions lead to it. */
  readonly depth: number;
}

/** Where in a state's record stands what: members, history and proposals are its key. */
const key = size + 2;
const spent = key;
const count = key + 1;
const messages = key + 2;

const none = -1;
/** The `next` of a state that another one has made superfluous. */
const superfluous = -2;

/**
 * The states found, numbered in that order. Of two states with the same members and the same history, the one with more messages
 * on the network and more budget left can do whatever the other can: the other is superfluous.
 */
export class States {
  readonly #records = new Numbers();
  readonly #offsets = new Numbers();
  readonly #parents = new Numbers();
  readonly #actions = new Numbers();
  readonly #renamings = new Numbers();
  readonly #depths = new Numbers();
  /** The next state with the same key. */
  readonly #next = new Numbers();
  /** A hash table of the first state with each key. */
  #heads = new Int32Array(1 << 16).fill(none);
  #keys = 0;
  readonly #replaces: boolean;

  /** With `replaces`, a state found early is given up for a better one found later; without, all keep their turn. */
  constructor(replaces: boolean) {
    this.#replaces = replaces;
  }

  get length(): number {
    return this.#offsets.length;
  }

  /** The number of `world`, unless one that can do as much is there. */
  add(world: World, { parent, action, renaming, depth }: Origin): number | undefined {
    if (this.#keys * 2 > this.#heads.length) this.#grow();
    const record = recordOf(world);
    const place = this.#place(record);
    if (this.#heads[place] === none) this.#keys += 1;
    let before = none;
    for (let state = this.#heads[place] as number; state !== none;) {
      const next = this.#next.at(state);
      if (this.#covers(state, record)) return undefined;
      if (this.#replaces && this.#isCovered(state, record)) this.#giveUp(state, before, next, place);
      else before = state;
      state = next;
    }
    const state = this.length;
    this.#offsets.push(this.#records.length);
    for (const number of record) this.#records.push(number);
    this.#parents.push(parent);
    this.#actions.push(action);
    this.#renamings.push(renaming);
    this.#depths.push(depth);
    this.#next.push(this.#heads[place] as number);
    this.#heads[place] = state;
    return state;
  }

  isSuperfluous(state: number): boolean {
    return this.#next.at(state) === superfluous;
  }

  origin(state: number): Origin {
    const [parent, action] = [this.#parents.at(state), this.#actions.at(state)];
    return { parent, action, renaming: this.#renamings.at(state), depth: this.#depths.at(state) };
  }

  world(state: number): World {
    const start = this.#offsets.at(state);
    const at = (field: number): number => this.#records.at(start + field);
    const budget = at(spent);
    return {
      nodes: Array.from({ length: size }, (_, node) => at(node)),
      history: at(size),
      proposals: at(size + 1),
      campaigns: budget >> 16,
      crashes: (budget >> 8) & 0xff,
      stepDowns: budget & 0xff,
      messages: Array.from({ length: at(count) }, (_, message) => at(messages + message)),
    };
  }

  #giveUp(state: number, before: number, next: number, place: number): void {
    this.#next.set(state, superfluous);
    if (before !== none) this.#next.set(before, next);
    else this.#heads[place] = next;
  }

  /** Where the first state with the record's key stands, or would. */
  #place(record: readonly number[]): number {
    const mask = this.#heads.length - 1;
    let hash = 0;
    for (let at = 0; at < key; at += 1) hash = mixed(hash + (record[at] as number));
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const head = this.#heads[place] as number;
      if (head === none || this.#hasKey(head, record)) return place;
    }
  }

  #hasKey(state: number, record: readonly number[]): boolean {
    const start = this.#offsets.at(state);
    for (let at = 0; at < key; at += 1) if (this.#records.at(start + at) !== record[at]) return false;
    return true;
  }

  /** Whether `state` has all messages of the record, and has spent no more. */
  #covers(state: number, record: readonly number[]): boolean {
    const start = this.#offsets.at(state);
    if (!spentNoMore(this.#records.at(start + spent), record[spent] as number)) return false;
    const end = start + messages + this.#records.at(start + count);
    let at = start + messages;
    for (let own = messages; own < record.length; own += 1, at += 1) {
      while (at < end && this.#records.at(at) < (record[own] as number)) at += 1;
      if (at >= end || this.#records.at(at) !== record[own]) return false;
    }
    return true;
  }

  /** Whether the record has all messages of `state`, and has spent no more. */
  #isCovered(state: number, record: readonly number[]): boolean {
    const start = this.#offsets.at(state);
    if (!spentNoMore(record[spent] as number, this.#records.at(start + spent))) return false;
    const end = start + messages + this.#records.at(start + count);
    let own = messages;
    for (let at = start + messages; at < end; at += 1, own += 1) {
      while (own < record.length && (record[own] as number) < this.#records.at(at)) own += 1;
      if (record[own] !== this.#records.at(at)) return false;
    }
    return true;
  }

  #grow(): void {
    const old = this.#heads;
    this.#heads = new Int32Array(old.length * 2).fill(none);
    for (const head of old) {
      if (head === none) continue;
      const start = this.#offsets.at(head);
      const record = Array.from({ length: key }, (_, at) => this.#records.at(start + at));
      this.#heads[this.#place(record)] = head;
    }
  }
}

function recordOf({ nodes, history, proposals, campaigns, crashes, stepDowns, messages: onTheWay }: World): number[] {
  return [...nodes, history, proposals, (campaigns << 16) | (crashes << 8) | stepDowns, onTheWay.length, ...onTheWay];
}

function spentNoMore(one: number, other: number): boolean {
  return one >> 16 <= other >> 16 && ((one >> 8) & 0xff) <= ((other >> 8) & 0xff) && (one & 0xff) <= (other & 0xff);
}
