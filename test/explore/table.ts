import type { Message } from "../../src/raft/message.ts";
import type { Role } from "../../src/raft/state.ts";
import type { Entry } from "../../src/raft/types.ts";
import { canonical, renamed, type Renaming } from "./clone.ts";
import type { Core } from "./core.ts";
import { describeMessage } from "./describe.ts";
import { type Facts, factsOf, noFacts } from "./facts.ts";
import { mixed } from "./hash.ts";
import { type Input, newReplica, perform, type Pump, type Replica, size } from "./replica.ts";

/** What an input does to a replica: the number of what it becomes, and those of the messages it sends. */
export interface Step {
  readonly to: number;
  readonly sent: readonly number[];
  readonly facts: Facts;
  /** The core, or the disk, refused to go on. */
  readonly failure: string | undefined;
}

/** A log as numbers, known once: two logs are the same exactly if they are one object. */
export interface Log {
  readonly number: number;
  /** The numbers of its entries. */
  readonly entries: readonly number[];
  readonly terms: readonly number[];
}

/** A replica, with what the world asks of it most. */
export interface KnownReplica {
  readonly replica: Replica;
  readonly steps: Map<number, Step>;
  readonly role: Role;
  readonly term: number;
  readonly durableTerm: number;
  readonly commit: number;
  /** In memory, and on disk. */
  readonly log: Log;
  readonly disk: Log;
  readonly batches: number;
  readonly writes: number;
  readonly owes: boolean;
  /** Two hashes of 32 bits. */
  readonly hash: number;
  readonly check: number;
  /** Something of it that no renaming changes. */
  readonly shape: number;
  /** How far it has come: a number that rises with most steps. */
  readonly ripeness: number;
  /** The numbers of its renamed likenesses, by renaming; -1 where nobody asked yet. */
  readonly likeness: Int32Array;
}

export interface KnownMessage {
  readonly message: Message;
  readonly label: string;
  /** The number of the input that delivers it. */
  readonly input: number;
  readonly hash: number;
  readonly check: number;
  readonly likeness: Int32Array;
}

/** All permutations of the members; the first changes nothing. */
export const renamings: readonly Renaming[] = permutations(Array.from({ length: size }, (_, id) => id));

function permutations(items: readonly number[]): number[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]));
}

/**
 * Every replica, message and input ever met, once, under a number, and what each input does to each replica. A core is a
 * function, so each of its steps is computed once however many states of the world it occurs in.
 */
