import { setFlagsFromString } from "node:v8";

/**
 * From now on the collector comes early rather than let the heap grow: for a server that does little, and stands beside others. Both
 * flags only guide when it comes, and are read each time; what V8 reads once, at its start, cannot be said from within.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--optimize-for-size");
  setFlagsFromString("--semi-space-growth-factor=1");
}

/**
 * From now on young objects are collected by the thread that has made them. V8 would share the work among helpers, at every collection:
 * what a server keeps of a turn is little, and waking them costs more than they do.
 */
export function collectAlone(): void {
  setFlagsFromString("--no-parallel-scavenge");
}
