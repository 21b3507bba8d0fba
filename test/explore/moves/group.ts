import type { Request } from "../../../src/rsm/session/request.ts";
import type { Applied } from "../../../src/rsm/session/sessions.ts";
import type { WriteOp } from "../../../src/env/storage.ts";
import { encodeCommand } from "../../../src/shardkv/commands.ts";
import type { KvMachine } from "../../../src/shardkv/kv-machine.ts";
import type { Claim } from "../../../src/shardkv/migration/answer.ts";
import type { Clear, GroupCommand } from "../../../src/shardkv/migration/commands.ts";
import type { Known } from "../../../src/shardkv/migration/known.ts";
import { readRecord, readGroup, type ShardRecord } from "../../../src/shardkv/migration/ledger.ts";
import type { GroupRow } from "../../../src/shardkv/migration/group-row.ts";
import type { Picture } from "../../../src/shardkv/migration/picture.ts";
import type { Ask, HeardOf, Plan } from "../../../src/shardkv/migration/plan.ts";
import type { GroupQuestion } from "../../../src/shardkv/migration/questions.ts";
import type { GroupReply } from "../../../src/shardkv/migration/replies.ts";
import { dataKey, valueOfData } from "../../../src/shardkv/rows.ts";
import { present } from "../../../src/base/assert.ts";
import { DiskImage } from "../../../src/sim/disk/image.ts";
import { MemoryView } from "../../shardkv/memory-state.ts";
import { bytesOf, textOf } from "../../shardkv/store.ts";
import type { MoveCode } from "./code.ts";
import { groupOf } from "./configs.ts";

/** What a client asks for: to append a letter to the one key of the shard. */
export interface Write {
  readonly letter: string;
  readonly number: number;
  readonly validUntil: number;
}

/** A group as its rows. Nothing changes it: what is applied makes another one. */
export interface GroupState {
  readonly image: DiskImage;
  /** The same for the same rows. */
  readonly text: string;
}

export interface Replied {
  readonly reply: GroupReply;
  readonly claim: Claim | undefined;
}

const client = new Uint8Array(16).fill(7);
const key = bytesOf("k");

/** The key's shard's requests as a client makes them. */
export function requestOf({ letter, number, validUntil }: Write): Request {
  const command = encodeCommand({ op: "append", key, value: bytesOf(letter) });
  return { client, number, shard: 0, floor: 1, validUntil, command };
}

/** One group that runs the real code on rows: whatever its log brings is applied to them, with nothing remembered besides. */
export class ExploredGroup {
  readonly letter: string;
  readonly machine: KvMachine;
  /** The group's log time, which stands still. */
  readonly time: number;
  readonly first: GroupState;
  readonly #code: MoveCode;
  readonly #pictures = new WeakMap<GroupState, Picture>();

  constructor(code: MoveCode, letter: string, shards: number, time: number, chunkRowsMax: number) {
    this.#code = code;
    this.letter = letter;
    this.time = time;
    const { gid, creation } = groupOf(letter);
    this.machine = new code.KvMachine({
      shards,
      partitioner: { kind: "integer" },
      ownership: "configured",
      group: { gid, creation },
      chunkRowsMax,
    });
    // An entry that does nothing: the clock shows the group's own time from the beginning.
    const nothing = { op: "born", arrivals: [] } as const;
    this.first = this.applyOwn(stateOf(new DiskImage()), nothing);
  }

  applyOwn(state: GroupState, command: GroupCommand, time: number = this.time): GroupState {
    return this.#entry(state, time, (sessions, rows) => sessions.applyOwn(this.#code.encodeGroupCommand(command), rows)).after;
  }

  applyWrite(state: GroupState, write: Write, time: number = this.time): { readonly after: GroupState; readonly applied: Applied } {
    const { after, result } = this.#entry(state, time, (sessions, rows) => sessions.apply(requestOf(write), rows));
    return { after, applied: result };
  }

  picture(state: GroupState): Picture {
    let picture = this.#pictures.get(state);
    if (picture === undefined) {
      picture = this.#ask<Picture>(state.image, (view, done) => this.#mover.picture(view, done));
      this.#pictures.set(state, picture);
    }
    return picture;
  }

