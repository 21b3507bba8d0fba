import type { BirthClaim } from "../../../src/shardmaster/births.ts";
import type { GroupCommand } from "../../../src/shardkv/migration/commands.ts";
import type { Known } from "../../../src/shardkv/migration/known.ts";
import type { Heard } from "../../../src/shardkv/migration/plan.ts";
import type { ExploredGroup, GroupState } from "./group.ts";

/** Groups that have states, and what stands between them. */
export interface Table {
  readonly known: Known;
  group(at: number): ExploredGroup;
  state(at: number): GroupState;
  isDead(at: number): boolean;
  apply(at: number, command: GroupCommand): void;
  /** What the shardmaster's answer to a group leads to. */
  births(at: number, claims: readonly BirthClaim[]): readonly GroupCommand[];
}

/** What a leader remembers between two rounds. */
export class Memory {
  readonly #heard = new Map<string, Heard>();

  of(shard: number, since: number, left: number): Heard {
    return this.#heard.get([shard, since, left].join(" "));
  }

  /** Whether it is news. */
  note(shard: number, since: number, left: number, heard: Heard): boolean {
    const isNews = this.of(shard, since, left) !== heard;
    this.#heard.set([shard, since, left].join(" "), heard);
    return isNews;
  }
}

/** One round of a leader, with all that comes of it at once: nothing is lost, and the dead say nothing. Whether it heard any news. */
export function leaderRound(table: Table, at: number, memory: Memory): boolean {
  const { known } = table;
  const group = table.group(at);
  let isNews = false;
  for (const command of group.due(table.state(at), known)) table.apply(at, command);
  const heard = (shard: number, since: number, { left }: { readonly left: number }): Heard => memory.of(shard, since, left);
  const { asks, births } = group.plan(table.state(at), known, heard);
  for (const ask of asks) {
    const { question } = ask;
    const to = ask.to.gid - 1;
    const hears = (what: Heard): void => {
      if (question.op === "pull" && memory.note(question.shard, question.since, question.left, what)) isNews = true;
    };
    if (table.isDead(to)) {
      hears("silence");
      continue;
    }
    const { reply, claim } = table.group(to).answer(table.state(to), question);
    if (reply.kind === "page") hears("page");
    if (reply.kind === "no_page") hears(reply.why.kind);
    for (const command of group.consequences(table.state(at), ask, reply)) table.apply(at, command);
    const settlement = claim && table.group(to).settlement(table.state(to), claim, known);
    if (settlement !== undefined) table.apply(to, settlement);
  }
  if (births.length > 0) for (const command of table.births(at, births)) table.apply(at, command);
  for (const command of group.clearings(table.state(at))) table.apply(at, command);
  return isNews;
}
