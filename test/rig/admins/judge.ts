import type { Config } from "../../../src/shardmaster/config.ts";
import { type Demand, demand } from "../report.ts";

/** What an administrator asked for. */
export type Call =
  | { readonly op: "join" | "leave"; readonly gid: number }
  | { readonly op: "move"; readonly shard: number; readonly gid: number };

/** What it was told. */
export interface Done {
  readonly call: Call;
  /** How many operations had ended before it began. */
  readonly before: number;
  readonly number: number;
  readonly changed: boolean;
}

/**
 * Whether each operation was executed once: what was told, in the order in which it was, beside all configurations that there are. No
 * other operations have been asked for.
 */
export function judgeAdmins(done: readonly Done[], configs: readonly Config[]): readonly Demand[] {
  return [
    demand("each configuration was made by one operation, and each operation made one", first(pairs(done, configs.length))),
    demand("a configuration differs from the one before by what was asked for, and by nothing else", first(effects(done, configs))),
    demand("what ended before an operation began was there when it was executed", first(backwards(done))),
    demand("what a join or a leave leaves behind is balanced", first(unbalanced(done, configs))),
  ];
}

function first(faults: Iterable<string>): string | undefined {
  for (const fault of faults) return fault;
  return undefined;
}

function* pairs(done: readonly Done[], count: number): Iterable<string> {
  const makers = new Map<number, Call>();
  for (const { call, number, changed } of done) {
    const other = makers.get(number);
    if (changed && other !== undefined) yield `configuration ${number} was made by ${text(other)} and by ${text(call)}`;
    if (changed) makers.set(number, call);
    if (number < 0 || number >= count) yield `${text(call)} was told configuration ${number}, and the latest is ${count - 1}`;
    // Only a move can find that everything is as it asks: each join is of a new group, and each leave of one that is there.
    if (!changed && call.op !== "move") yield `${text(call)} has changed nothing`;
  }
  for (let number = 1; number < count; number += 1) {
    if (!makers.has(number)) yield `nobody was told to have made configuration ${number}`;
  }
}

function* effects(done: readonly Done[], configs: readonly Config[]): Iterable<string> {
  for (const { call, number, changed } of done) {
    const [before, after] = [configs[changed ? number - 1 : number], configs[number]];
    if (before === undefined || after === undefined) continue;
    const expected = groupsAfter(before, call).join(" ");
    const found = groupsOf(after).join(" ");
    if (found !== expected) yield `${text(call)} made configuration ${number} with the groups ${found}, not ${expected}`;
    if (call.op !== "move") continue;
    const other = after.shards.findIndex(({ gid }, shard) => gid !== (shard === call.shard ? call.gid : before.shards[shard]?.gid));
    if (other >= 0) yield `${text(call)} left shard ${other} with group ${after.shards[other]?.gid} in configuration ${number}`;
    if (changed && before.shards[call.shard]?.gid === call.gid) yield `${text(call)} made configuration ${number}, and it was so before`;
  }
}

/** With their creation ids: a group that joined twice would be another one. */
function groupsOf({ groups }: Config): string[] {
  return groups.map(({ gid, creation }) => `${gid}/${creation}`);
}

function groupsAfter(before: Config, { op, gid }: Call): string[] {
  const groups = groupsOf(before);
  const own = `${gid}/${gid}`;
  if (op === "leave") return groups.filter((each) => each !== own);
  return op === "move" ? groups : [...groups, own].toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

function* backwards(done: readonly Done[]): Iterable<string> {
  // The highest number that operations were told, up to each of them in the order in which they ended.
  const highest: number[] = [];
  for (const { call, before, number, changed } of done) {
    const known = highest[before - 1] ?? 0;
    if (number < known || (changed && number === known))
      yield `${text(call)} was told configuration ${number} after somebody had been told ${known}`;
    highest.push(Math.max(highest.at(-1) ?? 0, number));
  }
}

function* unbalanced(done: readonly Done[], configs: readonly Config[]): Iterable<string> {
  for (const { call, number, changed } of done) {
    const config = configs[number];
    if (!changed || call.op === "move" || config === undefined || config.groups.length === 0) continue;
    const counts = new Map(config.groups.map(({ gid }): [number, number] => [gid, 0]));
    for (const { gid } of config.shards) counts.set(gid, (counts.get(gid) ?? Number.NaN) + 1);
    const all = [...counts.values()];
    const difference = Math.max(...all) - Math.min(...all);
    if (!(difference <= 1)) yield `${text(call)} made configuration ${number}, where groups have ${all.join(", ")} shards`;
  }
}

function text(call: Call): string {
  return call.op === "move" ? `the move of shard ${call.shard} to group ${call.gid}` : `the ${call.op} of group ${call.gid}`;
}
