import type { World } from "./world.ts";
import { type InvariantId, Violation } from "./oracle/violation.ts";

/** What a broken promise looked like. */
export interface Finding {
  readonly invariant: InvariantId;
  readonly sentence: string;
  readonly atMs: number;
  /** Where a server threw, for R28. */
  readonly stack: string | undefined;
}

/** How a seed has ended. */
export interface Ending {
  /** `invalid`: too little happened for the seed to say anything. */
  readonly verdict: "ok" | "broken" | "invalid";
  readonly finding: Finding | undefined;
  /** Why the seed is invalid. */
  readonly why: string | undefined;
}

/** What is played in a world. */
export interface Play {
  readonly world: World;
  /** The whole of it, the checks in the end too; throws a `Violation` where a promise is broken. */
  readonly play: () => void;
  /** Why it has shown nothing, where nothing was broken. */
  readonly whyInvalid: () => string | undefined;
}

/** Plays a seed to its end, or until a promise is broken. */
export function endingOf({ world, play, whyInvalid }: Play): Ending {
  try {
    play();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    return { verdict: "broken", finding: findingOf(error, world.now), why: undefined };
  }
  const why = whyInvalid();
  return { verdict: why === undefined ? "ok" : "invalid", finding: undefined, why };
}

function findingOf({ invariant, message, cause }: Violation, atMs: number): Finding {
  return { invariant, sentence: message, atMs, stack: cause instanceof Error ? cause.stack : undefined };
}
