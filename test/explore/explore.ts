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
}

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

  run({ statesMax = Infinity, progress }: Watch): Result {
    this.#find(this.#universe.start(), { parent: -1, action: 0, depth: 0 });
    for (let state = this.#queue.pop(); state !== undefined; state = this.#queue.pop()) {
      if (this.#states.isSuperfluous(state)) continue;
      if (this.#explored >= statesMax) return { ...this.#progress(), complete: false };
      this.#explored += 1;
      const violation = this.#visit(state);
      if (violation !== undefined) return { ...this.#progress(), complete: false, violation };
      if (this.#explored % reportEvery === 0) progress?.(this.#progress());
    }
    return { ...this.#progress(), complete: true };
  }

  #progress(): Progress {
    return { states: this.#explored, transitions: this.#transitions, depth: this.#depth, waiting: this.#queue.length };
  }

  #visit(state: number): Found | undefined {
    const world = this.#states.world(state);
    const depth = this.#states.origin(state).depth + 1;
    for (const action of this.#universe.actions(world)) {
      this.#transitions += 1;
      try {
        const after = this.#universe.after(world, action);
        if (after === undefined || !isNew(this.#met, this.#universe, after)) continue;
        this.#find(after, { parent: state, action: codeOf(action), depth });
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        return { property: error.message, trace: shortened(this.#universe, this.#way(state, action)) };
      }
    }
    return undefined;
  }

  #find(after: World, origin: Omit<Origin, "renaming">): void {
    const { world, renaming } = canonicalWorld(this.#universe, this.#universe.settled(after));
    const state = this.#states.add(world, { ...origin, renaming });
    if (state === undefined) return;
    this.#depth = Math.max(this.#depth, origin.depth);
    this.#queue.push(state, this.#rank(world, origin.depth));
  }

  /** The whole way to `state` and on by `last`, line by line, in the names that the members had at the beginning. */
  #way(state: number, last: Action): string[] {
    const universe = this.#universe;
    const lines = [...universe.bounds.start];
    let world = universe.start();
    const note = (action: Action): void => void lines.push(universe.describe(action));
    world = universe.settled(world, note);
    const steps: number[] = [];
    for (let at = state; at >= 0; at = this.#states.origin(at).parent) steps.unshift(at);
    // The new names' old names.
    let names = inverse(renamings[this.#states.origin(steps[0] as number).renaming] as readonly number[]);
    for (const step of steps.slice(1)) {
      const { action, renaming } = this.#states.origin(step);
      const real = universe.renamed(actionOf(action), indexOf(names));
      note(real);
      world = universe.settled(universe.after(world, real) ?? world, note);
      const back = inverse(renamings[renaming] as readonly number[]);
      names = back.map((old) => names[old] as number);
    }
    return [...lines, universe.describe(universe.renamed(last, indexOf(names)))];
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