  /** Every answer passes through the bytes that go over the wire. */
  answer({ image }: GroupState, question: GroupQuestion): Replied {
    const { reply, claim } = this.#ask<Replied>(image, (view, done) => {
      this.#mover.answer(question, view, (given, made) => done({ reply: given, claim: made }));
    });
    return { reply: this.#code.decodeReply(this.#code.encodeReply(reply)), claim };
  }

  plan(state: GroupState, known: Known, heard: HeardOf): Plan {
    return this.#mover.plan(this.picture(state), known, heard);
  }

  due(state: GroupState, known: Known): GroupCommand[] {
    return this.#mover.due(this.picture(state), known);
  }

  consequences(state: GroupState, ask: Ask, reply: GroupReply): GroupCommand[] {
    return this.#mover.consequences(ask, reply, this.picture(state));
  }

  /** Whether anything follows from a reply where the shard is in that state. */
  concludes(ask: Ask, reply: GroupReply, moves: Pick<ShardRecord, "arrivals" | "parcels">): boolean {
    const shards = new Map([[ask.question.shard, { ...moves, dead: [], acquired: 0, left: 0 }]]);
    return this.#mover.consequences(ask, reply, { group: this.row(this.first), isShaped: true, shards }).length > 0;
  }

  births(state: GroupState, answer: Parameters<NonNullable<KvMachine["mover"]>["births"]>[0]): GroupCommand[] {
    return this.#mover.births(answer, this.picture(state));
  }

  settlement(state: GroupState, claim: Claim, known: Known): GroupCommand | undefined {
    return this.#mover.settlement(claim, this.picture(state), known);
  }

  clearings(state: GroupState): Clear[] {
    const shards = [...this.picture(state).shards];
    return shards.flatMap(([shard, { dead }]) =>
      dead.map((epoch) => this.#ask<Clear>(state.image, (view, done) => this.#mover.clearing(view, shard, epoch, done))),
    );
  }

  /** What the key has in a copy of the shard. */
  valueAt({ image }: GroupState, epoch: number): string {
    const row = image.get(dataKey(key, epoch));
    return row === undefined ? "" : textOf(valueOfData(row));
  }

  record({ image }: GroupState, shard = 0): ShardRecord {
    return readRecord(shard, image);
  }

  row({ image }: GroupState): GroupRow {
    return readGroup(image);
  }

  /** How many sessions the group says that it has. */
  sessionsIn({ image }: GroupState): number {
    const sessions = new this.#code.Sessions(this.machine);
    sessions.restored((row) => image.get(row));
    return sessions.count;
  }

  isSafeToStop(state: GroupState): boolean {
    return this.#code.isSafeToStop(this.row(state));
  }

  /** The shard's log time, where it is served. */
  timeIn({ image }: GroupState, shard = 0): number | undefined {
    const home = this.machine.home(shard, image);
    return home.ok ? this.time + home.timeOffset : undefined;
  }

  get #mover(): NonNullable<KvMachine["mover"]> {
    return present(this.machine.mover, "a group that is explored moves its shards");
  }

  #entry<T>(
    { image }: GroupState,
    time: number,
    apply: (sessions: InstanceType<MoveCode["Sessions"]>, rows: InstanceType<MoveCode["StateRows"]>) => T,
  ): { readonly after: GroupState; readonly result: T } {
    const next = image.copy();
    const sessions = new this.#code.Sessions(this.machine);
    const rows = new this.#code.StateRows((row) => next.get(row));
    rows.begin();
    sessions.restored((row) => next.get(row));
    sessions.passTime(time);
    const result = apply(sessions, rows);
    sessions.flush(rows);
    const changes: WriteOp[] = [];
    rows.emit(changes);
    next.apply(changes);
    return { after: stateOf(next), result };
  }

  #ask<T>(image: DiskImage, ask: (view: MemoryView, done: (answer: T) => void) => void): T {
    const view = new MemoryView(image);
    const answers: T[] = [];
    ask(view, (answer) => answers.push(answer));
    view.drain();
    if (answers.length !== 1) throw new Error(`${answers.length} answers to one question`);
    return answers[0] as T;
  }
}

function stateOf(image: DiskImage): GroupState {
  return { image, text: [...image.rows()].map((row) => `${hex(row.key)}=${hex(row.value)}`).join(" ") };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
