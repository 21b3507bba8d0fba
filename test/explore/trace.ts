import { loadCore } from "./core.ts";
import { Violation } from "./properties.ts";
import { type Bounds, Universe } from "./world.ts";

/** What became of a trace, and at which of its lines. */
export type Replayed =
  | { readonly kind: "violation"; readonly at: number; readonly property: string }
  /** The line cannot happen in this core: the way is closed. */
  | { readonly kind: "impossible"; readonly at: number }
  /** All has happened, and no property broke. */
  | { readonly kind: "harmless" };

/** Follows a trace through the core in `coreFolder`, from the first start of the members on. */
export async function replay(coreFolder: string, bounds: Bounds, trace: readonly string[]): Promise<Replayed> {
  return follow(new Universe(await loadCore(coreFolder), bounds), trace);
}

function follow(universe: Universe, trace: readonly string[]): Replayed {
  let world = universe.first();
  for (const [at, line] of trace.entries()) {
    const next = universe.happens(world, line);
    if (next === "impossible") return { kind: "impossible", at };
    if (next instanceof Violation) return { kind: "violation", at, property: next.message };
    world = next;
  }
  return { kind: "harmless" };
}

/** The trace without the lines that its last one, the violation, does not need. */
export function shortened(universe: Universe, trace: readonly string[]): string[] {
  const goal = follow(universe, trace);
  if (goal.kind !== "violation") throw new Error(`this trace leads to no violation:\n${trace.join("\n")}`);
  let lines = trace.slice(0, goal.at + 1);
  for (let before = -1; before !== lines.length;) {
    before = lines.length;
    for (let at = lines.length - 2; at >= 0; at -= 1) {
      const fewer = lines.toSpliced(at, 1);
      const found = follow(universe, fewer);
      if (found.kind === "violation" && found.property === goal.property) lines = fewer.slice(0, found.at + 1);
    }
  }
  return lines;
}
