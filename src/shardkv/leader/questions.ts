import { Malformed } from "../../base/codec.ts";
import type { Cancel, Clock } from "../../env/clock.ts";
import type { GroupClients } from "../../rsm/caller/group-clients.ts";
import { keyText } from "../../rsm/state/key-text.ts";
import { encodeQuestion } from "../migration/questions.ts";
import { type Ask, textOf } from "../migration/plan.ts";
import { decodeReply, type GroupReply } from "../migration/replies.ts";

/** How long a group may be silent before others are asked. */
const questionMs = 2000;
/** Questions to one group that may be under way. A group that is silent keeps nobody else from being asked. */
const openMax = 8;

/** Takes a group's reply; undefined when it gave none. It says how long the question then rests. */
export type TakeAnswer = (ask: Ask, reply: GroupReply | undefined) => number;

/** The questions of a leader to other groups: each is asked once at a time, and rests after its reply. */
export class Questions {
  readonly #clock: Clock;
  readonly #groups: GroupClients;
  readonly #take: TakeAnswer;
  readonly #open = new Map<string, Cancel>();
  /** By number and creation of a group. */
  readonly #counts = new Map<string, number>();
  /** By question, and by where its page begins: until when it rests. */
  readonly #rests = new Map<string, number>();

  constructor(clock: Clock, groups: GroupClients, take: TakeAnswer) {
    this.#clock = clock;
    this.#groups = groups;
    this.#take = take;
  }

  /** Asks what is neither under way nor at rest, as far as there is room; of pulls, those that may `begin`, for as many pages in one. */
  ask(asks: readonly Ask[], begin: (pull: Ask) => number): void {
    const now = this.#clock.now();
    for (const [name, until] of this.#rests) if (until <= now) this.#rests.delete(name);
    for (const ask of asks) {
      const { question, to } = ask;
      const text = textOf(ask);
      const name = question.op === "pull" ? `${text} ${keyText(question.cursor)}` : text;
      const group = `${to.gid} ${to.creation}`;
      const count = this.#counts.get(group) ?? 0;
      if (count >= openMax || this.#open.has(text) || this.#rests.has(name)) continue;
      const pages = question.op === "pull" ? begin(ask) : 1;
      if (pages === 0) continue;
      this.#counts.set(group, count + 1);
      const bytes = encodeQuestion({ to, question: question.op === "pull" ? { ...question, pages } : question });
      const cancel = this.#groups.client(to).query(bytes, questionMs, (ending) => {
        // Who has forgotten his questions does not want to hear of them.
        if (!this.#open.delete(text)) return;
        this.#counts.set(group, (this.#counts.get(group) ?? 1) - 1);
        const restMs = this.#take(ask, ending.kind === "result" ? read(ending.bytes) : undefined);
        if (restMs > 0) this.#rests.set(name, this.#clock.now() + restMs);
      });
      this.#open.set(text, cancel);
    }
  }

  /** Asks nothing more, and hears of nothing that was asked. */
  forget(): void {
    const open = [...this.#open.values()];
    this.#open.clear();
    this.#counts.clear();
    this.#rests.clear();
    for (const cancel of open) cancel();
  }
}

function read(bytes: Uint8Array): GroupReply | undefined {
  try {
    return decodeReply(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return undefined;
  }
}
