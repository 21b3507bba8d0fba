import type { Shard } from "../../rsm/state/state-machine.ts";
import type { State, StateReader, StateView } from "../../rsm/state/state.ts";
import type { GroupName } from "../../shardmaster/address.ts";
import type { BirthAnswer } from "../../shardmaster/births.ts";
import { answerQuestion, type Claim, type LeaderNews, type TakeReply } from "./answer.ts";
import { clearingOf } from "./clearing.ts";
import type { Clear, GroupCommand } from "./commands.ts";
import { birthsOf, consequencesOf, dueOf, settlementOf } from "./decide.ts";
import { executeGroupCommand } from "./execute.ts";
import type { Known } from "./known.ts";
import type { ChunkLimits } from "./page.ts";
import { type Picture, readPicture } from "./picture.ts";
import { isShaped } from "./shape.ts";
import { type Ask, type HeardOf, type Plan, planOf } from "./plan.ts";
import type { GroupQuestion } from "./questions.ts";
import type { GroupReply } from "./replies.ts";

/**
 * Moves the shards of one group: what its log decides, what it answers others, and what its leader is to ask and to propose. All of it is
 * a function of the group's rows and of what is handed in. Whoever leads goes round and round:
 *
 * 1. `picture`, of everything applied, the first entry of its own term among it;
 * 2. proposes what is `due`, and asks what is on the `plan`;
 * 3. proposes what follows from the answers, and from claims that others have made meanwhile.
 *
 * It may forget everything in between: the next leader, or the next round, finds it again.
 */
export class Mover {
  readonly self: GroupName;
  readonly #limits: ChunkLimits;
  readonly #shape: Uint8Array | undefined;
  /** Whether the group is known to have this shape. */
  #isChecked = false;

  /** `shape` is that of the cluster, which is logged before the first configuration; without it none is asked for. */
  constructor(self: GroupName, limits: ChunkLimits, shape?: Uint8Array) {
    this.self = self;
    this.#limits = limits;
    this.#shape = shape;
  }

  /** Throws `OtherShape` when the group has another shape than this replica was told: nothing may be done with its keys then. */
  checkShape(state: StateReader): void {
    if (!this.#isChecked) this.#isChecked = isShaped(state, this.#shape);
  }

  /** Applies a command at the group's log time; how many more sessions there are now. */
  execute(command: GroupCommand, state: State, time: number): number {
    return executeGroupCommand(command, state, { self: this.self, shape: this.#shape, time });
  }

  /** Answers a question from what was applied, and from the leader's `news`; `done` runs once, now or later. */
  answer(question: GroupQuestion, view: StateView, done: TakeReply, news?: () => LeaderNews): void {
    answerQuestion(question, view, { self: this.self, limits: this.#limits, news }, done);
  }

  picture(view: StateView, done: (picture: Picture) => void): void {
    readPicture(view, isShaped(view, this.#shape), done);
  }

  plan(picture: Picture, known: Known, heard: HeardOf): Plan {
    return planOf(this.self, picture, known, heard);
  }

  due(picture: Picture, known: Known): GroupCommand[] {
    if (this.#shape !== undefined && !picture.isShaped) return [{ op: "shape", shape: this.#shape }];
    return dueOf(this.self, picture, known);
  }

  /** What follows from a reply to what was asked. */
  consequences(ask: Ask, reply: GroupReply, picture: Picture): GroupCommand[] {
    return consequencesOf(ask, reply, picture);
  }

  /** What follows from the shardmaster's answer about births. */
  births(answer: BirthAnswer, picture: Picture): GroupCommand[] {
    return birthsOf(answer, picture);
  }

  /** What is to be logged for a claim that a question has made here. */
  settlement(claim: Claim, picture: Picture, known: Known): GroupCommand | undefined {
    return settlementOf(claim, picture, known);
  }

  /** The next page of rows of a dead copy to clear. */
  clearing(view: StateView, shard: Shard, epoch: number, done: (command: Clear) => void): void {
    clearingOf(view, shard, epoch, this.#limits, done);
  }
}
