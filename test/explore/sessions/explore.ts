import { loadSessionCode, type SessionCode } from "./code.ts";
import { Broken, type SessionBounds, SessionWorld } from "./world.ts";

export interface SessionResult {
  readonly states: number;
  /** Everything within the bounds was seen. */
  readonly complete: boolean;
  /** What broke, and a shortest way there. */
  readonly broken?: { readonly property: string; readonly trace: readonly string[] };
}

/** A state as the way to it: the last action, and the state before it. */
interface Way {
  readonly before: Way | undefined;
  readonly action: string;
  readonly length: number;
}

/** Walks through all states of a client and a group that run the code in `folder`, nearest first, until a promise is broken. */
export async function exploreSessions(folder: string, bounds: SessionBounds, statesMax: number = Infinity): Promise<SessionResult> {
  const code = await loadSessionCode(folder);
  const seen = new Set<string>([new SessionWorld(code, bounds).text]);
  let ways: (Way | undefined)[] = [undefined];
  let states = 0;
  while (ways.length > 0) {
    const next: Way[] = [];
    for (const way of ways) {
      if (states >= statesMax) return { states, complete: false };
      states += 1;
      for (const action of replay(code, bounds, way).actions()) {
        const further: Way = { before: way, action, length: (way?.length ?? 0) + 1 };
        try {
          const { text } = replay(code, bounds, further);
          if (seen.has(text)) continue;
          seen.add(text);
          next.push(further);
        } catch (error) {
          if (!(error instanceof Broken)) throw error;
          return { states, complete: false, broken: { property: error.message, trace: traceOf(further) } };
        }
      }
    }
    ways = next;
  }
  return { states, complete: true };
}

/** The world at the end of a way: nothing of it can be copied, and so it is gone again. */
function replay(code: SessionCode, bounds: SessionBounds, way: Way | undefined): SessionWorld {
  const world = new SessionWorld(code, bounds);
  for (const action of traceOf(way)) world.act(action);
  return world;
}

function traceOf(way: Way | undefined): string[] {
  const trace: string[] = [];
  for (let at = way; at !== undefined; at = at.before) trace.unshift(at.action);
  return trace;
}
