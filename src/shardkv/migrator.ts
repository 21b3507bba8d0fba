import type { Trace } from "../base/trace.ts";
import type { Cancel, Clock } from "../env/clock.ts";
import type { Term } from "../raft/types.ts";
import type { GroupClients } from "../rsm/caller/group-clients.ts";
import type { StateView } from "../rsm/state/state.ts";
import { isNamed } from "../shardmaster/address.ts";
import type { Config, Group } from "../shardmaster/config.ts";
import type { ShardOf } from "../shardmaster/partitioner.ts";
import { Census } from "./leader/census.ts";
import { ClearingPace } from "./leader/clearing-pace.ts";
import { ConfigBook } from "./leader/config-book.ts";
import { HeardAnswers } from "./leader/heard.ts";
import type { MasterLine } from "./leader/master-line.ts";
import { Pace } from "./leader/pace.ts";
import { bornName, namesOf, Proposed } from "./leader/proposed.ts";
import { Questions } from "./leader/questions.ts";
import type { Claim, LeaderNews } from "./migration/answer.ts";
import { encodeGroupCommand, type GroupCommand } from "./migration/commands.ts";
import type { Mover } from "./migration/mover.ts";
import type { Picture } from "./migration/picture.ts";
import { type Ask, type Plan, textOf } from "./migration/plan.ts";
import type { GroupReply } from "./migration/replies.ts";

/** What a migrator needs of its replica. */
export interface LeaderPart {
  /** The term that is led, once its first entry was applied. */
  readonly leading: Term | undefined;
  /** Reads the state as of everything applied; nothing comes of it when the state is replaced. */
  look(use: (view: StateView, close: () => void) => void): void;
  proposeOwn(command: Uint8Array): boolean;
}

export interface MigratorParts {
  readonly clock: Clock;
  readonly trace: Trace;
  readonly replica: LeaderPart;
  readonly mover: Mover;
  /** This group, as configurations name it. */
  readonly self: Group;
  readonly master: MasterLine;
  readonly groups: GroupClients;
  readonly shards: number;
  readonly shardOf: ShardOf;
}

/** How often the shardmaster is polled, and a question is asked again whose answer changed nothing. */
const pollMs = 100;
/** When a page is asked for again that its source has to be granted first. */
const grantMs = 20;
/** The shortest time from one round to the next. */
const roundMs = 5;
/** For so long a question rests whose answer leads to an entry: where that is applied, there is another question. */
const followedMs = 1000;
/** The bytes of chunks that may stand in the log before they are applied; what arrives on top is asked for again. */
const chunkBytesMax = 1024 * 1024;
/** Claims of other groups that may wait for a round; who makes one asks again anyway. */
const claimsMax = 1024;

/**
 * Moves the shards of a group, on the replica that leads it: polls the shardmaster, asks other groups, and proposes what `Mover` decides.
 * It begins anew with every term, and remembers nothing that has to be remembered.
 */
export class Migrator {
  readonly #parts: MigratorParts;
  readonly #book = new ConfigBook();
  readonly #proposed = new Proposed();
  readonly #heard = new HeardAnswers();
  readonly #pace = new Pace();
  readonly #clearingPace = new ClearingPace();
  readonly #questions: Questions;
  readonly #census: Census;
  readonly #claims = new Map<string, Claim>();
  /** Numbers of configurations that the shardmaster is being asked for. */
  readonly #asked = new Set<number>();
  #isPolling = false;
  #isClaimingBirths = false;
  /** By shard and run of ownership: until when it is not claimed again. */
  readonly #birthRests = new Map<string, number>();
  #term: Term | undefined;
  /** Commands of migration that were applied here. */
  #applied = 0;
  /** The newest picture, and how much was applied before it. */
  #picture: { readonly picture: Picture; readonly applied: number } | undefined;
  /** The look that is under way; what an older one brings counts no more. */
  #look: symbol | undefined;
  #lastRound = -Infinity;
  #cancelTick: Cancel | undefined;
  #cancelRound: Cancel | undefined;
  #roundAt = Infinity;
  #stopped = false;

  constructor(parts: MigratorParts) {
    this.#parts = parts;
    const { clock, shards, shardOf, replica } = parts;
    this.#census = new Census({ clock, shards, shardOf, look: (use) => replica.look(use) });
    this.#questions = new Questions(parts.clock, parts.groups, (ask, reply) => this.#answered(ask, reply));
  }

  start(): void {
    this.#tick();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTick?.();
    this.#cancelRound?.();
    this.#questions.forget();
    this.#census.forget();
  }

