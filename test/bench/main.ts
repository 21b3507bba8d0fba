import { build } from "./build.ts";

/** The benchmarks by name; each takes `--quick` and `--json`. Those of processes measure what was built. */
const benchmarks = {
  cluster: { of: "one, two and three groups behind a shardmaster, and shards that move", file: "./cluster.ts", built: true },
  disk: { of: "rows on this machine's disk, beside LevelDB alone", file: "./disk.ts" },
  group: { of: "three replicas in processes under load, beside the ceiling", file: "./group.ts", built: true },
  "kv-micro": { of: "the key-value machine alone", file: "./kv-micro.ts" },
  master: { of: "the shardmaster's machine alone, and its process with a long history", file: "./master.ts", built: true },
  micro: { of: "the core and the codec alone", file: "./micro.ts" },
  replica: { of: "a group with sessions and its clients in one thread", file: "./replica.ts" },
  "sim-speed": { of: "the simulator beside real time", file: "./sim-speed.ts" },
  throughput: { of: "three members in one thread", file: "./throughput.ts" },
} as const;

const [name = "", ...words] = process.argv.slice(2);
if (!Object.hasOwn(benchmarks, name)) {
  const list = Object.entries(benchmarks).map(([known, { of }]) => `  ${known.padEnd(12)}${of}`);
  process.stderr.write(
    `'${name}' is no benchmark. npm run bench -- NAME [--quick] [--json], with one of these names:\n${list.join("\n")}\n`,
  );
  process.exit(2);
}
const benchmark = benchmarks[name as keyof typeof benchmarks];
if ("built" in benchmark) build();
process.argv.splice(2, Infinity, ...words);
await import(benchmark.file);
