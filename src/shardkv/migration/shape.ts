import { assert } from "../../base/assert.ts";
import { equalBytes } from "../../base/bytes.ts";
import type { State, StateReader } from "../../rsm/state/state.ts";
import { shapeKey } from "../rows.ts";
import type { Shape } from "./commands.ts";

/*
 * The shape of the cluster decides in which shard a key is: all replicas of a group have to have the same one, for ever. Each brings along
 * the one that it was told when it started; the first leader's is logged before the group's first configuration, and a replica that was
 * told another one stops.
 */

/** Fixes the group's shape. `own` is what this replica was told; undefined where nobody asks for it. */
export function applyShape(state: State, { shape }: Shape, own: Uint8Array | undefined): void {
  if (isShaped(state, own)) return;
  assert(own === undefined || equalBytes(shape, own), "a replica is told the shape that its group has");
  state.put(shapeKey, shape);
}

/** Whether the group has its shape, so that it may apply configurations. */
export function isShaped(state: StateReader, own: Uint8Array | undefined): boolean {
  if (own === undefined) return true;
  const shape = state.get(shapeKey);
  assert(shape === undefined || equalBytes(shape, own), "a replica is told the shape that its group has");
  return shape !== undefined;
}
