import { present, unreachable } from "../../base/assert.ts";
import type { Rng } from "../../base/rng.ts";
import type { Group } from "../../shardmaster/config.ts";
import { latestNumber } from "../../shardmaster/queries.ts";
import type { AdminWishing } from "../master/admin-life.ts";
import type { AdminCommand, AdminWish } from "../master/draw.ts";
import { drawKind } from "../mixture.ts";
import { stormKinds, type StormPlan } from "./plan.ts";

export interface StormParts {
  readonly plan: StormPlan;
  readonly shards: number;
  /** All groups that there are; some may have one number. */
  readonly groups: readonly Group[];
  /** The groups that join when the storm is over. */
  readonly last: readonly number[];
}

/** Draws what one administrator asks for: groups join and leave, and shards move, whatever goes on. */
export class StormWishes implements AdminWishing {
  readonly #parts: StormParts;
  readonly #rng: Rng;
  #asked = 0;

  constructor(parts: StormParts, rng: Rng) {
    this.#parts = parts;
    this.#rng = rng;
  }

  next(latest: number): AdminWish {
    this.#asked += 1;
    const kind = this.#asked === 1 ? "join" : drawKind(this.#rng, stormKinds, this.#parts.plan.mixture);
    switch (kind) {
      case "query":
        return { kind: "query", number: latestNumber };
      case "old":
        return { kind: "query", number: this.#rng.int(0, latest + 2) };
      case "join":
        return command({ op: "join", groups: this.#some() });
      case "leave":
        return command({ op: "leave", gids: this.#some().map(({ gid }) => gid) });
      case "away":
        return command({ op: "leave", gids: [...new Set(this.#parts.groups.map(({ gid }) => gid))] });
      case "move":
        return command({ op: "move", shard: this.#rng.int(0, this.#parts.shards - 1), gid: this.#rng.pick(this.#parts.groups).gid });
      default:
        return unreachable(kind);
    }
  }

  /** When the storm is over. */
  join(): AdminCommand {
    const { groups, last } = this.#parts;
    return { op: "join", groups: last.map((at) => present(groups[at], "a group that joins is one of all")) };
  }

  /** One group mostly; no number twice. */
  #some(): Group[] {
    const { groups } = this.#parts;
    const chosen = new Map<number, Group>();
    for (const group of this.#rng.shuffle(groups).slice(0, this.#rng.pick([1, 1, 1, 2, 3]))) chosen.set(group.gid, group);
    return [...chosen.values()];
  }
}

function command(asked: AdminCommand): AdminWish {
  return { kind: "command", command: asked };
}
