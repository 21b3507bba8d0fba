import { unreachable } from "../../../src/base/assert.ts";
import type { Applied } from "../../../src/rsm/session/sessions.ts";
import type { Config } from "../../../src/shardmaster/config.ts";
import type { BirthAnswer, BirthClaim } from "../../../src/shardmaster/births.ts";
import type { Claim } from "../../../src/shardkv/migration/answer.ts";
import type { GroupCommand } from "../../../src/shardkv/migration/commands.ts";
import type { Ask } from "../../../src/shardkv/migration/plan.ts";
import type { GroupReply } from "../../../src/shardkv/migration/replies.ts";
import type { MoveCode } from "./code.ts";
import { configsOf, groupOf, knownUpTo, letterOf, type Owners } from "./configs.ts";
import { ExploredGroup, type GroupState, type Write } from "./group.ts";
import { ExploredMaster, type MasterState } from "./master.ts";
import { summaryOf, type Summary } from "./summary.ts";

export interface MoveBounds {
  readonly owners: Owners;
  /** How many groups there are, whether they own something or not. */
  readonly groups: number;
  readonly writes: number;
  /** The rows of a chunk: 1 cuts a shard with a session and a key into two. */
  readonly chunkRowsMax: number;
  /** Whether rows of dead copies are cleared meanwhile, and not only at the end. */
  readonly clearing: boolean;
}

/** Something that was said or logged. It may arrive at any time from then on, in any order, as often as it likes, or never. */
export type Message =
  | { readonly kind: "ask"; readonly from: number; readonly to: number; readonly ask: Ask }
  | { readonly kind: "reply"; readonly at: number; readonly ask: Ask; readonly reply: GroupReply }
  | { readonly kind: "claim"; readonly at: number; readonly claim: Claim }
  | { readonly kind: "births"; readonly from: number; readonly claims: readonly BirthClaim[] }
  | { readonly kind: "birth_answer"; readonly at: number; readonly answer: BirthAnswer }
  | { readonly kind: "command"; readonly at: number; readonly command: GroupCommand };

/** Things by number, the same number for the same text. */
class Numbered<T> {
  readonly list: T[] = [];
  readonly #numbers = new Map<string, number>();

  of(text: string, make: () => T): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.list.push(make()) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }

  at(number: number): T {
    return this.list[number] as T;
  }
}

/** Computes once what the same group in the same state does with the same thing. */
class Memo<T> {
  readonly #found = new Map<number, T>();

  of(one: number, other: number, compute: () => T): T {
    const place = one * 2 ** 20 + other;
    let found = this.#found.get(place);
    if (found === undefined) {
      found = compute();
      this.#found.set(place, found);
    }
    return found;
  }
}

/** Each group's clock shows another time, so that a shard whose time does not go with it is seen. */
const clocks = [1000, 50, 7000, 300];

/** Everything that is the same in all states of one exploration: the groups, the configurations, and what was computed already. */
export class Universe {
  readonly bounds: MoveBounds;
  readonly configs: readonly Config[];
  readonly groups: readonly ExploredGroup[];
  readonly master: ExploredMaster;
  readonly messages: Numbered<Message> = new Numbered();
  readonly #states: readonly Numbered<GroupState>[];
  readonly #masters: Numbered<MasterState> = new Numbered();
  readonly #summaries: Memo<Summary> = new Memo();
  readonly #said: readonly Memo<readonly number[]>[];
  readonly #heard: readonly Memo<readonly number[]>[];
  readonly #applied: readonly Memo<number>[];
  readonly #written: readonly Memo<{ readonly after: number; readonly applied: Applied }>[];
  readonly #births: Memo<{ readonly after: number; readonly answer: number }> = new Memo();

  constructor(code: MoveCode, bounds: MoveBounds) {
    this.bounds = bounds;
    this.configs = configsOf([bounds.owners]);
    this.groups = Array.from({ length: bounds.groups }, (_, at) => {
      return new ExploredGroup(code, String.fromCharCode(65 + at), 1, clocks[at] as number, bounds.chunkRowsMax);
    });
    this.master = new ExploredMaster(code, this.configs);
    this.#states = this.groups.map(() => new Numbered());
    this.#said = this.groups.map(() => new Memo());
    this.#heard = this.groups.map(() => new Memo());
    this.#applied = this.groups.map(() => new Memo());
    this.#written = this.groups.map(() => new Memo());
  }

  get firstLocals(): number[] {
    return this.groups.map(({ first }, at) => this.#local(at, first));
  }

  get firstMaster(): number {
    return this.#masterNumber(this.master.first);
  }

  group(at: number): ExploredGroup {
    return this.groups[at] as ExploredGroup;
  }

  state(at: number, local: number): GroupState {
    return (this.#states[at] as Numbered<GroupState>).at(local);
  }

  masterState(number: number): MasterState {
    return this.#masters.at(number);
  }

  summary(at: number, local: number): Summary {
    return this.#summaries.of(at, local, () => summaryOf(this.group(at), this.state(at, local)));
  }

  /** What a group in that state says and logs by itself: questions, and commands that wait for nothing. */
  said(at: number, local: number): readonly number[] {
    return (this.#said[at] as Memo<readonly number[]>).of(local, 0, () => {
      const group = this.group(at);
      const state = this.state(at, local);
      const latest = this.configs.length - 1;
      const { asks, births } = group.plan(state, knownUpTo(this.configs), () => "silence");
      const messages: Message[] = asks.map((ask) => ({ kind: "ask", from: at, to: ask.to.gid - 1, ask }));
      if (births.length > 0) messages.push({ kind: "births", from: at, claims: births });
      // A leader may know as many of the later configurations as it likes.
      for (let number = 1; number <= latest; number += 1) {
        for (const command of group.due(state, knownUpTo(this.configs, number))) messages.push({ kind: "command", at, command });
      }
      if (this.bounds.clearing) for (const command of group.clearings(state)) messages.push({ kind: "command", at, command });
      return messages.map((message) => this.number(message));
    });
  }

  /** What comes of a message that reaches a group in that state; a command is another matter. */
  heard(at: number, local: number, message: number): readonly number[] {
    return (this.#heard[at] as Memo<readonly number[]>).of(local, message, () => {
      return this.#hear(at, this.state(at, local), this.messages.at(message)).map((made) => this.number(made));
    });
  }

