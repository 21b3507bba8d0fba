import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isFreePort } from "../real/free-ports.ts";
import { defaultShards } from "./master-settings.ts";
import { BadSetting } from "./settings.ts";

/** The servers of a local group or of a local shardmaster, told the same every time they start. */
export interface LocalMembers {
  /** Drawn when they were made. */
  readonly creation: number;
  /** By replica. */
  readonly servers: readonly string[];
}

export interface LocalGroupPlan extends LocalMembers {
  readonly gid: number;
}

/** What a local cluster consists of. It is remembered in its directory. */
export interface LocalPlan {
  readonly shards: number;
  readonly masters: LocalMembers;
  readonly groups: readonly LocalGroupPlan[];
}

/** What was asked for; whatever is left out is as it is there, or as usual. */
export interface LocalSizes {
  readonly masters?: number | undefined;
  readonly groups?: number | undefined;
  /** In each group. */
  readonly replicas?: number | undefined;
  readonly shards?: number | undefined;
}

export const localDefaults: Required<{ readonly [K in keyof LocalSizes]: number }> = {
  masters: 3,
  groups: 2,
  replicas: 3,
  shards: defaultShards,
};

const creationMax = 2 ** 32;

/** Below what systems give to outgoing connections: nobody takes the port of a server that is down for a while by chance. */
const [portMin, portMax] = [10_000, 30_000];

/** The cluster in `directory`; a new one, on ports that are free, when there is none. Throws a `BadSetting`. */
export async function localPlan(directory: string, sizes: LocalSizes): Promise<LocalPlan> {
  const there = using(directory, () => planIn(directory));
  if (there !== undefined) return agreeing(directory, there, sizes);
  const { masters, groups, replicas, shards } = { ...localDefaults, ...present(sizes) };
  const ports = await portsFrom(randomInt(portMin, portMax), masters + groups * replicas);
  const plan = {
    shards,
    masters: members(ports.splice(0, masters)),
    groups: Array.from({ length: groups }, (_, at) => ({ gid: at + 1, ...members(ports.splice(0, replicas)) })),
  };
  using(directory, () => {
    mkdirSync(directory, { recursive: true });
    writePlan(directory, plan);
  });
  return plan;
}

/** The same with one more group, of as many servers as the first one, or as is said; remembered. */
export async function withGroup(directory: string, plan: LocalPlan, replicas?: number): Promise<LocalPlan> {
  const used = [plan.masters, ...plan.groups].flatMap(({ servers }) => servers.map(portOf));
  const ports = await portsFrom(Math.max(...used) + 1, replicas ?? plan.groups[0]?.servers.length ?? localDefaults.replicas);
  const gid = Math.max(0, ...plan.groups.map((group) => group.gid)) + 1;
  const grown = { ...plan, groups: [...plan.groups, { gid, ...members(ports) }] };
  using(directory, () => writePlan(directory, grown));
  return grown;
}

/** The servers whose addresses somebody else listens on. */
export async function takenAddresses({ masters, groups }: LocalPlan): Promise<string[]> {
  const servers = [masters, ...groups].flatMap((group) => group.servers);
  const free = await Promise.all(servers.map((server) => isFreePort(portOf(server))));
  return servers.filter((_, at) => free[at] !== true);
}

function members(ports: readonly number[]): LocalMembers {
  return { creation: randomInt(1, creationMax), servers: ports.map((port) => `127.0.0.1:${port}`) };
}

function portOf(server: string): number {
  return Number(server.slice(server.lastIndexOf(":") + 1));
}

/** So many ports that nobody listens on, from `first` upwards. */
async function portsFrom(first: number, count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = first; ports.length < count; port += 1) {
    if (port > 65_535) throw new BadSetting(`There are no ${count} free ports from ${first} on.`);
    // One after the other: they are to lie together.
    // oxlint-disable-next-line no-await-in-loop
    if (await isFreePort(port)) ports.push(port);
  }
  return ports;
}

// ---- what is remembered

function fileIn(directory: string): string {
  return join(directory, "cluster.json");
}

/** The plan that is remembered there; undefined where nothing is. */
function planIn(directory: string): LocalPlan | undefined {
  const file = fileIn(directory);
  if (existsSync(file)) return readPlan(file);
  if (!existsSync(directory) || readdirSync(directory).length === 0) return undefined;
  throw new BadSetting(`The directory ${directory} holds something else than a local cluster; give an empty or a new one with --data.`);
}

/** Does what needs the directory; a failure of the machine becomes a sentence. */
function using<T>(directory: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new BadSetting(`The directory ${directory} cannot be used: ${error.message}.`);
  }
}

function readPlan(file: string): LocalPlan {
  const plan = parsed(readFileSync(file, "utf8")) as Partial<LocalPlan> | null | undefined;
  const groups = plan?.groups;
  if (Number.isInteger(plan?.shards) && isMembers(plan?.masters) && Array.isArray(groups) && groups.every(isMembers))
    return plan as LocalPlan;
  throw new BadSetting(`${file} does not describe a local cluster; give another directory with --data, or remove this one.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isMembers(value: unknown): boolean {
  const { creation, servers, gid = 1 } = (value ?? {}) as Partial<LocalGroupPlan>;
  return [creation, gid].every(Number.isInteger) && Array.isArray(servers) && servers.length > 0;
}

/** A file that is half written is never seen. */
function writePlan(directory: string, plan: LocalPlan): void {
  const file = fileIn(directory);
  writeFileSync(`${file}.new`, `${JSON.stringify(plan, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** The plan, if it is of the sizes that were asked for. */
function agreeing(directory: string, plan: LocalPlan, sizes: LocalSizes): LocalPlan {
  const { groups, shards } = plan;
  const has = { masters: plan.masters.servers.length, groups: groups.length, replicas: groups[0]?.servers.length ?? 0, shards };
  for (const [name, asked] of Object.entries(present(sizes))) {
    const there = has[name as keyof LocalSizes];
    if (asked !== there)
      throw new BadSetting(
        `The cluster in ${directory} was made with --${name} ${there}, and --${name} ${asked} was asked for; give another directory with --data, or leave it out.`,
      );
  }
  return plan;
}

/** What was really asked for. */
function present(sizes: LocalSizes): Partial<Record<keyof LocalSizes, number>> {
  return Object.fromEntries(Object.entries(sizes).filter(([, size]) => size !== undefined));
}
