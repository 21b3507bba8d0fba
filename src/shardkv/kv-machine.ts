import { assert, present } from "../base/assert.ts";
import { emptyBytes } from "../base/bytes.ts";
import type { KeyRange, Row } from "../env/storage.ts";
import { type Decoded, refused, type Refused, type Shard, type ShardHome, type StateMachine } from "../rsm/state/state-machine.ts";
import type { State, StateReader, StateView } from "../rsm/state/state.ts";
import { badRequest } from "../rsm/request-fields.ts";
import { noSuchShard } from "./checks.ts";
import { decodeCommand, type KvCommand } from "./commands.ts";
import { execute } from "./operations.ts";
import { kvOptions, type KvOptions } from "./options.ts";
import { answerFigures, answerScan, type Reply } from "./pages.ts";
import { isNamed } from "../shardmaster/address.ts";
import { partitioner, type ShardOf } from "../shardmaster/partitioner.ts";
import type { Claim, LeaderNews } from "./migration/answer.ts";
import { encodeShape } from "../shardmaster/shape.ts";
import { decodeGroupCommand, type GroupCommand } from "./migration/commands.ts";
import { Mover } from "./migration/mover.ts";
import type { Addressing } from "./migration/questions.ts";
import { encodeReply, type GroupReply } from "./migration/replies.ts";
import { decodeQuery, type Get, type KvQuery } from "./queries.ts";
import { encodeResult } from "./results.ts";
import {
  dataKey,
  epochOfData,
  indexKey,
  isData,
  indexRows,
  keyOfData,
  sessionPrefix,
  sessionRows,
  valueOfData,
  versionOfData,
} from "./rows.ts";
import { servingOf } from "./served.ts";

/** What a machine tells its replica's leader part. Nothing of the state hangs on who hears it. */
export interface MoveEvents {
  /** A question of another group asks for something that has to be logged first. */
  claim(claim: Claim): void;
  /** A command of migration was applied. */
  applied(command: GroupCommand): void;
  /** A client's command was executed, or its key was read. */
  served(): void;
  /** A client has asked for a shard that has not come yet. */
  awaited(): void;
  /** What it tells those who ask how the group is. */
  news(): LeaderNews;
}

/**
 * The store's state machine: the keys of the shards that a group has. It keeps nothing besides rows; `rows.ts` says which.
 *
 * A key that appears is at the version after its shard's `versionFloor`, which is 1 where nothing was ever deleted; every write
 * that takes effect raises it by one, a deletion raises the floor to it. So an absent key is at version 0, and no key is twice at
 * the same version with different values, also not across deletions and moves. What remains to a client is that "absent" is
 * always the same: a write that expects version 0 cannot tell whether the key came and went meanwhile.
 */
export class KvMachine implements StateMachine<KvCommand, KvQuery> {
  readonly options: KvOptions;
  readonly sessions: Uint8Array = sessionRows;
  readonly derived: KeyRange = indexRows;
  /** The shard of a key. */
  readonly shardOf: ShardOf;
  /** Moves the group's shards; undefined where they do not move. */
  readonly mover: Mover | undefined;
  readonly #events: MoveEvents | undefined;

  constructor(options: Partial<KvOptions> = {}, events?: MoveEvents) {
    this.options = kvOptions(options);
    const { group } = this.options;
    const { cluster, shards, partitioner: division } = this.options;
    const shape = cluster === undefined ? undefined : encodeShape({ cluster, shards, partitioner: division });
    this.mover = group && new Mover(group, this.options, shape);
    this.#events = events;
    this.shardOf = partitioner(this.options.partitioner, this.options.shards);
  }

  decodeCommand(bytes: Uint8Array): Decoded<KvCommand> {
    return decodeCommand(bytes, this.options);
  }

  decodeQuery(bytes: Uint8Array): Decoded<KvQuery> {
    return decodeQuery(bytes, this.options, this.options.shards);
  }

  home(shard: Shard, state: StateReader): ShardHome | Refused {
    const { shards, ownership } = this.options;
    if (!(Number.isInteger(shard) && shard >= 0 && shard < shards)) return badRequest(noSuchShard(shard, shards));
    const row = servingOf(shard, state, ownership);
    if ("why" in row) return this.#refused(row);
    return { ok: true, sessions: sessionPrefix(shard, row.epoch), timeOffset: row.timeOffset };
  }

  execute(shard: Shard, command: KvCommand, state: State): Uint8Array {
    this.mover?.checkShape(state);
    const serving = servingOf(shard, state, this.options.ownership);
    assert(!("why" in serving), "a command is executed on a shard that is served");
    this.#events?.served();
    const stray = this.#stray(shard, command.key);
    return encodeResult(stray ?? execute(shard, serving, command, state, this.options.valueBytesMax));
  }

  executeOwn(bytes: Uint8Array, state: State, time: number): number {
    const command = decodeGroupCommand(bytes);
    this.#events?.applied(command);
    return present(this.mover, "a group whose shards move has logged this").execute(command, state, time);
  }

  takesLong(query: KvQuery): boolean {
    return query.op === "group" ? query.question.op === "pull" || query.question.op === "status" : query.op !== "get";
  }

  query(query: KvQuery, view: StateView, reply: Reply): void {
    const { options, shardOf } = this;
    this.mover?.checkShape(view);
    if (query.op === "group") this.#answerGroup(query, view, reply);
    else if (query.op === "get") reply(this.#get(query, view));
    else if (query.op === "scan") answerScan(query, { view, options, shardOf, reply });
    else answerFigures(query, { view, options, shardOf, reply });
  }

  #get({ shard, key }: Get, view: StateView): Uint8Array | Refused {
    const stray = this.#stray(shard, key);
    if (stray !== undefined) return stray;
    const serving = servingOf(shard, view, this.options.ownership);
    if ("why" in serving) return this.#refused(serving);
    const row = view.get(dataKey(key, serving.epoch));
    this.#events?.served();
    if (row === undefined) return encodeResult({ ok: true, op: "get", value: undefined, version: 0 });
    return encodeResult({ ok: true, op: "get", value: valueOfData(row), version: versionOfData(row) });
  }

  #refused(refusal: Refused): Refused {
    if (refusal.why === "shard_moving") this.#events?.awaited();
    return refusal;
  }

  #answerGroup({ to, question }: Addressing, view: StateView, reply: Reply): void {
    const { mover } = this;
    if (mover === undefined || !isNamed(to, mover.self)) {
      reply(refused("wrong_group", `This is not group ${to.gid} of creation ${to.creation}.`));
      return;
    }
    const take = (answer: GroupReply, claim?: Claim): void => {
      if (claim !== undefined) this.#events?.claim(claim);
      reply(encodeReply(answer));
    };
    const events = this.#events;
    mover.answer(question, view, take, events && (() => events.news()));
  }

  /** The refusal of a key that is in another shard: its client divides the keys in another way. */
  #stray(shard: Shard, key: Uint8Array): Refused | undefined {
    const own = this.shardOf(key);
    if (own === shard) return undefined;
    return badRequest(`Shard ${shard} was given for a key in shard ${own}; client and servers have to have the same partitioner.`);
  }

  /** The derived row that belongs to a row which arrives in a snapshot. */
  derive(key: Uint8Array): Row | undefined {
    if (!isData(key)) return undefined;
    const own = keyOfData(key);
    return { key: indexKey(this.shardOf(own), epochOfData(key), own), value: emptyBytes };
  }
}
