import type { MasterCaller } from "../../client/master-caller.ts";
import { encodeGroupCommand } from "../../shardkv/migration/commands.ts";
import { readGroup, readMoves } from "../../shardkv/migration/ledger.ts";
import type { Moves } from "../../shardkv/migration/moves.ts";
import { decodeShardRow } from "../../shardkv/shard-row.ts";
import { shardKey } from "../../shardkv/rows.ts";
import { isNamed } from "../../shardmaster/address.ts";
import { decodeConfig } from "../../shardmaster/config-bytes.ts";
import type { Config } from "../../shardmaster/config.ts";
import { latestOf } from "../../shardmaster/history.ts";
import type { Clients } from "../group/clients.ts";
import type { Troop } from "../group/troop.ts";
import type { StoreCaller } from "../kv/kv-life.ts";
import { type InvariantId, violate } from "../oracle/violation.ts";
import { lookMs, type Settled, type Settling } from "../settle.ts";
import type { World } from "../world.ts";
import { nameOf } from "./plan.ts";

export interface ClusterSettlingParts {
  readonly world: World;
  readonly masters: Troop;
  readonly groups: readonly Troop[];
  readonly clients: Clients<StoreCaller>;
  readonly admins: Clients<MasterCaller>;
  readonly shards: number;
}

/** A command that a group logs and that does nothing: it names a parcel that nobody has. */
const nothing = encodeGroupCommand({ op: "grant", shard: 0, left: 2 ** 32 - 1, since: 0 });

/** So often somebody puts something, until it has had its effect. */
const probeMs = 1000;

/** What is missing, and which promise says that it comes. */
interface Missing {
  readonly invariant: InvariantId;
  readonly what: string;
}

/**
 * Demands progress of a whole cluster in which nothing goes wrong any more: what `Settling` demands of every group, an end of everything
 * that clients and administrators have asked for (L2, L12), every group at the latest configuration with nothing on its way and nothing
 * left over (L9, M8, M9), and every shard served by its owner.
 */
export class ClusterSettling {
  readonly #parts: ClusterSettlingParts;
  readonly #settlings: readonly (readonly [Troop, Settling])[];
  #probeAt: number;

  constructor(parts: ClusterSettlingParts) {
    const { world, masters, groups, admins } = parts;
    this.#parts = parts;
    this.#probeAt = world.now;
    this.#settlings = [
      [masters, masters.settling(admins)],
      ...groups.map((group) => [group, group.settling({ proposeOne: () => group.log(nothing), pending: () => undefined })] as const),
    ];
  }

  /** Lets time pass until everything is as it should be; throws a `Violation` when it takes longer than `settleMs`. */
  run(settleMs: number): Settled {
    const { world } = this.#parts;
    const healedAt = world.now;
    for (;;) {
      const all = this.#settlings.map(([, settling]) => settling.look());
      const missing = this.#missing();
      if (missing === undefined && all.every((settled) => settled !== undefined)) {
        return { leaderMs: Math.max(...all.map(({ leaderMs }) => leaderMs)), equalMs: world.now - healedAt };
      }
      if (world.now >= healedAt + settleMs) this.#stuck(all, missing, settleMs);
      this.#probe(missing !== undefined);
      world.runFor(lookMs);
    }
  }

  #probe(isMissing: boolean): void {
    const { world, clients, admins } = this.#parts;
    if (!isMissing || world.now < this.#probeAt) return;
    // What the storm had asked for can have come last, and have taken all groups away.
    if (this.#latest?.groups.length === 0) admins.proposeOne();
    clients.proposeOne();
    this.#probeAt = world.now + probeMs;
  }

  #stuck(all: readonly (Settled | undefined)[], missing: Missing | undefined, settleMs: number): never {
    for (const [at, [, settling]] of this.#settlings.entries()) if (all[at] === undefined) settling.stuck(settleMs);
    const { invariant, what } = missing as Missing;
    violate(invariant, `${settleMs} ms after everything was healed ${what}`);
  }

  get #latest(): Config | undefined {
    const latest = latestOf(this.#parts.masters.oracle.reference.state);
    return latest && decodeConfig(latest.config);
  }

  #missing(): Missing | undefined {
    const { groups, clients } = this.#parts;
    const config = this.#latest;
    if (config === undefined || config.groups.length === 0) return { invariant: "L9", what: "there is no configuration with groups" };
    for (const group of groups) {
      const what = this.#missingIn(group, config);
      if (what !== undefined) return { invariant: "L9", what: `${nameOf(group.plan.name)} ${what}` };
    }
    const pending = clients.pending();
    return pending === undefined ? undefined : { invariant: "L2", what: pending };
  }

  /** What a group has still to do, as everything committed says. */
  #missingIn({ oracle, group }: Troop, config: Config): string | undefined {
    const { state } = oracle.reference;
    const { number } = readGroup(state);
    if (number !== config.number) return `is at configuration ${number} of ${config.number}`;
    for (let shard = 0; shard < this.#parts.shards; shard += 1) {
      const moves = readMoves(shard, state);
      if (moves.arrivals.length + moves.parcels.length > 0) return `waits: ${movesText(shard, moves)}`;
      if (moves.dead.length > 0) return `has rows left of ${moves.dead.length} dead copies of shard ${shard}`;
      const row = state.get(shardKey(shard));
      const isServed = row !== undefined && decodeShardRow(row).phase === "serving";
      const isOwner = config.groups.some((one) => one.gid === config.shards[shard]?.gid && isNamed(one, group));
      if (isServed !== isOwner) return `${isServed ? "serves" : "does not serve"} shard ${shard}`;
    }
    return undefined;
  }
}

/** What of a shard is on its way in a group. */
function movesText(shard: number, { arrivals, parcels }: Moves): string {
  const parts = [
    ...arrivals.map(({ since, holder, cursor, taken }) => {
      const from = holder === undefined ? "the shardmaster" : `group ${holder.group.gid} (left ${holder.left})`;
      return `arrives for ${since} from ${from}, ${cursor.length === 0 ? "not begun" : "begun"}${taken === undefined ? "" : `, taken at ${taken.since}`}`;
    }),
    ...parcels.map(({ left, address, granted }) => {
      const to = address.group === undefined ? "nobody" : `group ${address.group.gid}`;
      return `left at ${left}, addressed to ${to} for ${address.since}${granted ? ", granted" : ""}`;
    }),
  ];
  return `shard ${shard} ${parts.join("; ")}`;
}
