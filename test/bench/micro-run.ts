import { Bench } from "tinybench";

/** Something to be timed. */
export interface Case {
  readonly name: string;
  /** How often one `run` does it: a run should take some microseconds, or the clock is all that is measured. */
  readonly times: number;
  readonly run: () => void;
}

export interface Measured {
  readonly name: string;
  readonly usEach: number;
  /** The relative margin of error of the mean. */
  readonly errorPercent: number;
  readonly perSecond: number;
}

/** Repeats `run`, so that it takes long enough to be timed. */
export function repeated(name: string, times: number, run: () => void): Case {
  return {
    name,
    times,
    run: () => {
      for (let i = 0; i < times; i += 1) run();
    },
  };
}

/** Times every case for about `ms` milliseconds, after a third of that to warm up. */
export function measure(cases: readonly Case[], ms: number): Measured[] {
  const bench = new Bench({ time: ms, warmupTime: ms / 3, iterations: 4, warmupIterations: 4, throws: true });
  for (const { name, run } of cases) bench.add(name, run);
  const tasks = bench.runSync();
  return tasks.map(({ name, result }, at) => {
    if (result.state !== "completed") throw new Error(`${name} was not measured: ${result.state}`);
    const times = cases[at]?.times ?? 1;
    const { mean, rme } = result.latency;
    return { name, usEach: (mean * 1000) / times, errorPercent: rme, perSecond: (times * 1000) / mean };
  });
}
