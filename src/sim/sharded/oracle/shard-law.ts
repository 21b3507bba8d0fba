import { present } from "../../../base/assert.ts";
import type { WriteOp } from "../../../env/storage.ts";
import type { LogIndex } from "../../../raft/types.ts";
import type { Request } from "../../../rsm/session/request.ts";
import type { Shard } from "../../../rsm/state/state-machine.ts";
import type { StateReader } from "../../../rsm/state/state.ts";
import { decodeCommand } from "../../../shardkv/commands.ts";
import type { GroupRow } from "../../../shardkv/migration/group-row.ts";
import { readGroup, readMoves } from "../../../shardkv/migration/ledger.ts";
import type { Parcel } from "../../../shardkv/migration/moves.ts";
import type { KvOptions } from "../../../shardkv/options.ts";
import { decodeQuery } from "../../../shardkv/queries.ts";
import { decodeResult } from "../../../shardkv/results.ts";
import { dataKey, groupKey, movesKey, shardKey, shardOfKey, valueOfData, versionOfData } from "../../../shardkv/rows.ts";
import { decodeShardRow, type Serving } from "../../../shardkv/shard-row.ts";
import type { GroupName } from "../../../shardmaster/address.ts";
import type { ShardOf } from "../../../shardmaster/partitioner.ts";
import type { AppliedEntry } from "../../group/oracle/reference.ts";
import type { Done } from "../../group/oracle/session-law.ts";
import { violate } from "../../oracle/violation.ts";
import { Copies, type CopyRow, copyRow } from "./copies.ts";
import { type ConfigAt, expectStep, isOwner } from "./config-steps.ts";
import { isSame, StoreModel, text } from "./store-model.ts";

/** The one copy of a shard that counts. */
interface Truth {
  readonly phase: "serving" | "frozen";
  /** The place of the group that has it. */
  readonly at: number;
  readonly epoch: number;
  /** Of a frozen one: its rows, and the shard's log time. */
  readonly digest: number;
  readonly time: number;
}

/** A group whose log is watched. */
export interface LawGroup {
  readonly name: GroupName;
  readonly text: string;
  /** Its rows as of everything applied. */
  readonly state: () => StateReader;
}

/** How often shards have gone on in each way. */
export interface ShardLawCounts {
  /** They began, empty. */
  born: number;
  /** They came to another group, or to the same one for another run of ownership. */
  moved: number;
  /** They came to a group that had to hand them on at once. */
  passed: number;
  /** Their owner went on with what it had frozen itself. */
  thawed: number;
}

/** What the law knows of a group, as of the entry before. */
interface Seen {
  group: GroupRow;
  time: number;
  readonly copies: Copies;
  /** The epochs of shards that it serves. */
  readonly serving: Map<Shard, number>;
  /** The entries at which it stopped serving shards, the last of each. */
  readonly stopped: Map<Shard, LogIndex>;
  /** The configurations at which its parcels left. */
  readonly parcels: Map<Shard, readonly number[]>;
}

export interface ShardLawParts {
  readonly groups: readonly LawGroup[];
  readonly shardOf: ShardOf;
  readonly configAt: ConfigAt;
  readonly options: KvOptions;
}

/**
 * What groups owe their clients when shards move, checked at every entry that any group's log commits. It follows the one copy of each
 * shard that counts from group to group, and what has to be in it.
 *
 * | id | promise | where |
 * | --- | --- | --- |
 * | M1 | a shard is served by one group at most, and by nobody whom its configuration does not name | takeOver, step |
 * | M2 | configurations are applied one after the other, or skipped where they concern nobody | `config-steps.ts` |
 * | M3 | what is taken over is what was frozen, to the byte, with its sessions | takeOver |
 * | M4 | the copy that counts holds what every command that was executed has made of it, and every result says so | executed, compare |
 * | M5 | a retry has the same answer wherever the shard is, and is not executed again | `session-law.ts`, one for all groups: C1, C2 |
 * | M6 | a command is executed, and a get answered, by the group that has the copy that counts, and serves it | executed, read |
 * | M7 | nothing that arrives changes the copy that counts; who takes it over was granted it | row, takeOver |
 * | M8 | the copy that counts is not dropped, nor are its rows | row, moved |
 * | M10 | a shard that stays is served on; what has arrived is served | moved, step |
 * | M11, M12 | all this stands in rows, that every replica has after restarts and snapshots | `states.ts`: R5, R11 |
 * | M13 | who says that it is safe to stop has nothing that nobody else has | step |
 * | C5 | a shard's log time goes on without a jump | takeOver |
 *
 * M9, that nobody waits for ever, is `cluster-settling.ts`; M14, that no read is older than one before, LIN.
 */
