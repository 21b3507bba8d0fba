import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

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

/** The old objects of a small heap, garbage included, may come to so many times what is alive of them. */
const growth = 3;
/** So many bytes of them are a small heap's. */
const smallBytes = 40 * 1024 * 1024;
const lookMs = 1000;

/**
 * From now on all of the heap is collected more rarely while it is small: who answers scans turns over megabytes in no time, and would
 * look through the little that lives ten times a second. A heap that holds a large store is collected as V8 sees fit, from the first
 * collection on that finds it so: until then it grows to `growth * smallBytes` at most.
 */
export function growWhileSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${(growth - 1) * 100}`);
  const timer = setInterval(() => {
    if (oldBytes() <= smallBytes) return;
    setFlagsFromString("--heap-growing-percent=0");
    clearInterval(timer);
  }, lookMs);
  timer.unref();
}

function oldBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === "old_space")?.space_used_size ?? 0;
}
