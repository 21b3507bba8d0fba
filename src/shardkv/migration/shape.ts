import { equalBytes } from "../../base/bytes.ts";
import type { State, StateReader } from "../../rsm/state/state.ts";
import { decodeShape, shapeText } from "../../shardmaster/shape.ts";
import { shapeKey } from "../rows.ts";
import type { Shape } from "./commands.ts";

/*
 * The shape of the cluster decides in which shard a key is: all replicas of a group have to have the same one, for ever. Each brings along
 * the one that it was told when it started; the first leader's is logged before the group's first configuration, and a replica that was
 * told another one stops before it applies anything more.
 */

/** This replica was told another shape than its group has: whoever started it gave it another cluster's shardmaster. */
export class OtherShape extends Error {
  override readonly name = "OtherShape";

  constructor(stored: Uint8Array, told: Uint8Array) {
    super(otherShapeText(stored, told));
  }
}

/** In a sentence: what the group has, and what the shardmaster says. */
export function otherShapeText(stored: Uint8Array, told: Uint8Array): string {
  const [own, other] = [stored, told].map((bytes) => shapeText(decodeShape(bytes)));
  return `This server's group is part of ${own}, for ever, and the shardmaster that it was given is that of ${other}.`;
}

/** Fixes the group's shape. `own` is what this replica was told; undefined where nobody asks for it. */
export function applyShape(state: State, { shape }: Shape, own: Uint8Array | undefined): void {
  if (isShaped(state, own)) return;
  if (own !== undefined && !equalBytes(shape, own)) throw new OtherShape(shape, own);
  state.put(shapeKey, shape);
}

/** Whether the group has its shape, so that it may apply configurations. Throws `OtherShape`. */
export function isShaped(state: StateReader, own: Uint8Array | undefined): boolean {
  if (own === undefined) return true;
  const shape = state.get(shapeKey);
  if (shape !== undefined && !equalBytes(shape, own)) throw new OtherShape(shape, own);
  return shape !== undefined;
}
