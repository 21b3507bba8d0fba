import type { GroupCommand } from "../../../src/shardkv/migration/commands.ts";
import type { Known } from "../../../src/shardkv/migration/known.ts";
import type { BirthClaim } from "../../../src/shardmaster/births.ts";
import { knownUpTo } from "./configs.ts";
import type { ExploredGroup, GroupState } from "./group.ts";
import { leaderRound, Memory, type Table } from "./leader.ts";
import { placesOf } from "./promises.ts";
import type { Universe } from "./universe.ts";
import type { World } from "./world.ts";

/** A schedule in which nothing is lost or late any more, and the dead say nothing: whether it leads where it should. */
export class Progress {
  readonly #universe: Universe;
  /** By groups, shardmaster and who is dead: what is wrong at the end. */
  readonly #ends = new Map<string, string | undefined>();

  constructor(universe: Universe) {
    this.#universe = universe;
  }

  /** What never comes right from here, for some groups that die now; undefined if nothing. */
  check(world: World): string | undefined {
    const { groups } = this.#universe.bounds;
    for (let dead = 0; dead < 2 ** groups; dead += 1) {
      const place = `${world.locals.join(",")};${world.master};${dead}`;
      if (!this.#ends.has(place)) this.#ends.set(place, this.#settle(world, dead));
      const wrong = this.#ends.get(place);
      if (wrong !== undefined) return dead === 0 ? wrong : `${wrong} when ${this.#names(dead)} has died`;
    }
    return undefined;
  }

  #settle(world: World, dead: number): string | undefined {
    const run = new Run(this.#universe, world, dead);
    // A group that was safe to stop is missed by nobody; of others only a shard that they do not hold is to be served.
    const isHarmless = this.#all(dead, (at) => this.#isSafeToStop(world, at));
    const [copy] = placesOf(this.#universe, world);
    const isReachable = copy !== undefined && !isDead(dead, copy.at) && !isDead(dead, copy.to);
    run.settle();
    const behind = run.behind();
    if (behind !== undefined) return behind;
    if (isHarmless) return run.untidy() ?? run.unserved();
    return isReachable ? run.unserved() : undefined;
  }

  #isSafeToStop({ locals }: World, at: number): boolean {
    const summary = this.#universe.summary(at, locals[at] as number);
    return summary.isSafeToStop && summary.number === this.#universe.configs.length - 1;
  }

  #all(dead: number, holds: (at: number) => boolean): boolean {
    return this.#universe.groups.every((_, at) => !isDead(dead, at) || holds(at));
  }

  #names(dead: number): string {
    return this.#universe.groups.flatMap(({ letter }, at) => (isDead(dead, at) ? [letter] : [])).join(" and ");
  }
}

function isDead(dead: number, at: number | undefined): boolean {
  return at !== undefined && at >= 0 && (dead & (1 << at)) !== 0;
}

const roundsMax = 60;

/** One such schedule, round by round. */
class Run implements Table {
  readonly known: Known;
  readonly #universe: Universe;
  readonly #dead: number;
  readonly #locals: number[];
  #master: number;
  #isChanged = false;

  constructor(universe: Universe, { locals, master }: World, dead: number) {
    this.known = knownUpTo(universe.configs);
    this.#universe = universe;
    this.#dead = dead;
    this.#locals = [...locals];
    this.#master = master;
  }

  settle(): void {
    const memories = this.#locals.map(() => new Memory());
    for (let round = 0; round < roundsMax; round += 1) {
      this.#isChanged = false;
      for (const [at, memory] of memories.entries()) {
        if (!this.isDead(at) && leaderRound(this, at, memory)) this.#isChanged = true;
      }
      if (!this.#isChanged) return;
    }
  }

  group(at: number): ExploredGroup {
    return this.#universe.group(at);
  }

  state(at: number): GroupState {
    return this.#universe.state(at, this.#locals[at] as number);
  }

  isDead(at: number): boolean {
    return isDead(this.#dead, at);
  }

  apply(at: number, command: GroupCommand): void {
    const after = this.#universe.applied(at, this.#locals[at] as number, this.#universe.number({ kind: "command", at, command }));
    if (after !== this.#locals[at]) this.#isChanged = true;
    this.#locals[at] = after;
  }

  births(at: number, claims: readonly BirthClaim[]): GroupCommand[] {
    const universe = this.#universe;
    const { after, answer } = universe.claimed(this.#master, universe.number({ kind: "births", from: at, claims }));
    if (after !== this.#master) this.#isChanged = true;
    this.#master = after;
    const made = universe.heard(at, this.#locals[at] as number, answer).map((number) => universe.messages.at(number));
    return made.flatMap((message) => (message.kind === "command" ? [message.command] : []));
  }

  /** Whether a group that lives does not apply every configuration, whatever it waits for. */
  behind(): string | undefined {
    const last = this.#universe.configs.length - 1;
    for (const [at, local] of this.#locals.entries()) {
      const { number } = this.#universe.summary(at, local);
      if (!this.isDead(at) && number !== last) return `${this.#universe.group(at).letter} never applies the last configuration`;
    }
    return undefined;
  }

  /** Whether the owner in the last configuration serves, if it lives. */
  unserved(): string | undefined {
    const owner = (this.#universe.configs.at(-1)?.shards[0]?.gid ?? 0) - 1;
    if (owner < 0 || this.isDead(owner)) return undefined;
    const { serving } = this.#universe.summary(owner, this.#locals[owner] as number);
    return serving === undefined ? `${this.#universe.group(owner).letter} never serves` : undefined;
  }

  /** What is left of moves that are over. */
  untidy(): string | undefined {
    const owner = (this.#universe.configs.at(-1)?.shards[0]?.gid ?? 0) - 1;
    const [copy, ...others] = placesOf(this.#universe, { locals: this.#locals, master: this.#master });
    if (copy === undefined || others.length > 0) return "there is not one copy in the end";
    for (const [at, local] of this.#locals.entries()) {
      if (this.isDead(at)) continue;
      const { arrivals, parcels, dead, isSafeToStop, rows, serving } = this.#universe.summary(at, local);
      const { letter } = this.#universe.group(at);
      if (arrivals.length > 0) return `${letter} waits for ever for ${arrivals.join(" and ")}`;
      if (parcels.length > (copy.at === at && owner < 0 ? 1 : 0)) return `${letter} keeps a parcel for ever`;
      if (dead > 0 || (rows > 0 && copy.at !== at)) return `${letter} keeps rows for ever`;
      if (!isSafeToStop && serving === undefined && copy.at !== at) return `${letter} is never safe to stop`;
    }
    return undefined;
  }
}
