import { present } from "../base/assert.ts";
import type { Join, Leave, Move } from "../shardmaster/commands.ts";
import type { Config } from "../shardmaster/config.ts";
import { masterLimits } from "../shardmaster/limits.ts";
import { decide } from "../shardmaster/operations.ts";
import type { Plan, ShardCount, ShardMove } from "./admin.ts";
import { invalid } from "./input.ts";

/** What the shardmaster would make of a command now: it is decided by the same code. Throws `invalid` for what it would refuse. */
export function planOf(command: Join | Leave | Move, config: Config): Plan {
  const { number, groups, shards } = config;
  const decision = decide(command, config, masterLimits());
  if (decision === "no change") return { number, changes: false, groups: counts(groups, shards, []), moves: [] };
  if ("ok" in decision) throw invalid(decision.detail);
  const moves = decision.moved.map(({ shard, gid }): ShardMove => {
    const { gid: from } = present(shards[shard], "a shard that moves is one of those there are");
    return { shard, from, to: gid };
  });
  return { number, changes: true, groups: counts([...groups, ...decision.joined], shards, moves), moves };
}

function counts(groups: Config["groups"], shards: Config["shards"], moves: readonly ShardMove[]): readonly ShardCount[] {
  const found = new Map(groups.map(({ gid }): [number, { before: number; after: number }] => [gid, { before: 0, after: 0 }]));
  const countOf = (gid: number): { before: number; after: number } => {
    const count = found.get(gid) ?? { before: 0, after: 0 };
    found.set(gid, count);
    return count;
  };
  for (const { gid } of shards) {
    const count = countOf(gid);
    count.before += 1;
    count.after += 1;
  }
  for (const { from, to } of moves) {
    countOf(from).after -= 1;
    countOf(to).after += 1;
  }
  return [...found].map(([gid, count]) => ({ gid, ...count })).toSorted((a, b) => a.gid - b.gid);
}
