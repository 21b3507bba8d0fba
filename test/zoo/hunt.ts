import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { unreachable } from "../../src/base/assert.ts";
import type * as groupClients from "../../src/rsm/caller/group-client.ts";
import type * as hosts from "../../src/rsm/host.ts";
import type * as operations from "../../src/rsm/caller/operation.ts";
import type * as starts from "../../src/rsm/start.ts";
import type { Finding } from "../../src/sim/ending.ts";
import type * as Fuzz from "../../src/sim/fuzz.ts";
import type * as KvFuzz from "../../src/sim/kv/fuzz.ts";
import type * as MasterFuzz from "../../src/sim/master/fuzz.ts";
import type * as ShardedFuzz from "../../src/sim/sharded/fuzz.ts";
import { runReplicaSeed } from "../rsm/replica-fuzz.ts";
import { ownCode, type RsmCode } from "../rsm/replica-world.ts";
import { bugs as coreRules } from "./bugs.ts";
import { clientBugs } from "./bugs-client.ts";
import { masterBugs } from "./bugs-master.ts";
import { moveBugs } from "./bugs-moves.ts";
import { raftBugs } from "./bugs-raft.ts";
import { rsmBugs } from "./bugs-rsm.ts";
import { shardedBugs } from "./bugs-sharded.ts";
import { sessionBugs } from "./bugs-session.ts";
import { snapshotBugs } from "./bugs-snapshot.ts";
import { storeBugs } from "./bugs-store.ts";
import { type Bug, ground, plant } from "./plant.ts";

/** Every planted bug, in the order of the table. */
export const zoo: readonly Bug[] = [
  ...raftBugs,
  ...coreRules,
  ...rsmBugs,
  ...snapshotBugs,
  ...sessionBugs,
  ...clientBugs,
  ...storeBugs,
  ...masterBugs,
  ...moveBugs,
  ...shardedBugs,
].toSorted((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));

/** What a seed showed. */
export interface Catch {
  readonly seed: string;
  readonly invariant: string;
  readonly sentence: string;
}

/** Runs one universe from its seed; undefined when nothing is wrong with it. */
export type Universe = (seed: string) => Catch | undefined;

/** The fuzzer of a copy of the source that has the bug. */
export async function plantedFuzz(bug: Bug): Promise<typeof Fuzz> {
  return (await load(plant(bug), "sim/fuzz.ts")) as typeof Fuzz;
}

/** Replicas and clients of the source in `folder`. */
export async function loadRsm(folder: string): Promise<RsmCode> {
  const { startReplica } = (await load(folder, "rsm/start.ts")) as typeof starts;
  const { Host } = (await load(folder, "rsm/host.ts")) as typeof hosts;
  const { GroupClient } = (await load(folder, "rsm/caller/group-client.ts")) as typeof groupClients;
  const { ClientSession } = (await load(folder, "rsm/caller/operation.ts")) as typeof operations;
  return { startReplica, Host, GroupClient, ClientSession };
}

/** Where the bug is hunted. */
export function plantedUniverse(bug: Bug): Promise<Universe> {
  return universeOf(plant(bug), bug);
}

/** The same universes, with nothing planted. */
export function cleanUniverse(bug: Bug): Promise<Universe> {
  return universeOf(ground.source, bug);
}

async function universeOf(folder: string, { hunted }: Bug): Promise<Universe> {
  switch (hunted) {
    case "clients":
      return withClients(folder === ground.source ? ownCode : await loadRsm(folder));
    case "store":
      return ofStore((await load(folder, "sim/kv/fuzz.ts")) as typeof KvFuzz);
    case "cluster":
      return ofCluster((await load(folder, "sim/sharded/fuzz.ts")) as typeof ShardedFuzz);
    case "master":
      return ofMaster((await load(folder, "sim/master/fuzz.ts")) as typeof MasterFuzz);
    case "members":
    case undefined:
      return ofMembers((await load(folder, "sim/fuzz.ts")) as typeof Fuzz);
    default:
      return unreachable(hunted);
  }
}

/** The first of `count` seeds from `first` on that finds the bug. */
export async function hunt(bug: Bug, first: number, count: number, tried: (seeds: number) => void): Promise<Catch | undefined> {
  const universe = await plantedUniverse(bug);
  for (let i = 0; i < count; i += 1) {
    const caught = universe(String(first + i));
    tried(i + 1);
    if (caught !== undefined) return caught;
  }
  return undefined;
}

function ofStore(fuzz: typeof KvFuzz): Universe {
  return (seed) => caughtBy(seed, fuzz.runKvSeed(seed).finding);
}

function ofCluster(fuzz: typeof ShardedFuzz): Universe {
  return (seed) => caughtBy(seed, fuzz.runShardedSeed(seed).finding);
}

function ofMaster(fuzz: typeof MasterFuzz): Universe {
  return (seed) => caughtBy(seed, fuzz.runMasterSeed(seed).finding);
}

function ofMembers(fuzz: typeof Fuzz): Universe {
  return (seed) => caughtBy(seed, fuzz.runSeed(seed).finding);
}

function caughtBy(seed: string, finding: Finding | undefined): Catch | undefined {
  return finding === undefined ? undefined : { seed, invariant: finding.invariant, sentence: finding.sentence };
}

function withClients(code: RsmCode): Universe {
  return (seed) => {
    const { fault } = runReplicaSeed(seed, code);
    if (fault === undefined) return undefined;
    const [invariant = "", ...rest] = fault.split(": ");
    return { seed, invariant, sentence: rest.join(": ") };
  };
}

function load(folder: string, file: string): Promise<unknown> {
  return import(pathToFileURL(join(folder, file)).href);
}
