import { Broken } from "../sessions/world.ts";
import { decodeResult } from "../../../src/shardkv/results.ts";
import { textOf } from "../../shardkv/store.ts";
import type { Universe } from "./universe.ts";

/** A state of everything. */
export interface World {
  /** The state of each group, and of the shardmaster. */
  readonly locals: readonly number[];
  readonly master: number;
  /** Everything that was ever said or logged. */
  readonly said: ReadonlySet<number>;
  /** The writes that were executed, in their order. */
  readonly history: string;
  /** The shard's log time, since it began; nothing makes it pass. */
  readonly time: number | undefined;
}

export interface Step {
  /** A message by its number, or words. */
  readonly action: number | string;
  readonly world: World;
}

export function firstWorld(universe: Universe): World {
  const { firstLocals, firstMaster } = universe;
  const said = new Set<number>();
  for (const at of firstLocals.keys()) saySoFar(universe, firstLocals, said, at);
  return { locals: firstLocals, master: firstMaster, said, history: "", time: undefined };
}

/** The same for two worlds that go on in the same way. */
export function keyOf({ locals, master, said, history, time }: World): string {
  return `${locals.join(",")};${master};${history};${time};${[...said].toSorted((a, b) => a - b).join(",")}`;
}

/** Every world that can follow. Throws `Broken` when one of them breaks a promise. */
export function stepsFrom(universe: Universe, world: World): Step[] {
  const steps: Step[] = [];
  for (const message of world.said) {
    const { kind } = universe.messages.at(message);
    const next =
      kind === "command" ? afterCommand(universe, world, message) : kind === "births" ? afterBirths(universe, world, message) : undefined;
    if (next !== undefined) steps.push({ action: message, world: next });
  }
  steps.push(...writes(universe, world));
  return steps;
}

function afterCommand(universe: Universe, world: World, message: number): World | undefined {
  const { at } = universe.messages.at(message) as { readonly at: number };
  const before = world.locals[at] as number;
  const after = universe.applied(at, before, message);
  return after === before ? undefined : moved(universe, world, at, after, {});
}

function afterBirths(universe: Universe, world: World, message: number): World | undefined {
  const { after, answer } = universe.claimed(world.master, message);
  if (after === world.master && world.said.has(answer)) return undefined;
  const said = new Set(world.said);
  add(universe, world.locals, said, answer);
  return { ...world, master: after, said };
}

/** A client's write reaches each group; it may have done so before, here or elsewhere. */
function writes(universe: Universe, world: World): Step[] {
  const { time } = world;
  if (time === undefined) return [];
  const steps: Step[] = [];
  for (let number = 1; number <= universe.bounds.writes; number += 1) {
    const letter = String.fromCharCode(96 + number);
    for (const at of world.locals.keys()) {
      const before = world.locals[at] as number;
      const { after, applied } = universe.written(at, before, { letter, number, validUntil: time });
      const done = world.history.indexOf(letter);
      if (applied instanceof Uint8Array) checkResult(applied, world.history, letter);
      else if (!applied.ok && applied.why === "expired") throw new Broken("a write is expired before its time");
      if (after === before) continue;
      const history = done < 0 ? world.history + letter : world.history;
      steps.push({ action: `${universe.group(at).letter} executes ${letter}`, world: moved(universe, world, at, after, { history }) });
    }
  }
  return steps;
}

/** A write's result tells what was there before it: the same in every attempt. */
function checkResult(bytes: Uint8Array, history: string, letter: string): void {
  const result = decodeResult(bytes);
  const old = result.ok && result.op === "append" && result.old !== undefined ? textOf(result.old) : "";
  const before = history.includes(letter) ? history.slice(0, history.indexOf(letter)) : history;
  if (old !== before) throw new Broken(`a write's result is not that of its execution: ${old}, not ${before}`);
}

/** The world after a group is in another state: says at once all that can be said from then on. Nobody need hear it. */
function moved(universe: Universe, world: World, at: number, after: number, changed: Partial<World>): World {
  const locals = world.locals.with(at, after);
  const said = new Set(world.said);
  saySoFar(universe, locals, said, at);
  const { serving, parcels } = universe.summary(at, after);
  return { ...world, ...changed, locals, said, time: world.time ?? serving?.time ?? parcels[0]?.time };
}

/** A group is in another state: it says something new, and what has been said before means something new to it. */
function saySoFar(universe: Universe, locals: readonly number[], said: Set<number>, at: number): void {
  const before = [...said];
  for (const message of universe.said(at, locals[at] as number)) add(universe, locals, said, message);
  for (const message of before) spread(universe, locals, said, message, at);
}

function add(universe: Universe, locals: readonly number[], said: Set<number>, message: number): void {
  if (said.has(message)) return;
  said.add(message);
  spread(universe, locals, said, message, undefined);
}

/** A message reaches whom it is for, if that is `only` or nobody in particular is meant. */
function spread(universe: Universe, locals: readonly number[], said: Set<number>, message: number, only: number | undefined): void {
  const { kind, ...rest } = universe.messages.at(message) as { kind: string; at?: number; to?: number };
  const at = kind === "ask" ? rest.to : rest.at;
  if (kind === "command" || at === undefined || (only !== undefined && at !== only) || at >= locals.length) return;
  for (const made of universe.heard(at, locals[at] as number, message)) add(universe, locals, said, made);
}
