import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { present } from "../../src/base/assert.ts";
import type { Admin } from "../../src/client/admin.ts";
import { connectAdmin } from "../../src/real/connect-admin.ts";
import { freePorts } from "../../src/real/free-ports.ts";
import { Children } from "./group/children.ts";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** What a long history costs a shardmaster's process, which is a group of one. */
export interface HistoryMeasured {
  readonly configs: number;
  readonly groups: number;
  readonly shards: number;
  readonly perSecond: number;
  /** Of the whole data directory, its log included. */
  readonly diskMiB: number;
  /** Resident: before the first configuration, after all changes at full speed, when begun anew with them all, and after the queries. */
  readonly rssMiB: Readonly<Record<"empty" | "changed" | "restarted" | "asked", number>>;
  /** Round trips of queries, one at a time: of the latest configuration, and of any. */
  readonly latestMs: Percentiles;
  readonly anyMs: Percentiles;
}

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** Changes that are under way at once. */
const atOnce = 32;

/** Runs `kvorum serve master` as it was built, and gives it a history of so many configurations with so many groups. */
export async function measureHistory(configs: number, groups: number, shards: number, queries: number): Promise<HistoryMeasured> {
  const directory = mkdtempSync(join(tmpdir(), "kvorum-bench-"));
  const [port] = await freePorts(1);
  const server = `127.0.0.1:${present(port, "there is a free port")}`;
  const admin = connectAdmin({ masters: [server] });
  const first = new Children();
  const second = new Children();
  try {
    const pid = await startMaster(first, admin, server, directory, shards);
    const empty = rssMiB(pid);
    await admin.join(Array.from({ length: groups }, (_, i) => groupOf(i + 1)));
    const start = performance.now();
    await change(admin, configs, groups);
    const perSecond = (configs / (performance.now() - start)) * 1000;
    const changed = rssMiB(pid);
    await first.stop();
    const again = await startMaster(second, admin, server, directory, shards);
    const restarted = rssMiB(again);
    const latestMs = await roundTrips(queries, () => admin.query());
    const anyMs = await roundTrips(queries, (i) => admin.query(Math.floor((i * configs) / queries)));
    const asked = rssMiB(again);
    const diskMiB = bytesIn(directory) / 2 ** 20;
    return { configs, groups, shards, perSecond, diskMiB, rssMiB: { empty, changed, restarted, asked }, latestMs, anyMs };
  } finally {
    await admin.close();
    await first.stop();
    await second.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Starts the server, and waits until it answers. */
async function startMaster(children: Children, admin: Admin, server: string, directory: string, shards: number): Promise<number> {
  const words = ["--replica", "0", "--servers", server, "--data", join(directory, "0"), "--create", "--shards", String(shards)];
  // Without the flags of this process: what runs the benchmark's own sources would count as memory of the server.
  const child = children.start(program, ["serve", "master", "--log-level", "warn", ...words], { execArgv: [] });
  while ((await admin.shape()) === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
  return present(child.pid, "a child has been started");
}

function groupOf(gid: number): { readonly gid: number; readonly servers: readonly string[] } {
  return { gid, servers: [7000, 7001, 7002].map((port) => `10.1.${gid >>> 8}.${gid & 255}:${port}`) };
}

/** Groups leave and come back, several at a time, until there are so many configurations. */
async function change(admin: Admin, configs: number, groups: number): Promise<void> {
  let gid = 0;
  const walk = async (): Promise<void> => {
    for (;;) {
      gid = (gid % groups) + 1;
      const own = gid;
      await admin.leave([own]);
      const { number } = await admin.join([groupOf(own)]);
      if (number >= configs) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, groups - 1) }, walk));
}

async function roundTrips(count: number, ask: (i: number) => Promise<unknown>): Promise<Percentiles> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const start = performance.now();
    await ask(i);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(share * times.length)] ?? NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Linux only. */
function rssMiB(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1]) / 1024;
}

function bytesIn(path: string): number {
  let bytes = 0;
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
