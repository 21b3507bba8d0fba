import { unreachable } from "../../base/assert.ts";
import { type GroupId, serverId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import type { ConfigCommand } from "../../shardmaster/commands.ts";
import type { Group } from "../../shardmaster/config.ts";
import { latestNumber } from "../../shardmaster/queries.ts";
import type { ClusterShape } from "../../shardmaster/shape.ts";
import { drawKind } from "../mixture.ts";
import { adminKinds, type AdminsPlan } from "./plan.ts";

/** What asks for another configuration. */
export type AdminCommand = ConfigCommand;

/** What an administrator asks next. */
export type AdminWish = { readonly kind: "command"; readonly command: AdminCommand } | { readonly kind: "query"; readonly number: number };

/** Draws what one administrator asks for. */
export class AdminWishes {
  readonly #plan: AdminsPlan;
  readonly #shape: ClusterShape;
  readonly #rng: Rng;

  constructor(plan: AdminsPlan, shape: ClusterShape, rng: Rng) {
    this.#plan = plan;
    this.#shape = shape;
    this.#rng = rng;
  }

  /** `latest` is the highest number that he knows. */
  next(latest: number): AdminWish {
    const kind = drawKind(this.#rng, adminKinds, this.#plan.mixture);
    switch (kind) {
      case "query":
        return { kind: "query", number: latestNumber };
      case "old":
        return { kind: "query", number: this.#rng.int(0, latest + 2) };
      case "join":
        return { kind: "command", command: this.join() };
      case "leave":
        return { kind: "command", command: { op: "leave", gids: this.#gids() } };
      case "move":
        return { kind: "command", command: { op: "move", shard: this.#rng.int(0, this.#shape.shards - 1), gid: this.#gid() } };
      case "wrong":
        return { kind: "command", command: this.#wrong() };
      default:
        return unreachable(kind);
    }
  }

  join(): AdminCommand {
    return { op: "join", groups: this.#gids().map((gid) => this.#group(gid)) };
  }

  #gid(): GroupId {
    return this.#rng.int(1, this.#plan.groups) as GroupId;
  }

  /** Some groups, none of them twice, in any order. */
  #gids(): GroupId[] {
    const count = Math.min(this.#plan.groups, this.#rng.pick([1, 1, 1, 2, 3]));
    const gids = new Set<GroupId>();
    while (gids.size < count) gids.add(this.#gid());
    return [...gids];
  }

  /** Mostly the one that everybody means by that number; now and then another one, which may only come when that one has left. */
  #group(gid: GroupId): Group {
    const creation = this.#rng.chance(0.1) ? 2 : 1;
    const names = creation === 2 && this.#rng.chance(0.5) ? ["c", "b"] : ["a", "b"];
    return { gid, creation, servers: names.map((name) => serverId(`g${gid}${name}`)) };
  }

  /** What is wrong in itself, or nearly always as things are. */
  #wrong(): AdminCommand {
    const gid = this.#gid();
    const group = this.#group(gid);
    const server = serverId(`g${gid}a`);
    const other = ((gid % this.#plan.groups) + 1) as GroupId;
    return this.#rng.pick<AdminCommand>([
      { op: "join", groups: [{ ...group, gid: 0 as GroupId }] },
      { op: "join", groups: [group, group] },
      { op: "join", groups: [{ ...group, servers: [] }] },
      { op: "join", groups: [{ ...group, servers: [server, server] }] },
      { op: "join", groups: [{ ...group, gid: other }] },
      { op: "leave", gids: [gid, gid] },
      { op: "leave", gids: [0 as GroupId] },
      { op: "move", shard: this.#shape.shards, gid },
      { op: "move", shard: 0, gid: (this.#plan.groups + 1) as GroupId },
    ]);
  }
}
