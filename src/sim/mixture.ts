import { AssertionError } from "../base/assert.ts";
import type { Rng } from "../base/rng.ts";

/** How much there is of each kind. */
export type Mixture<Kind extends string> = Readonly<Record<Kind, number>>;

/** Some seeds have only a few of the kinds, most have some of all. */
export function drawMixture<Kind extends string>(rng: Rng, kinds: readonly Kind[]): Mixture<Kind> {
  return Object.fromEntries(kinds.map((kind) => [kind, rng.fork(kind).pick([0, 1, 1, 3])])) as Record<Kind, number>;
}

/** Draws a kind, each as often as there is much of it; there is something of one. */
export function drawKind<Kind extends string>(rng: Rng, kinds: readonly Kind[], mixture: Mixture<Kind>): Kind {
  let left = rng.int(
    1,
    kinds.reduce((sum, kind) => sum + mixture[kind], 0),
  );
  for (const kind of kinds) {
    left -= mixture[kind];
    if (left <= 0) return kind;
  }
  throw new AssertionError("a draw is among all that there is");
}

/** The mixture as people read it. */
export function mixtureText<Kind extends string>(kinds: readonly Kind[], mixture: Mixture<Kind>): string {
  return kinds
    .filter((kind) => mixture[kind] > 0)
    .map((kind) => `${kind} ${mixture[kind]}`)
    .join(", ");
}
