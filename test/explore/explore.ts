import { canonicalWorld, isNew } from "./canonical.ts";
import { loadCore } from "./core.ts";
import { HashSet } from "./hash.ts";
import { Violation } from "./properties.ts";
import { size } from "./replica.ts";
import { type Origin, States } from "./states.ts";
import { type KnownReplica, renamings } from "./table.ts";
import { shortened } from "./trace.ts";
import { type Action, type Bounds, Universe, type World } from "./world.ts";

export interface Found {
  readonly property: string;
  /** What happens, from the first start of the members to the step that breaks the property. */
  readonly trace: readonly string[];
}

export interface Progress {
  /** States that were explored: no two of them differ only in the members' names, and none can do all that another can. */
  readonly states: number;
  readonly transitions: number;
  /** Actions on the longest way to a state; sending once more what was sent is none. */
  readonly depth: number;
  /** States that were found and wait. */
  readonly waiting: number;
}

export interface Result extends Progress {
  /** Everything within the bounds was seen. */
  readonly complete: boolean;
  readonly violation?: Found;
}

/**
 * `breadth` finds a violation with the fewest actions. `ripe` explores the states first that have come the least far; most others
 * are then found before the ones that make them superfluous, so that it sees everything in a fraction of the time.
 */
export type Order = "breadth" | "ripe";

/** When to give up, and whom to tell how far it is. */
export interface Watch {
  readonly statesMax?: number;
  readonly progress?: (progress: Progress) => void;
  /** Is told every state that is explored. */
  readonly seen?: (universe: Universe, world: World) => void;
}

/** In place of a state: there is none. */
const none = -1;

/** How many states are explored between two reports. */
const reportEvery = 1024;

/** Walks through all states of a group that runs the core in `coreFolder`, until a property breaks or all are seen. */
export async function explore(coreFolder: string, bounds: Bounds, order: Order, watch: Watch = {}): Promise<Result> {
  return new Exploration(new Universe(await loadCore(coreFolder), bounds), order).run(watch);
}

class Exploration {
  readonly #universe: Universe;
  readonly #states: States;
  readonly #queue = new Queue();
  readonly #rank: (world: World, depth: number) => number;
  /** States as they were before they settled and were renamed: most states are met again and again. */
  readonly #met = new HashSet();
  #explored = 0;
  #transitions = 0;
  #depth = 0;

  constructor(universe: Universe, order: Order) {
    this.#universe = universe;
    this.#states = new States(order === "ripe");
    this.#rank = order === "ripe" ? (world) => ripeness(universe, world) : (_, depth) => depth;
  }

  run({ statesMax = Infinity, progress, seen }: Watch): Result {
    const early = this.#begin();
    if (early !== undefined) return { ...this.#progress(), complete: false, violation: early };
    for (let state = this.#queue.pop(); state !== undefined; state = this.#queue.pop()) {
      if (this.#states.isSuperfluous(state)) continue;
      if (this.#explored >= statesMax) return { ...this.#progress(), complete: false };
      this.#explored += 1;
      const world = this.#states.world(state);
      seen?.(this.#universe, world);
      const violation = this.#visit(state, world);
      if (violation !== undefined) return { ...this.#progress(), complete: false, violation };
      if (this.#explored % reportEvery === 0) progress?.(this.#progress());
    }
    return { ...this.#progress(), complete: true };
  }

  #progress(): Progress {
    return { states: this.#explored, transitions: this.#transitions, depth: this.#depth, waiting: this.#queue.length };
  }

  #begin(): Found | undefined {
    return this.#tried(
      () => this.#find(this.#universe.start(), { parent: none, action: 0, depth: 0 }),
      () => this.#way(none),
    );
  }

  #visit(state: number, world: World): Found | undefined {
    const depth = this.#states.origin(state).depth + 1;
    for (const action of this.#universe.actions(world)) {
      this.#transitions += 1;
      const found = this.#tried(
        () => {
          const after = this.#universe.after(world, action);
          if (after === undefined || !isNew(this.#met, this.#universe, after)) return;
          this.#find(after, { parent: state, action: codeOf(action), depth });
        },
        () => this.#way(state, action),
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The violation to which `step` leads, if it does. */
  #tried(step: () => void, way: () => string[]): Found | undefined {
    try {
      step();
      return undefined;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { property: error.message, trace: shortened(this.#universe, way()) };
    }
  }

  #find(after: World, origin: Omit<Origin, "renaming">): void {
    const { world, renaming } = canonicalWorld(this.#universe, this.#universe.settled(after));
    const state = this.#states.add(world, { ...origin, renaming });
    if (state === undefined) return;
    this.#depth = Math.max(this.#depth, origin.depth);
    this.#queue.push(state, this.#rank(world, origin.depth));
  }

  /** The whole way to `state` and on by `last`, line by line, in the names that the members had at the beginning. */
  #way(state: number, last?: Action): string[] {
    const universe = this.#universe;
    const lines: string[] = [];
    const note = (action: Action): void => void lines.push(universe.describe(action));
    const steps: number[] = [];
    for (let at = state; at !== none; at = this.#states.origin(at).parent) steps.unshift(at);
    try {
      const start = universe.start((line) => lines.push(line));
      let world = universe.settled(start, note);
      // The new names' old names.
      let names = renamings[0] as readonly number[];
      for (const step of steps) {
        const { parent, action, renaming } = this.#states.origin(step);
        if (parent !== none) world = this.#stepOfWay(world, actionOf(action), names, note);
        const back = inverse(renamings[renaming] as readonly number[]);
        const before = names;
        names = back.map((old) => before[old] as number);
      }
      if (last !== undefined) this.#stepOfWay(world, last, names, note);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
    }
    return lines;
  }

  #stepOfWay(world: World, action: Action, names: readonly number[], note: (action: Action) => void): World {
    const real = this.#universe.renamed(action, indexOf(names));
    note(real);
    return this.#universe.settled(this.#universe.after(world, real) ?? world, note);
  }
}

function codeOf({ node, input }: Action): number {
  return input * size + node;
}

function actionOf(code: number): Action {
  return { node: code % size, input: Math.floor(code / size) };
}

function inverse(names: readonly number[]): number[] {
  const back: number[] = [];
  for (const [old, name] of names.entries()) back[name] = old;
  return back;
}

function indexOf(names: readonly number[]): number {
  return renamings.findIndex((renaming) => renaming.every((name, at) => name === names[at]));
}

/** How far a state has come. It only decides which states are explored first. */
function ripeness({ table }: Universe, { nodes, campaigns, proposals, crashes, stepDowns }: World): number {
  let sum = crashes * 60 + campaigns * 12 + proposals * 6 + stepDowns * 6;
  for (const node of nodes) sum += (table.replicas[node] as KnownReplica).ripeness;
  return sum;
}

/** States that wait: those with the lowest rank first, and among those the last one found. */
class Queue {
  readonly #byRank: number[][] = [];
  #lowest = 0;
  length = 0;

  push(state: number, rank: number): void {
    while (this.#byRank.length <= rank) this.#byRank.push([]);
    this.#byRank[rank]?.push(state);
    this.#lowest = Math.min(this.#lowest, rank);
    this.length += 1;
  }

  pop(): number | undefined {
    if (this.length === 0) return undefined;
    while (this.#byRank[this.#lowest]?.length === 0) this.#lowest += 1;
    this.length -= 1;
    return this.#byRank[this.#lowest]?.pop();
  }
}
