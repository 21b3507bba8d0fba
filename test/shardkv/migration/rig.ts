import { present } from "../../../src/base/assert.ts";
import { type Applied, Sessions } from "../../../src/rsm/session/sessions.ts";
import { StateRows } from "../../../src/rsm/state/state-rows.ts";
import { type BirthClaim, claimBirths } from "../../../src/shardmaster/births.ts";
import type { Config } from "../../../src/shardmaster/config.ts";
import { KvMachine } from "../../../src/shardkv/kv-machine.ts";
import { encodeGroupCommand, type GroupCommand } from "../../../src/shardkv/migration/commands.ts";
import { isSafeToStop } from "../../../src/shardkv/migration/group-row.ts";
import type { Known } from "../../../src/shardkv/migration/known.ts";
import type { ShardRecord } from "../../../src/shardkv/migration/ledger.ts";
import type { GroupQuestion } from "../../../src/shardkv/migration/questions.ts";
import { decodeReply, encodeReply } from "../../../src/shardkv/migration/replies.ts";
import type { MoveCode } from "../../explore/moves/code.ts";
import { configsOf, groupOf, knownUpTo, lettersIn, type Owners } from "../../explore/moves/configs.ts";
import { ExploredGroup, type GroupState, type Replied, type Write } from "../../explore/moves/group.ts";
import { leaderRound, Memory, type Table } from "../../explore/moves/leader.ts";
import { ExploredMaster, type MasterState } from "../../explore/moves/master.ts";

const ownCode: MoveCode = { KvMachine, Sessions, StateRows, encodeGroupCommand, encodeReply, decodeReply, isSafeToStop, claimBirths };

/** What a rig may have otherwise. */
export interface RigOptions {
  /** The log time of each group. */
  readonly clocks?: readonly number[];
  readonly chunkRowsMax?: number;
}

/** Groups A to D and a shardmaster, moved by hand: nothing happens that a test does not ask for. */
export class MoveRig implements Table {
  readonly configs: readonly Config[];
  readonly known: Known;
  readonly #groups: readonly ExploredGroup[];
  readonly #states: GroupState[];
  readonly #master: ExploredMaster;
  #masterState: MasterState;
  readonly #dead = new Set<number>();

  /** The owners of each shard, from the first configuration on. */
  constructor(shards: readonly Owners[], { clocks = [0, 0, 0, 0], chunkRowsMax = 10 }: RigOptions = {}) {
    this.configs = configsOf(shards);
    this.known = knownUpTo(this.configs);
    this.#groups = lettersIn("ABCD").map(
      (letter, at) => new ExploredGroup(ownCode, letter, shards.length, clocks[at] as number, chunkRowsMax),
    );
    this.#states = this.#groups.map(({ first }) => first);
    this.#master = new ExploredMaster(ownCode, this.configs);
    this.#masterState = this.#master.first;
  }

  // ---- by letter

  /** The groups apply configurations one after the other, up to a number. */
  configure(letters: string, number: number): this {
    for (const letter of lettersIn(letters)) {
      const at = placeOf(letter);
      while (this.number(letter) < number) {
        const [next] = this.group(at).due(this.state(at), knownUpTo(this.configs, this.number(letter) + 1));
        this.apply(at, present(next, "there is a next configuration"));
      }
    }
    return this;
  }

  /** The configuration that a group has applied. */
  number(letter: string): number {
    return this.group(placeOf(letter)).row(this.state(placeOf(letter))).number;
  }

  record(letter: string, shard = 0): ShardRecord {
    return this.group(placeOf(letter)).record(this.state(placeOf(letter)), shard);
  }

  execute(letter: string, command: GroupCommand): this {
    this.apply(placeOf(letter), command);
    return this;
  }

  /** What its leader would log by itself, knowing all configurations. */
  due(letter: string): GroupCommand[] {
    return this.group(placeOf(letter)).due(this.state(placeOf(letter)), this.known);
  }

  ask(letter: string, question: GroupQuestion): Replied {
    return this.group(placeOf(letter)).answer(this.state(placeOf(letter)), question);
  }

  /** Asks for the first page of a parcel. */
  pull(source: string, left: number, asker: string, since: number): Replied {
    const { gid, creation } = groupOf(asker);
    return this.ask(source, { op: "pull", shard: 0, left, since, asker: { gid, creation }, cursor: new Uint8Array(), pages: 1 });
  }

  /** Has a source log what a claim demands. */
  settles(source: string, { claim }: Replied): this {
    const at = placeOf(source);
    const command = claim && this.group(at).settlement(this.state(at), claim, this.known);
    if (command !== undefined) this.apply(at, command);
    return this;
  }

  /** A client's request on shard 0. */
  write(letter: string, text: string, write: Partial<Write> = {}, time?: number): Applied {
    const at = placeOf(letter);
    const { after, applied } = this.group(at).applyWrite(this.state(at), { letter: text, number: 1, validUntil: 1000, ...write }, time);
    this.#states[at] = after;
    return applied;
  }

  /** What the key of shard 0 has where the shard is served; undefined where it is not. */
  value(letter: string): string | undefined {
    const { home } = this.record(letter);
    return home?.phase === "serving" ? this.group(placeOf(letter)).valueAt(this.state(placeOf(letter)), home.epoch) : undefined;
  }

  isSafeToStop(letter: string): boolean {
    return this.group(placeOf(letter)).isSafeToStop(this.state(placeOf(letter)));
  }

  serves(letter: string, shard = 0): boolean {
    return this.record(letter, shard).home?.phase === "serving";
  }

  dies(letter: string): this {
    this.#dead.add(placeOf(letter));
    return this;
  }

  /** Leaders go round until nothing changes: those of all groups that live, or of some while the others only answer. */
  settle(letters = "ABCD"): this {
    const memories = lettersIn(letters).map((letter) => ({ at: placeOf(letter), memory: new Memory() }));
    for (let round = 0; round < 60; round += 1) {
      const before = this.#states.map(({ text }) => text).join("\n");
      let isNews = false;
      for (const { at, memory } of memories) if (!this.isDead(at) && leaderRound(this, at, memory)) isNews = true;
      if (!isNews && before === this.#states.map(({ text }) => text).join("\n")) return this;
    }
    throw new Error("it never settles");
  }

  /** Group `letter` gets shard 0 in the first configuration, and something is written to it. */
  begin(letter: string, text = "x"): this {
    this.configure(letter, 1);
    const at = placeOf(letter);
    for (const command of this.births(at, [{ shard: 0, since: 1 }])) this.apply(at, command);
    this.write(letter, text);
    return this;
  }

  // ---- by place

  group(at: number): ExploredGroup {
    return this.#groups[at] as ExploredGroup;
  }

  state(at: number): GroupState {
    return this.#states[at] as GroupState;
  }

  isDead(at: number): boolean {
    return this.#dead.has(at);
  }

  apply(at: number, command: GroupCommand): void {
    this.#states[at] = this.group(at).applyOwn(this.state(at), command);
  }

  births(at: number, claims: readonly BirthClaim[]): GroupCommand[] {
    const { after, answer } = this.#master.claim(this.#masterState, groupOf(this.group(at).letter), claims);
    this.#masterState = after;
    return this.group(at).births(this.state(at), answer);
  }
}

function placeOf(letter: string): number {
  return letter.charCodeAt(0) - 65;
}