export class Table {
  readonly replicas: KnownReplica[] = [];
  readonly messages: KnownMessage[] = [];
  readonly inputs: Input[] = [];
  /** Entries with their data: what a log holds, comparable by number. */
  readonly entries: Entry[] = [];
  readonly #core: Core;
  readonly #pump: Pump;
  readonly #numbers = {
    replica: new Map<string, number>(),
    message: new Map<string, number>(),
    input: new Map<string, number>(),
    entry: new Map<string, number>(),
    log: new Map<string, number>(),
    shape: new Map<string, number>(),
  };
  readonly #logs: Log[] = [];
  readonly #onlySend = new Map<number, boolean>();

  constructor(core: Core, pump: Pump) {
    this.#core = core;
    this.#pump = pump;
  }

  /** The number of a replica that was never started before. */
  newReplica(id: number): number {
    return this.#replica(newReplica(this.#core, id));
  }

  /** What `input` does to `replica`. */
  step(replica: number, input: number): Step {
    const known = this.replicas[replica] as KnownReplica;
    let step = known.steps.get(input);
    if (step === undefined) known.steps.set(input, (step = this.#perform(replica, known, this.inputs[input] as Input)));
    return step;
  }

  /** Whether `pump` changes nothing in a replica but that its messages are out of its hands. */
  onlySends(replica: number, pump: number): boolean {
    let onlySends = this.#onlySend.get(replica);
    if (onlySends === undefined) {
      const { raft, disk, queue } = (this.replicas[replica] as KnownReplica).replica;
      const rest = canonical({ raft: { ...raft, outbox: [] }, disk, queue }, raft.persisted);
      const { replica: after } = this.replicas[this.step(replica, pump).to] as KnownReplica;
      onlySends = canonical(after, after.raft.persisted) === rest;
      this.#onlySend.set(replica, onlySends);
    }
    return onlySends;
  }

  #perform(number: number, { replica }: KnownReplica, input: Input): Step {
    try {
      const outcome = perform(this.#core, replica, input, this.#pump);
      const sent = [...new Set(outcome.sent.map((message) => this.#message(message)))];
      const to = this.#replica(outcome.replica);
      const facts = factsOf(this.replicas[number] as KnownReplica, this.replicas[to] as KnownReplica, outcome.sent);
      return { to, sent, facts, failure: undefined };
    } catch (error) {
      return { to: number, sent: [], facts: noFacts, failure: (error as Error).message };
    }
  }

  input(input: Input): number {
    return numberOf(this.#numbers.input, canonical(input), () => this.inputs.push(input));
  }

  #entry(entry: Entry): number {
    return numberOf(this.#numbers.entry, canonical(entry), () => this.entries.push(entry));
  }

  /** The number of `replica` after the members were renamed. */
  renamedReplica(replica: number, renaming: number): number {
    const { likeness, replica: known } = this.replicas[replica] as KnownReplica;
    if (likeness[renaming] === -1) likeness[renaming] = this.#replica(renamed(known, renamings[renaming] as Renaming));
    return likeness[renaming] as number;
  }

  /** The number of `input` after the members were renamed. */
  renamedInput(input: number, renaming: number): number {
    const known = this.inputs[input] as Input;
    return known.kind === "deliver"
      ? (this.messages[this.renamedMessage(this.#message(known.message), renaming)] as KnownMessage).input
      : input;
  }

  renamedMessage(message: number, renaming: number): number {
    const { likeness, message: known } = this.messages[message] as KnownMessage;
    if (likeness[renaming] === -1) likeness[renaming] = this.#message(renamed(known, renamings[renaming] as Renaming));
    return likeness[renaming] as number;
  }

  #replica(replica: Replica): number {
    return numberOf(this.#numbers.replica, canonical(replica, replica.raft.persisted), (number) => {
      const { raft, disk, queue } = replica;
      const { role, term, commit, log } = raft;
      const shape = canonical([role, term, commit, log.entries, disk.entries, queue.length, raft.held.length]);
      this.replicas.push({
        replica,
        steps: new Map(),
        role,
        term,
        durableTerm: disk.term,
        commit,
        log: this.#log(log.entries),
        disk: this.#log(disk.entries),
        batches: queue.length,
        writes: queue.filter((batch) => "write" in batch).length,
        owes: this.#pump === "any_time" && new this.#core.Raft(raft).hasReady(),
        hash: mixed(number),
        check: mixed(~number),
        shape: numberOf(this.#numbers.shape, shape, () => undefined),
        ripeness: ripenessOf(replica),
        likeness: new Int32Array(renamings.length).fill(-1),
      });
    });
  }

  #log(entries: readonly Entry[]): Log {
    const numbers = entries.map((entry) => this.#entry(entry));
    const add = (number: number): void => {
      this.#logs.push({ number, entries: numbers, terms: entries.map(({ term }) => term) });
    };
    return this.#logs[numberOf(this.#numbers.log, numbers.join(), add)] as Log;
  }

  #message(message: Message): number {
    return numberOf(this.#numbers.message, canonical(message), (number) => {
      const input = this.input({ kind: "deliver", message });
      const likeness = new Int32Array(renamings.length).fill(-1);
      this.messages.push({ message, label: describeMessage(message), input, hash: mixed(number), check: mixed(~number), likeness });
    });
  }
}

function ripenessOf({ raft, disk }: Replica): number {
  const standing = { follower: 0, pre_candidate: 0, candidate: 1, leader: 2 }[raft.role] + (raft.leader === undefined ? 0 : 1);
  let sum = standing + 2 * raft.term + raft.commit + raft.verified + raft.log.entries.length;
  for (const { match } of raft.progress.values()) sum += match;
  return sum + 2 * disk.term + disk.entries.length + disk.applied;
}

function numberOf(numbers: Map<string, number>, key: string, add: (number: number) => void): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  const number = numbers.size;
  numbers.set(key, number);
  add(number);
  return number;
}
