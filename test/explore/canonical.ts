import type { HashSet } from "./hash.ts";
import { type KnownMessage, type KnownReplica, renamings } from "./table.ts";
import { size } from "./replica.ts";
import type { Universe, World } from "./world.ts";

/**
 * One state for all that differ only in the members' names, and the renaming that leads to it. The core treats members alike,
 * whatever their ids, so what can happen in one can happen in the others. (Where names are hard to choose, two states may stay apart.)
 */
export function canonicalWorld(universe: Universe, world: World): { readonly world: World; readonly renaming: number } {
  const { replicas } = universe.table;
  const shapes = world.nodes.map((node) => (replicas[node] as KnownReplica).shape);
  const candidates: number[] = [];
  for (let renaming = 0; renaming < renamings.length; renaming += 1) {
    if (ascends(shapes, renamings[renaming] as readonly number[])) candidates.push(renaming);
  }
  let best = renamedWorld(universe, world, candidates[0] as number);
  let renaming = candidates[0] as number;
  for (const other of candidates.slice(1)) {
    const renamed = renamedWorld(universe, world, other);
    if (precedes(renamed, best)) [best, renaming] = [renamed, other];
  }
  return { world: best, renaming };
}

/** Whether the members' shapes ascend in the order of their new names. */
function ascends(shapes: readonly number[], names: readonly number[]): boolean {
  for (let one = 0; one < size; one += 1) {
    for (let two = 0; two < size; two += 1) {
      if ((names[one] as number) < (names[two] as number) && (shapes[one] as number) > (shapes[two] as number)) return false;
    }
  }
  return true;
}

/** `world` after its members were renamed. */
export function renamedWorld({ table, histories }: Universe, world: World, renaming: number): World {
  if (renaming === 0) return world;
  const names = renamings[renaming] as readonly number[];
  const nodes: number[] = [];
  for (let node = 0; node < size; node += 1) {
    nodes[names[node] as number] = table.renamedReplica(world.nodes[node] as number, renaming);
  }
  const messages = world.messages.map((message) => table.renamedMessage(message, renaming)).toSorted((a, b) => a - b);
  return { ...world, nodes, history: histories.renamed(world.history, renaming), messages };
}

function precedes(one: World, other: World): boolean {
  for (let node = 0; node < size; node += 1) {
    if (one.nodes[node] !== other.nodes[node]) return (one.nodes[node] as number) < (other.nodes[node] as number);
  }
  if (one.history !== other.history) return one.history < other.history;
  for (const [at, message] of one.messages.entries()) {
    if (message !== other.messages[at]) return message < (other.messages[at] as number);
  }
  return false;
}

/** Whether exactly this state, with these names, is met for the first time. */
export function isNew(met: HashSet, { table, histories }: Universe, world: World): boolean {
  let one = (world.campaigns << 24) | (world.proposals << 16) | (world.crashes << 8) | world.stepDowns;
  let two = ~one;
  for (const node of world.nodes) {
    const { hash, check } = table.replicas[node] as KnownReplica;
    one = scatter(one + hash);
    two = scatter(two + check);
  }
  for (const message of world.messages) {
    const { hash, check } = table.messages[message] as KnownMessage;
    one = (one + hash) | 0;
    two = (two + check) | 0;
  }
  const { hash, check } = histories.known[world.history] as { hash: number; check: number };
  return met.add(scatter(scatter(one) + hash) >>> 0, scatter(scatter(two) + check) >>> 0);
}

function scatter(number: number): number {
  const hash = Math.imul(number ^ (number >>> 15), 0x2c1b3c6d);
  return hash ^ (hash >>> 13);
}