export class ShardLaw {
  readonly #parts: ShardLawParts;
  readonly #model = new StoreModel();
  readonly #truths = new Map<Shard, Truth>();
  readonly #seen: readonly Seen[];
  /** How shards have gone on. */
  readonly counts: ShardLawCounts = { born: 0, moved: 0, passed: 0, thawed: 0 };

  constructor(parts: ShardLawParts) {
    this.#parts = parts;
    const group = { number: 0, isMember: false, serving: 0, arriving: 0, passing: 0, parcels: 0 };
    this.#seen = parts.groups.map(() => ({
      group,
      time: 0,
      copies: new Copies(),
      serving: new Map(),
      stopped: new Map(),
      parcels: new Map(),
    }));
  }

  /** The group at that place has applied an entry. */
  applied(at: number, { index, logged, done, changes }: AppliedEntry): void {
    const seen = this.#seenAt(at);
    const served = [...seen.serving.keys()];
    seen.time = Math.max(seen.time, logged.stamp);
    if (logged.kind === "request" && done !== undefined) this.#executed(at, logged.request, done);
    const changed = new Set<Shard>();
    let isGroup = false;
    for (const change of changes) {
      const row = copyRow(change.key, this.#parts.shardOf);
      if (row !== undefined) this.#row(at, row, change, logged.kind === "request" ? logged.request.shard : logged.kind);
      else if (isOneOf(change.key, shardKey) || isOneOf(change.key, movesKey)) changed.add(shardOfKey(change.key));
      else if (change.key[0] === groupKey[0]) isGroup = true;
    }
    const before = seen.group;
    if (isGroup) seen.group = readGroup(this.#state(at));
    for (const shard of changed) {
      this.#moved(at, shard, before);
      if (served.includes(shard) && !seen.serving.has(shard)) seen.stopped.set(shard, index);
    }
    if (logged.kind === "request" && done !== undefined) this.#compare(at, logged.request.shard, false);
    if (isGroup) this.#step(at, before);
  }

  /** The group at that place has answered a query, which came when everything up to `asked` was committed there. */
  read(at: number, query: Uint8Array, asked: LogIndex): void {
    const { options } = this.#parts;
    const decoded = decodeQuery(query, options, options.shards);
    if (!decoded.ok || decoded.value.op !== "get") return;
    const { shard } = decoded.value;
    const truth = this.#truths.get(shard);
    const stopped = this.#seenAt(at).stopped.get(shard) ?? 0;
    if (stopped > asked || (truth?.phase === "serving" && truth.at === at)) return;
    const { text: who } = this.#groupAt(at);
    violate("M6", `${who} answers a get of shard ${shard}, which is ${this.#whose(truth)}, and was when it was asked`);
  }

  /** A command was executed: by whom it may be, and with the result that it has to have. */
  #executed(at: number, { shard, command }: Request, { result }: Done): void {
    const truth = this.#truths.get(shard);
    if (truth?.phase !== "serving" || truth.at !== at)
      violate("M6", `executes a command on shard ${shard}, which is ${this.#whose(truth)}`);
    const decoded = decodeCommand(command, this.#parts.options);
    const told = decodeResult(result);
    if (!decoded.ok || !told.ok) return;
    const wrong = this.#model.execute(shard, decoded.value, told);
    if (wrong !== undefined) violate("M4", wrong);
  }

  /** A row of a copy changes. `why`: the shard of the request that does it, or what else. */
  #row(at: number, row: CopyRow, change: WriteOp, why: Shard | string): void {
    const truth = this.#truths.get(row.shard);
    const isTruth = truth?.at === at && truth.epoch === row.epoch;
    const isServed = isTruth && truth.phase === "serving";
    const isOrdinary = isServed && (why === row.shard || (why === "expire" && row.kind === "session"));
    if (isTruth && !isOrdinary)
      violate(change.op === "delete" ? "M8" : "M7", `changes a row of shard ${row.shard} that counts, and no request asks for it`);
    this.#seenAt(at).copies.change(row, change);
  }

  /** What a group says of a shard has changed. */
  #moved(at: number, shard: Shard, before: GroupRow): void {
    const seen = this.#seenAt(at);
    const state = this.#state(at);
    const home = state.get(shardKey(shard));
    const row = home && decodeShardRow(home);
    const served = row?.phase === "serving" ? row : undefined;
    const { arrivals, parcels } = readMoves(shard, state);
    const epoch = seen.serving.get(shard);
    const known = seen.parcels.get(shard) ?? [];
    if (epoch !== undefined && served?.epoch !== epoch) this.#frozen(at, shard, epoch, parcels, before);
    for (const parcel of parcels) if (parcel.epoch !== epoch && !known.includes(parcel.left)) this.#takeOver(at, shard, parcel, undefined);
    if (served !== undefined && served.epoch !== epoch) this.#takeOver(at, shard, served, served);
    const truth = this.#truths.get(shard);
    if (truth?.at === at && truth.epoch !== served?.epoch && !parcels.some((parcel) => parcel.epoch === truth.epoch))
      violate("M8", `drops shard ${shard}, which nobody else has`);
    if (served === undefined) seen.serving.delete(shard);
    else seen.serving.set(shard, served.epoch);
    seen.parcels.set(
      shard,
      parcels.map(({ left }) => left),
    );
    const isAwaited = arrivals.some(({ taken }) => taken === undefined);
    if (isAwaited && truth?.at === at && truth.phase === "serving") violate("M10", `waits for shard ${shard}, which it serves`);
  }

  #frozen(at: number, shard: Shard, epoch: number, parcels: readonly Parcel[], before: GroupRow): void {
    const { name } = this.#groupAt(at);
    const parcel = parcels.find((one) => one.epoch === epoch);
    if (parcel === undefined) violate("M8", `stops serving shard ${shard}, and keeps nothing of it`);
    const { group, copies } = this.#seenAt(at);
    const config = this.#parts.configAt(group.number);
    if (isOwner(config, shard, name) && (config?.shards[shard]?.since ?? 0) <= before.number)
      violate("M10", `stops serving shard ${shard}, which stays with it at configuration ${group.number}`);
    this.#truths.set(shard, { phase: "frozen", at, epoch, digest: copies.of(shard, epoch).digest, time: parcel.time });
    this.#compare(at, shard, true);
  }

  /** A copy is whole: from now on it is the one that counts. */
  #takeOver(at: number, shard: Shard, copy: Serving | Parcel, serving: Serving | undefined): void {
    const { epoch, versionFloor } = copy;
    const { copies, time, group } = this.#seenAt(at);
    const truth = this.#truths.get(shard);
    const { digest, size } = copies.of(shard, epoch);
    const own = "time" in copy ? copy.time : time + copy.timeOffset;
    if (truth === undefined && size > 0) violate("M4", `begins shard ${shard} with ${size} rows that nobody has written`);
    if (truth !== undefined) this.#expectHandover(at, shard, truth, epoch, digest);
    if (truth !== undefined && own !== truth.time) violate("C5", `takes shard ${shard} over at ${own}; it was ${truth.time} there`);
    if (versionFloor !== this.#model.floor(shard))
      violate("M4", `takes shard ${shard} over with version floor ${versionFloor} in place of ${this.#model.floor(shard)}`);
    this.#count(at, truth, epoch, serving);
    this.#truths.set(shard, { phase: serving === undefined ? "frozen" : "serving", at, epoch, digest, time: own });
    this.#compare(at, shard, true);
    if (serving !== undefined && !isOwner(this.#parts.configAt(group.number), shard, this.#groupAt(at).name))
      violate("M1", `begins to serve shard ${shard}, which is another's in configuration ${group.number}`);
  }

  #count(at: number, truth: Truth | undefined, epoch: number, serving: Serving | undefined): void {
    if (truth === undefined) this.counts.born += 1;
    else if (truth.at === at && truth.epoch === epoch) this.counts.thawed += 1;
    else this.counts.moved += 1;
    if (serving === undefined) this.counts.passed += 1;
  }

  #expectHandover(at: number, shard: Shard, truth: Truth, epoch: number, digest: number): void {
    if (truth.phase === "serving") violate("M1", `takes shard ${shard} over, which is ${this.#whose(truth)}`);
    if (truth.at === at && truth.epoch === epoch) return;
    if (digest !== truth.digest)
      violate("M3", `takes shard ${shard} over with other rows or sessions than it has; it is ${this.#whose(truth)}`);
    const parcel = readMoves(shard, this.#state(truth.at)).parcels.find((one) => one.epoch === truth.epoch);
    if (parcel?.granted !== true) violate("M7", `takes shard ${shard} over, which was not granted to it; it is ${this.#whose(truth)}`);
  }

  /** The copy that counts holds what it has to; `all` of it is looked at, or what commands can have changed. */
  #compare(at: number, shard: Shard, all: boolean): void {
    const truth = this.#truths.get(shard);
    if (truth?.at !== at) return;
    const state = this.#state(at);
    for (const { key, value, version } of this.#model.held(shard)) {
      const row = state.get(dataKey(key, truth.epoch));
      const own = row && valueOfData(row);
      if (row === undefined || !isSame(own, value) || versionOfData(row) !== version)
        violate("M4", `has ${text(own)} under ${text(key)} of shard ${shard}, where ${text(value)} at version ${version} should be`);
    }
    if (!all) return;
    const { size } = this.#seenAt(at).copies.of(shard, truth.epoch);
    if (size < this.#model.held(shard).length) violate("M4", `has ${size} rows of shard ${shard}, and more keys`);
  }

  /** The group has applied a configuration, or has other holdings. */
  #step(at: number, before: GroupRow): void {
    const { name } = this.#groupAt(at);
    const { group, serving } = this.#seenAt(at);
    if (group.number !== before.number) {
      expectStep(name, before, group, this.#parts.configAt);
      const config = this.#parts.configAt(group.number);
      for (const shard of serving.keys()) {
        if (!isOwner(config, shard, name)) violate("M1", `serves shard ${shard}, which is another's in configuration ${group.number}`);
      }
    }
    if (group.isMember || group.passing + group.parcels > 0) return;
    for (const [shard, truth] of this.#truths) {
      if (truth.at === at) violate("M13", `is safe to stop, and has shard ${shard}, which nobody else has`);
    }
  }

  #whose(truth: Truth | undefined): string {
    if (truth === undefined) return "nobody's yet";
    return `${truth.phase === "serving" ? "served" : "kept frozen"} by ${this.#groupAt(truth.at).text} (from ${truth.epoch} on)`;
  }

  #groupAt(at: number): LawGroup {
    return present(this.#parts.groups[at], "a group has a place");
  }

  #seenAt(at: number): Seen {
    return present(this.#seen[at], "a group has a place");
  }

  #state(at: number): StateReader {
    return this.#groupAt(at).state();
  }
}

function isOneOf(key: Uint8Array, keyOf: (shard: Shard) => Uint8Array): boolean {
  return key.length === 3 && key[0] === keyOf(0)[0];
}
