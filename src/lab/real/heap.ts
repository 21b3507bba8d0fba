import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Bytes that this process's JavaScript holds when all garbage is gone: the heap, and buffers outside of it. What libraries in C++ keep for themselves is not seen. */
export function heldBytes(): number {
  collect ??= exposedCollector();
  // What a first pass frees may have held something that only a second one finds.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** V8's collector, which programs see only when they ask for it: they need not be started with a flag. */
function exposedCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
