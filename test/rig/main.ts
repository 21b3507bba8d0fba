import { build } from "../bench/build.ts";

/** The rigs by name; each takes `--quick` and `--json`, and those that say so more. They run what was built. */
const rigs = {
  admins: { of: "a shardmaster whose leader is killed under administrators; --operations, --seed", file: "./admins.ts" },
  cluster: {
    of: "a whole store whose shards move and whose servers are killed under clients; --seconds, --rows, --seed",
    file: "./cluster.ts",
  },
  flood: { of: "clients who ask without measure, beside clients who do not; --seconds", file: "./flood.ts" },
  kill: { of: "servers that are killed under clients; --seconds, --seed, --polite, --plant rollback", file: "./kill.ts" },
  million: { of: "a million keys: memory, restart, and a replica that was left behind; --keys, --seconds", file: "./million.ts" },
} as const;

const [name = "", ...words] = process.argv.slice(2);
if (!Object.hasOwn(rigs, name)) {
  const list = Object.entries(rigs).map(([known, { of }]) => `  ${known.padEnd(9)}${of}`);
  process.stderr.write(`'${name}' is no rig. npm run rig -- NAME [--quick] [--json], with one of these names:\n${list.join("\n")}\n`);
  process.exit(2);
}
build();
// An end that is asked for is an end like any other: what was started ends too, and what was made is removed.
process.on("SIGINT", () => process.exit(130)).on("SIGTERM", () => process.exit(143));
process.argv.splice(2, Infinity, ...words);
await import(rigs[name as keyof typeof rigs].file);
