import { setFlagsFromString } from "node:v8";

/**
 * From now on the collector comes early rather than let the heap grow: for a server that does little, and stands beside others. Both
 * flags only guide when it comes, and are read each time; what V8 reads once, at its start, cannot be said from within.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--optimize-for-size");
  setFlagsFromString("--semi-space-growth-factor=1");
}