  #hear(at: number, state: GroupState, message: Message): Message[] {
    const group = this.group(at);
    const logged = (commands: readonly GroupCommand[]): Message[] => commands.map((command) => ({ kind: "command", at, command }));
    switch (message.kind) {
      case "ask": {
        const { reply, claim } = group.answer(state, message.ask.question);
        const answers: Message[] = [];
        if (this.#matters(message.ask, reply)) answers.push({ kind: "reply", at: message.from, ask: message.ask, reply });
        if (claim !== undefined) answers.push({ kind: "claim", at, claim });
        return answers;
      }
      case "reply":
        return logged(group.consequences(state, message.ask, message.reply));
      case "claim": {
        const command = group.settlement(state, message.claim, knownUpTo(this.configs));
        return command === undefined ? [] : logged([command]);
      }
      case "birth_answer":
        return logged(group.births(state, message.answer));
      case "births":
      case "command":
        return [];
      default:
        return unreachable(message);
    }
  }

  /** Whether anything ever follows from a reply: it does from no other if it does not where everything arrives and all is granted. */
  #matters(ask: Ask, reply: GroupReply): boolean {
    const cursor = reply.kind === "page" ? reply.body.start : new Uint8Array();
    const runs = this.configs.map(({ number }) => number);
    const arrivals = runs.map((since) => ({ since, holder: undefined, cursor, taken: undefined }));
    const copy = { epoch: 0, time: 0, versionFloor: 0, granted: true };
    const parcels = runs.map((since) => ({ ...copy, left: since, address: { since, group: groupOf("A") } }));
    return this.group(0).concludes(ask, reply, { arrivals, parcels });
  }

  /** The group's state after a command. */
  applied(at: number, local: number, message: number): number {
    return (this.#applied[at] as Memo<number>).of(local, message, () => {
      const { command } = this.messages.at(message) as Message & { readonly kind: "command" };
      const state = this.group(at).applyOwn(this.state(at, local), command);
      return this.#local(at, state);
    });
  }

  /** The group's state after a client's write. */
  written(at: number, local: number, write: Write): { readonly after: number; readonly applied: Applied } {
    const place = write.number * 2 ** 16 + write.validUntil;
    return (this.#written[at] as Memo<{ readonly after: number; readonly applied: Applied }>).of(local, place, () => {
      const { after, applied } = this.group(at).applyWrite(this.state(at, local), write);
      return { after: this.#local(at, after), applied };
    });
  }

  /** The shardmaster after a claim of births, and the message with its answer. */
  claimed(master: number, message: number): { readonly after: number; readonly answer: number } {
    return this.#births.of(master, message, () => {
      const { from, claims } = this.messages.at(message) as Message & { readonly kind: "births" };
      const { after, answer } = this.master.claim(this.#masters.at(master), groupOf(this.group(from).letter), claims);
      return { after: this.#masterNumber(after), answer: this.number({ kind: "birth_answer", at: from, answer }) };
    });
  }

  number(message: Message): number {
    return this.messages.of(textOf(message), () => message);
  }

  describe(number: number): string {
    return textOf(this.messages.at(number));
  }

  #local(at: number, state: GroupState): number {
    return (this.#states[at] as Numbered<GroupState>).of(state.text, () => state);
  }

  #masterNumber(state: MasterState): number {
    return this.#masters.of(state.text, () => state);
  }
}

/** A message in words, each with another text. */
function textOf(message: Message): string {
  switch (message.kind) {
    case "ask":
      return `${nameOf(message.from)} asks ${nameOf(message.to)} ${wordsOf(message.ask.question)}`;
    case "reply": {
      const { to, question } = message.ask;
      return `${nameOf(message.at)} hears ${wordsOf(message.reply)} to ${wordsOf(question)} from ${letterOf(to)}`;
    }
    case "claim":
      return `${nameOf(message.at)} is claimed from ${wordsOf(message.claim)}`;
    case "births":
      return `${nameOf(message.from)} asks for births ${wordsOf(message.claims)}`;
    case "birth_answer":
      return `${nameOf(message.at)} hears of births ${wordsOf(message.answer)}`;
    case "command":
      return `${nameOf(message.at)} applies ${wordsOf(message.command)}`;
    default:
      return unreachable(message);
  }
}

function nameOf(at: number): string {
  return String.fromCharCode(65 + at);
}

function wordsOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? Buffer.from(part).toString("latin1") : part));
}
