import type { ServerId } from "../base/ids.ts";
import type { ReadRequest } from "../raft/raft.ts";
import type { Answers } from "./answers.ts";
import type { Caller } from "./proposals.ts";
import { refused, type Refused } from "./state/state-machine.ts";
import type { View, Views } from "./state/views.ts";

/** A question, and whoever asks it: it is answered once, from a view, now or later. */
export type Question = (view: View, reply: (result: Uint8Array | Refused) => void) => void;

interface Asked extends Caller {
  readonly question: Question;
}

/** A query that has begun and is not answered yet. */
interface Running extends Caller {
  readonly view: View;
}

export interface ReadingsParts {
  /** Asks for the right to answer: see `Member.readIndex`. */
  readonly readIndex: (context: number) => ReadRequest;
  readonly answers: Answers;
  /** The most that may wait or be under way. */
  readonly readsMax: number;
}

/** The refusal of a replica that does not lead; its detail is the number of the replica that does, if one is known. */
export function notLeader(leader: number | undefined): Refused {
  return refused("not_leader", leader === undefined ? "" : String(leader));
}

/**
 * Queries: those of one turn share one round that confirms this replica's leadership, and are answered from the state as of one
 * applied index. Nothing of them is ever written.
 */
export class Readings {
  readonly #parts: ReadingsParts;
  /** What waits for each round, by its context. */
  readonly #rounds = new Map<number, Asked[]>();
  /** The round that has not begun: queries may still join it. */
  #joining: Asked[] | undefined;
  #context = 0;
  #waiting = 0;
  readonly #running = new Set<Running>();

  constructor(parts: ReadingsParts) {
    this.#parts = parts;
  }

  /** Queries that wait or are under way. */
  get count(): number {
    return this.#waiting + this.#running.size;
  }

  /** Answers the call when this replica has the right to; a refusal comes at once. */
  ask(from: ServerId, call: number, question: Question): void {
    const refusal = this.count >= this.#parts.readsMax ? refused("overloaded", "too many reads are waiting") : this.#join();
    if (refusal !== undefined) {
      this.#parts.answers.add(from, call, { kind: "refused", refusal });
      return;
    }
    this.#joining?.push({ from, call, question });
    this.#waiting += 1;
  }

  /** The rounds that were asked for begin now: who comes later joins another one. */
  roundsBegin(): void {
    this.#joining = undefined;
  }

  /** The round has confirmed this replica, and the state holds what it has to. */
  ready(context: number, views: Views): void {
    for (const asked of this.#take(context)) this.#answer(asked, views);
  }

  /** The round will never be confirmed. */
  dropped(context: number): void {
    for (const { from, call } of this.#take(context)) this.#refuse(from, call);
  }

  /** The state has been replaced: what is not answered from the old one will not be. */
  stateReplaced(): void {
    for (const running of this.#running) {
      running.view.close();
      this.#refuse(running.from, running.call);
    }
    this.#running.clear();
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
    this.#waiting -= asked.length;
    return asked;
  }

  #answer({ from, call, question }: Asked, views: Views): void {
    const view = views.make();
    let running: Running | undefined;
    let answered = false;
    question(view, (result) => {
      if (answered) return;
      answered = true;
      view.close();
      if (running !== undefined && !this.#running.delete(running)) return;
      this.#parts.answers.add(
        from,
        call,
        result instanceof Uint8Array ? { kind: "result", bytes: result } : { kind: "refused", refusal: result },
      );
    });
    if (answered) return;
    running = { from, call, view };
    this.#running.add(running);
    views.keepOpen(view);
  }

  #refuse(from: ServerId, call: number): void {
    this.#parts.answers.add(from, call, { kind: "refused", refusal: notLeader(undefined) });
  }
}
