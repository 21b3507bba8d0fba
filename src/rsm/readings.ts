import type { ServerId } from "../base/ids.ts";
import type { ReadRequest } from "../raft/raft.ts";
import type { Answers } from "./answers.ts";
import { FairQueue } from "./fair-queue.ts";
import type { Caller } from "./proposals.ts";
import { Shares } from "./shares.ts";
import type { ReplicaOptions } from "./options.ts";
import { refused, type Refused } from "./state/state-machine.ts";
import type { View, Views } from "./state/views.ts";

/** A question, and whoever asks it: it is answered once, from a view, now or later. */
export type Question = (view: View, reply: (result: Uint8Array | Refused) => void) => void;

interface Asked extends Caller {
  readonly question: Question;
  /** Whether its answer may take more than one turn. */
  readonly isLong: boolean;
}

/** A query that has begun and is not answered yet. */
interface Running extends Asked {
  readonly view: View;
}

export interface ReadingsParts {
  /** Asks for the right to answer: see `Member.readIndex`. */
  readonly readIndex: (context: number) => ReadRequest;
  readonly answers: Answers;
  /** See `ReplicaOptions`. */
  readonly limits: ReadingsMax;
}

export type ReadingsMax = Pick<ReplicaOptions, "readsMax" | "longReadsMax" | "longReadsAtOnceMax" | "answerBytesMax">;

/** The refusal of a replica that does not lead; its detail is the number of the replica that does, if one is known. */
export function notLeader(leader: number | undefined): Refused {
  return refused("not_leader", leader === undefined ? "" : String(leader));
}

/**
 * Queries: those of one turn share one round that confirms this replica's leadership, and are answered from the state as of one
 * applied index. Nothing of them is ever written.
 *
 * Those that take long stand in line behind their round, since each that is under way costs every write something. They are answered
 * from the state of the moment when it is their turn, which is not older than what the round has confirmed.
 */
export class Readings {
  readonly #parts: ReadingsParts;
  /** What waits for each round, by its context. */
  readonly #rounds = new Map<number, Asked[]>();
  /** The round that has not begun: queries may still join it. */
  #joining: Asked[] | undefined;
  #context = 0;
  /** Of short queries and of long ones, until they are answered. */
  readonly #short: Shares;
  readonly #long: Shares;
  readonly #line = new FairQueue<Asked>();
  readonly #running = new Set<Running>();
  /** What the newest round was answered from. */
  #views: Views | undefined;

  constructor(parts: ReadingsParts) {
    this.#parts = parts;
    const { readsMax, longReadsMax } = parts.limits;
    this.#short = new Shares({ callsMax: readsMax, bytesMax: Infinity });
    this.#long = new Shares({ callsMax: longReadsMax, bytesMax: Infinity });
  }

  /** Queries that wait or are under way. */
  get count(): number {
    return this.#short.calls + this.#long.calls;
  }

  /** Answers the call when this replica has the right to; a refusal comes at once, and is given to the caller of this. */
  ask(from: ServerId, call: number, question: Question, isLong = false): Refused | undefined {
    const shares = isLong ? this.#long : this.#short;
    const refusal = shares.admits(from, 0) ? this.#join() : refused("overloaded", "too many reads are waiting");
    if (refusal !== undefined) return refusal;
    this.#joining?.push({ from, call, question, isLong });
    shares.enter(from, 0);
    return undefined;
  }

  /** The rounds that were asked for begin now: who comes later joins another one. */
  roundsBegin(): void {
    this.#joining = undefined;
  }

  /** The round has confirmed this replica, and the state holds what it has to. */
  ready(context: number, views: Views): void {
    this.#views = views;
    for (const asked of this.#take(context)) {
      if (asked.isLong) this.#line.push(asked.from, asked);
      else this.#answer(asked, views);
    }
    this.#nextInLine();
  }

  /** The round will never be confirmed. */
  dropped(context: number): void {
    for (const asked of this.#take(context)) this.#end(asked, notLeader(undefined));
  }

  /** The state has been replaced: what is not answered from the old one will not be. */
  stateReplaced(): void {
    for (const running of this.#running) {
      running.view.close();
      this.#end(running, notLeader(undefined));
    }
    this.#running.clear();
    for (const asked of this.#line.takeAll()) this.#end(asked, notLeader(undefined));
  }

  #join(): Refused | undefined {
    if (this.#joining !== undefined) return undefined;
    this.#context += 1;
    const read = this.#parts.readIndex(this.#context);
    if (!read.ok) return read.why === "not_leader" ? notLeader(read.leader) : refused("overloaded", "too many rounds are waiting");
    this.#joining = [];
    this.#rounds.set(this.#context, this.#joining);
    return undefined;
  }

  #take(context: number): readonly Asked[] {
    const asked = this.#rounds.get(context) ?? [];
    this.#rounds.delete(context);
    return asked;
  }

  /** Begins what stands in line, as far as there is room. */
  #nextInLine(): void {
    const views = this.#views;
    if (views === undefined) return;
    while (this.#running.size < this.#parts.limits.longReadsAtOnceMax) {
      const asked = this.#line.take();
      if (asked === undefined) return;
      this.#answer(asked, views);
    }
  }

  #answer(asked: Asked, views: Views): void {
    const { answers, limits } = this.#parts;
    if (!answers.hasRoom(asked.from, limits.answerBytesMax)) {
      this.#end(asked, refused("overloaded", "too many bytes of answers are waiting"));
      return;
    }
    const view = views.make();
    let running: Running | undefined;
    let answered = false;
    asked.question(view, (result) => {
      if (answered) return;
      answered = true;
      view.close();
      if (running !== undefined && !this.#running.delete(running)) return;
      this.#end(asked, result);
      if (running !== undefined) this.#nextInLine();
    });
    if (answered) return;
    running = { ...asked, view };
    this.#running.add(running);
    views.keepOpen(view);
  }

  #end({ from, call, isLong }: Asked, result: Uint8Array | Refused): void {
    (isLong ? this.#long : this.#short).leave(from, 0);
    this.#parts.answers.add(
      from,
      call,
      result instanceof Uint8Array ? { kind: "result", bytes: result } : { kind: "refused", refusal: result },
    );
  }
}