  /** A command of migration was applied: the picture is another one. */
  applied({ op }: GroupCommand): void {
    this.#applied += 1;
    if (op === "clear") this.#clearingPace.end(this.#parts.clock.now());
    if (this.#term !== undefined) this.#wake();
  }

  /** A client of this group was served. */
  served(): void {
    this.#pace.served();
  }

  /** A client of this group has to wait for a shard that has not come yet. */
  awaited(): void {
    this.#pace.awaited();
  }

  /** Somebody has asked this group for something that it has to log first. */
  claim(claim: Claim): void {
    if (this.#term === undefined || this.#claims.size >= claimsMax) return;
    const { shard, left, since, asker } = claim.pull;
    this.#claims.set(`${claim.needs} ${shard} ${left} ${since} ${asker.gid} ${asker.creation}`, claim);
    this.#wake();
  }

  /** What it tells those who ask how the group is. */
  news(): LeaderNews {
    const figures = this.#term === undefined ? undefined : this.#census.figures();
    return {
      known: this.#book,
      heard: (shard, since, { left }) => this.#heard.of(shard, since, left),
      isSilent: (group) => this.#heard.isSilent(group),
      figures,
      isCounting: this.#census.isCounting,
    };
  }

  // ---- rounds

  #tick(): void {
    this.#cancelTick = this.#parts.clock.after(pollMs, () => this.#tick());
    this.#round();
    if (this.#term === undefined || this.#picture === undefined) return;
    this.#poll(Math.max(this.#book.latest, this.#picture.picture.group.number));
  }

  /** Sees to it that there is a round soon. */
  #wake(inMs = 0): void {
    if (this.#stopped) return;
    const { clock } = this.#parts;
    const at = Math.max(clock.now() + inMs, this.#lastRound + roundMs);
    if (at >= this.#roundAt) return;
    this.#cancelRound?.();
    this.#roundAt = at;
    this.#cancelRound = clock.after(Math.max(0, at - clock.now()), () => {
      this.#roundAt = Infinity;
      this.#round();
    });
  }

  #round(): void {
    if (this.#stopped || !this.#leads()) return;
    this.#lastRound = this.#parts.clock.now();
    if (this.#picture?.applied === this.#applied) this.#act(this.#picture.picture);
    else if (this.#look === undefined) this.#takePicture();
  }

  /** Whether this replica leads. With another term everything begins anew. */
  #leads(): boolean {
    const term = this.#parts.replica.leading;
    if (term !== this.#term) {
      this.#term = term;
      this.#picture = undefined;
      this.#look = undefined;
      this.#proposed.clear();
      this.#heard.clear();
      this.#pace.clear();
      this.#clearingPace.clear();
      this.#census.forget();
      this.#claims.clear();
      this.#birthRests.clear();
      this.#questions.forget();
    }
    return term !== undefined;
  }

  #takePicture(): void {
    const look = Symbol("look");
    this.#look = look;
    const applied = this.#applied;
    this.#parts.replica.look((view, close) =>
      this.#parts.mover.picture(view, (picture) => {
        close();
        if (this.#look !== look) return;
        this.#look = undefined;
        if (this.#stopped || !this.#leads()) return;
        this.#picture = { picture, applied };
        this.#act(picture);
        if (applied !== this.#applied) this.#wake();
      }),
    );
  }

  #act(picture: Picture): void {
    const { mover, clock } = this.#parts;
    const now = clock.now();
    this.#proposed.settle(picture, now);
    this.#pace.settle((command) => this.#proposed.has(command), now);
    this.#heard.settle(picture);
    for (const command of mover.due(picture, this.#book)) this.#propose(command);
    this.#settleClaims(picture);
    const plan = mover.plan(picture, this.#book, (shard, since, { left }) => this.#heard.of(shard, since, left));
    for (const number of plan.configs) if (number <= this.#book.latest) this.#askConfig(number);
    this.#questions.ask(plan.asks, (pull) => this.#pace.begin(`${pull.to.gid} ${pull.to.creation}`, textOf(pull), now));
    this.#claimBirths(plan);
    this.#clear(picture);
    for (const { restsUntil } of [this.#pace, this.#clearingPace]) if (restsUntil > now) this.#wake(restsUntil - now);
  }

  /** Whether the command stands in the log now, or stood there already. */
  #propose(command: GroupCommand): boolean {
    if (namesOf(command).some((name) => this.#proposed.has(name))) return true;
    if (command.op === "chunk" && this.#proposed.chunkBytes >= chunkBytesMax) return false;
    const bytes = encodeGroupCommand(command);
    if (!this.#parts.replica.proposeOwn(bytes)) return false;
    this.#proposed.add(command, bytes.length, this.#parts.clock.now());
    return true;
  }

  // ---- what others ask for

  #settleClaims(picture: Picture): void {
    for (const claim of this.#claims.values()) {
      const command = this.#parts.mover.settlement(claim, picture, this.#book);
      if (command !== undefined) this.#propose(command);
      else if (claim.needs === "address" && this.#book.config(claim.pull.since) === undefined) this.#askConfig(claim.pull.since);
    }
    this.#claims.clear();
  }

  // ---- what it asks others

  /** What follows from a reply; how long the question rests. */
  #answered(ask: Ask, reply: GroupReply | undefined): number {
    const { question } = ask;
    this.#heard.note(ask, reply);
    const picture = this.#leads() ? this.#picture?.picture : undefined;
    const isReady = reply !== undefined && picture !== undefined;
    const commands = isReady ? this.#parts.mover.consequences(ask, reply, picture) : [];
    const isLogged = commands.map((command) => this.#propose(command));
    if (question.op === "pull")
      this.#pulled(
        textOf(ask),
        commands.find((_, at) => isLogged[at]),
      );
    if (!isReady) return pollMs;
    if (commands.length > 0) return isLogged.every(Boolean) ? followedMs : pollMs;
    const isToBeGranted = question.op === "pull" && reply.kind === "no_page" && reply.why.kind === "addressed";
    if (isToBeGranted) this.#wake(grantMs);
    return isToBeGranted ? grantMs / 2 : pollMs;
  }

  /** A pull has brought a page, which is proposed, or has not. */
  #pulled(pull: string, proposed: GroupCommand | undefined): void {
    if (proposed?.op !== "chunk") return this.#pace.leave(pull);
    const { sessions, data } = proposed.body;
    let bytes = 0;
    for (const { name, value } of [...sessions, ...data]) bytes += name.length + value.length;
    this.#pace.proposed(pull, namesOf(proposed)[0] as string, { rows: sessions.length + data.length, bytes });
  }

  // ---- what it asks the shardmaster

  /** Asks for the latest configuration, unless that is known already. */
  #poll(than: number): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#parts.master.newer(than, (result) => {
      this.#isPolling = false;
      if (result === undefined) return;
      const isNews = result.latest > this.#book.latest;
      if (result.config === undefined) this.#book.see(result.latest);
      else this.#learn(result.config, result.latest);
      if (isNews) this.#wake();
    });
  }

  /** Asks for a configuration that is known to be there. */
  #askConfig(number: number): void {
    if (this.#asked.has(number)) return;
    this.#asked.add(number);
    this.#parts.master.config(number, (result) => {
      this.#asked.delete(number);
      if (result === undefined) return;
      const isNews = result.latest > this.#book.latest || this.#book.config(result.config.number) === undefined;
      this.#learn(result.config, result.latest);
      if (isNews) this.#wake();
    });
  }

  #learn(config: Config, latest: number): void {
    if (this.#book.config(config.number) === undefined) this.#compareWithSelf(config);
    this.#book.add(config, latest);
  }

  /** Says so when a configuration means another group by this one's number: whoever waits for its shards would wait for ever. */
  #compareWithSelf({ number, groups }: Config): void {
    const { self, trace } = this.#parts;
    const named = groups.find(({ gid }) => gid === self.gid);
    if (named !== undefined && !isNamed(named, self))
      trace("migrator: a configuration names another group of this number", { number, named: named.creation, own: self.creation });
  }

  #claimBirths({ births }: Plan): void {
    const now = this.#parts.clock.now();
    const named = new Map(births.map((claim) => [bornName(claim.shard, claim.since), claim]));
    for (const [name, until] of this.#birthRests) if (until <= now || !named.has(name)) this.#birthRests.delete(name);
    const claims = [...named].flatMap(([name, claim]) => (this.#birthRests.has(name) ? [] : [claim]));
    if (claims.length === 0 || this.#isClaimingBirths) return;
    this.#isClaimingBirths = true;
    const { master, mover, self, clock } = this.#parts;
    master.births(self, claims, (answer) => {
      this.#isClaimingBirths = false;
      const picture = this.#picture?.picture;
      if (answer === undefined || picture === undefined || this.#stopped || !this.#leads()) return;
      // What has begun elsewhere has done so for ever: to ask again would be an entry in the shardmaster's log, and the same answer.
      const granted = new Set(answer.granted.map(({ shard, since }) => bornName(shard, since)));
      for (const { shard, since } of claims) {
        const name = bornName(shard, since);
        this.#birthRests.set(name, granted.has(name) ? clock.now() + followedMs : Infinity);
      }
      for (const command of mover.births(answer, picture)) this.#propose(command);
    });
  }

  // ---- what counts no more

  /** Clears a page of the first dead copy that there is. */
  #clear({ shards }: Picture): void {
    const now = this.#parts.clock.now();
    for (const [shard, { dead }] of shards) {
      const [epoch] = dead;
      if (epoch === undefined) continue;
      if (!this.#clearingPace.begin(now)) return;
      const term = this.#term;
      this.#parts.replica.look((view, close) =>
        this.#parts.mover.clearing(view, shard, epoch, (command) => {
          close();
          if (!this.#stopped && this.#leads() && this.#term === term) this.#propose(command);
        }),
      );
      return;
    }
  }
}
