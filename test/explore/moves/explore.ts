import { present } from "../../../src/base/assert.ts";
import { loadMoveCode } from "./code.ts";
import { Progress } from "./progress.ts";
import { checkSafety } from "./promises.ts";
import { Seen } from "./seen.ts";
import { type MoveBounds, Universe } from "./universe.ts";
import { firstWorld, stepsFrom, type World } from "./world.ts";

export interface MoveResult {
  readonly states: number;
  readonly transitions: number;
  /** Everything within the bounds was seen. */
  readonly complete: boolean;
  /** What broke, and a shortest way there. */
  readonly broken?: { readonly property: string; readonly trace: readonly string[] };
}

/** A promise that is broken; and an assertion, which stops a replica. (A planted copy of the code has a class of its own for it.) */
const stops = new Set(["Broken", "AssertionError"]);

/** A state as the way to it. */
interface Way {
  readonly before: Way | undefined;
  readonly action: number | string;
  /** Undefined once it has been walked on from: only the way there is remembered. */
  world: World | undefined;
}

/** Walks through all states of groups and shardmaster that run the code in `folder`, nearest first, until a promise is broken. */
export async function exploreMoves(folder: string, bounds: MoveBounds, statesMax: number = Infinity): Promise<MoveResult> {
  const universe = new Universe(await loadMoveCode(folder), bounds);
  const progress = new Progress(universe);
  const seen = new Seen<Way>();
  let states = 0;
  let transitions = 0;
  let ways: Way[] = [{ before: undefined, action: "", world: firstWorld(universe) }];
  const brokenAt = (property: string, way: Way): MoveResult => ({
    states,
    transitions,
    complete: false,
    broken: { property, trace: traceOf(universe, way) },
  });
  while (ways.length > 0) {
    for (const way of ways) {
      if (states >= statesMax) return { states, transitions, complete: false };
      states += 1;
      const here = present(way.world, "a world is walked on from once");
      way.world = undefined;
      try {
        checkSafety(universe, here);
        const stuck = progress.check(here);
        if (stuck !== undefined) return brokenAt(stuck, way);
        for (const { action, world } of stepsFrom(universe, here)) {
          transitions += 1;
          seen.add(world, { before: way, action, world });
        }
      } catch (error) {
        if (!(error instanceof Error && stops.has(error.name))) throw error;
        return brokenAt(error.message, way);
      }
    }
    ways = seen.takeNew();
  }
  return { states, transitions, complete: true };
}

function traceOf(universe: Universe, way: Way): string[] {
  const trace: string[] = [];
  for (let at: Way | undefined = way; at?.before !== undefined; at = at.before)
    trace.unshift(typeof at.action === "number" ? universe.describe(at.action) : at.action);
  return trace;
}
