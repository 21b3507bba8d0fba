import { performance } from "node:perf_hooks";

const lookMs = 20;
const stallMs = 150;

/**
 * Watches this process's event loop from now on: `stalled` hears of every gap between two looks that is longer than a busy program
 * explains, since elections and deadlines mean nothing to whoever did not run. The result ends the watch.
 */
export function watchStalls(stalled: (ms: number) => void): () => void {
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const gap = now - last;
    last = now;
    if (gap > stallMs) stalled(gap);
  }, lookMs);
  return () => clearInterval(timer);
}
