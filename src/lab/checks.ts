import type { Rng } from "../base/rng.ts";
import { check, fail } from "./failure.ts";
import type { LabWorld } from "./world.ts";

/** How often one looks for a leader, and how long one waits before each look. */
const looks = { count: 10, everyMs: 500 } as const;
/** How long an agreement may take in all, and after each submission; how often one looks; the pause when nobody leads. */
const agreement = { limitMs: 10_000, submissionMs: 2_000, pollMs: 20, pauseMs: 50 } as const;
/** The looks of `wait`: the time between them doubles up to the longest. */
const waiting = { polls: 30, firstMs: 10, longestMs: 1_280 } as const;

/** Servers of which one leads. */
type Electorate = Pick<LabWorld, "size" | "sleep" | "state" | "isAlive" | "isConnected">;

/** Whether the others can reach the server: it lives, and its cable is plugged in. */
export function inReach(world: Pick<LabWorld, "isAlive" | "isConnected">, server: number): boolean {
  return world.isAlive(server) && world.isConnected(server);
}

/** The servers' numbers. */
export function servers(world: Pick<LabWorld, "size">): number[] {
  return Array.from({ length: world.size }, (_, server) => server);
}

/** A command that nobody has seen before: twenty digits, or as many random letters as asked for. */
export function drawCommand(rng: Rng, letters = 0): string {
  if (letters > 0) return Array.from({ length: letters }, () => String.fromCharCode(rng.int(97, 122))).join("");
  return [rng.u32(), rng.u32()].map((part) => String(part).padStart(10, "0")).join("");
}

/** The leader of the highest term among the servers in reach, if any leads. Two leaders of one term fail the case. */
async function findLeader(world: Electorate): Promise<number | undefined> {
  const leaders = new Map<number, number>();
  for (const server of servers(world).filter((each) => inReach(world, each))) {
    const state = await world.state(server);
    if (state === undefined || !state.isLeader) continue;
    const other = leaders.get(state.term);
    check(other === undefined, `servers ${other} and ${server} both lead in term ${state.term}`);
    leaders.set(state.term, server);
  }
  return leaders.get(Math.max(...leaders.keys()));
}

/** Looks for a leader for up to 5 seconds, and says who it is; with `expected`, no other one will do. */
export async function checkOneLeader(world: Electorate, expected?: number): Promise<number> {
  for (let look = 0; look < looks.count; look += 1) {
    await world.sleep(looks.everyMs);
    const leader = await findLeader(world);
    if (leader === undefined) continue;
    check(expected === undefined || leader === expected, `server ${leader} leads, and not server ${expected} as before`);
    return leader;
  }
  return fail(`no server leads after ${(looks.count * looks.everyMs) / 1000} seconds`);
}

/** Nobody in reach may claim to lead, for 5 seconds. */
export async function checkNoLeader(world: LabWorld): Promise<void> {
  for (let look = 0; look < looks.count; look += 1) {
    await world.sleep(looks.everyMs);
    const leader = await findLeader(world);
    check(leader === undefined, `server ${leader} leads without a majority`);
  }
}

/** All servers in reach are in the same term, which is 1 or more. */
export async function checkTerms(world: LabWorld): Promise<number> {
  let agreed: number | undefined;
  for (const server of servers(world).filter((each) => inReach(world, each))) {
    const state = await world.state(server);
    check(state !== undefined, `server ${server} does not answer`);
    agreed ??= state.term;
    check(state.term === agreed, `server ${server} is in term ${state.term}, others are in term ${agreed}`);
  }
  check(agreed !== undefined && agreed >= 1, `the servers are in term ${agreed}, and never elected anybody`);
  return agreed;
}

/** How many servers have applied something at `index`. */
export function nCommitted(world: LabWorld, index: number): number {
  return world.committed(index).count;
}

/** Nobody has applied anything at `index`. */
export function checkNoneCommitted(world: LabWorld, index: number): void {
  const { count, value } = world.committed(index);
  check(count === 0, `${counted(count)} applied ${value} at index ${index}, which must not be committed`);
}

export interface AgreementOptions {
  /** Whether a command that was taken and is not applied within 2 seconds may be submitted again. */
  readonly retry: boolean;
}

/** Has `command` agreed upon: submits it to whoever leads until at least `count` servers have applied it. The result is its index. */
export async function one(world: LabWorld, command: string, count: number, options: AgreementOptions): Promise<number> {
  const end = world.now() + agreement.limitMs;
  let last = 0;
  while (world.now() < end) {
    const [asked, index] = await submit(world, command, last);
    last = asked;
    if (index === undefined) {
      await world.sleep(agreement.pauseMs);
      continue;
    }
    if (await isApplied(world, command, index, count)) return index;
    check(options.retry, `${counted(nCommitted(world, index))} of ${count} applied the command at index ${index} within 2 seconds`);
  }
  return fail(`no agreement of ${counted(count)} within ${agreement.limitMs / 1000} seconds`);
}

/** Offers `command` to all servers in reach, the one behind `last` first, until one takes it: which one, and where. */
async function submit(world: LabWorld, command: string, last: number): Promise<[server: number, index: number | undefined]> {
  for (let i = 1; i <= world.size; i += 1) {
    const server = (last + i) % world.size;
    const started = inReach(world, server) ? await world.start(server, command) : undefined;
    if (started !== undefined) return [server, started.index];
  }
  return [last, undefined];
}

async function isApplied(world: LabWorld, command: string, index: number, count: number): Promise<boolean> {
  const end = world.now() + agreement.submissionMs;
  while (world.now() < end) {
    const committed = world.committed(index);
    if (committed.count > 0 && committed.count >= count && committed.value === command) return true;
    await world.sleep(agreement.pollMs);
  }
  return false;
}

/** Waits until `count` servers have applied something at `index`; undefined when a server is in a term after `term` before that. */
export async function wait(world: LabWorld, index: number, count: number, term?: number): Promise<string | undefined> {
  let pauseMs: number = waiting.firstMs;
  for (let poll = 0; poll < waiting.polls && nCommitted(world, index) < count; poll += 1) {
    await world.sleep(pauseMs);
    pauseMs = Math.min(2 * pauseMs, waiting.longestMs);
    if (term !== undefined && (await hasMovedOn(world, term))) return undefined;
  }
  const committed = world.committed(index);
  check(committed.count >= count, `${counted(committed.count)} of ${count} applied anything at index ${index} within 31 seconds`);
  return committed.value;
}

async function hasMovedOn(world: LabWorld, term: number): Promise<boolean> {
  for (const server of servers(world)) {
    const state = await world.state(server);
    if (state !== undefined && state.term > term) return true;
  }
  return false;
}

function counted(count: number): string {
  return count === 1 ? "1 server" : `${count} servers`;
}
