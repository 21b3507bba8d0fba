import type { Rng } from "../base/rng.ts";
import type { MemberOptionsGiven } from "../rsm/options.ts";
import type { DiskOptions } from "./disk/disk.ts";
import { faultKinds } from "./faults/catalog.ts";
import type { FaultKind } from "./faults/site.ts";
import type { LivesPlan } from "./lives.ts";
import type { LinkSettings } from "./network/link.ts";
import type { ProcessOptions } from "./process.ts";
import type { Scenario } from "./scenarios.ts";
import type { WorkloadPlan } from "./workload.ts";

/** One kind of fault as a seed has it. */
export interface FaultPlan {
  readonly name: string;
  /** The mean time between two strikes. */
  readonly everyMs: number;
  /** The mean time until one is over; undefined for what is over at once. */
  readonly lastsMs: number | undefined;
  /** How far it goes, from 0 to 1. */
  readonly force: number;
  /** It is there from the beginning, and stays. */
  readonly always: boolean;
}

/** Everything that a seed decides before anything runs. */
export interface Plan {
  readonly seed: string;
  /** What is played instead of the faults. */
  readonly scenario: string | undefined;
  readonly size: number;
  readonly faultsMs: number;
  readonly settleMs: number;
  readonly member: MemberOptionsGiven;
  readonly link: Partial<LinkSettings>;
  readonly disk: Partial<DiskOptions>;
  readonly process: Partial<ProcessOptions>;
  readonly workload: WorkloadPlan;
  readonly lives: LivesPlan;
  /** Servers start within so many milliseconds of each other. */
  readonly staggerMs: number;
  /** When, before a new group can have been admitted, the power of a server fails. */
  readonly birthCutsMs: readonly number[];
  readonly faults: readonly FaultPlan[];
}

export interface PlanLengths {
  readonly faultsMs: number;
  readonly settleMs: number;
}

/**
 * Draws the plan of a seed: each part from a source of its own, so that a new draw in one does not shift the others. A size that is
 * given need not be drawn.
 */
export function drawPlan(seed: string, rng: Rng, lengths: PlanLengths, size: number = drawSize(rng.fork("size"))): Plan {
  const link = drawLink(rng.fork("link"));
  const disk = drawDisk(rng.fork("disk"));
  const workload = drawWorkload(rng.fork("workload"));
  return {
    seed,
    scenario: undefined,
    size,
    faultsMs: lengths.faultsMs,
    settleMs: lengths.settleMs,
    member: { ...drawMember(rng.fork("member")), ...drawChunks(rng.fork("chunks"), { ...lengths, link, disk, workload }) },
    link,
    disk,
    process: drawProcess(rng.fork("process")),
    workload,
    lives: { downMeanMs: around(rng.fork("lives"), 50, 4000), atOnce: rng.fork("at once").pick([0, 0.2, 0.5]) },
    staggerMs: rng.fork("stagger").pick([0, 50, 500]),
    birthCutsMs: drawBirth(rng.fork("birth")),
    faults: drawFaults(rng.fork("faults"), size),
  };
}

function drawSize(rng: Rng): number {
  const at = rng.unit();
  if (at < 0.5) return 3;
  if (at < 0.84) return 5;
  if (at < 0.91) return 1;
  return at < 0.93 ? 2 : at < 0.97 ? 4 : 7;
}

/** A number between the two, each order of magnitude as likely; in round figures, since people read it. */
export function around(rng: Rng, low: number, high: number): number {
  return Number((low * (high / low) ** rng.unit()).toPrecision(2));
}

/** Half of all seeds have limits so small that they are met all the time. */
function drawMember(rng: Rng): MemberOptionsGiven {
  const small = rng.chance(0.5);
  const perhaps = <Name extends string>(name: Name, values: readonly number[]): Partial<Record<Name, number>> =>
    small && rng.fork(name).chance(0.4) ? ({ [name]: rng.fork(name).fork("value").pick(values) } as Record<Name, number>) : {};
  const pace = rng.fork("pace").chance(0.2) ? { electionTicks: 12, heartbeatTicks: 4 } : {};
  const logBytesMax = rng.fork("log").chance(small ? 0.7 : 0.3)
    ? { logBytesMax: Math.round(around(rng.fork("log bytes"), 200, 4000)) }
    : {};
  const narrow = {
    ...perhaps("appendBytesMax", [1, 100, 1000]),
    ...perhaps("appendEntriesMax", [1, 2, 5]),
    ...perhaps("inFlightMax", [1, 2, 4]),
    ...perhaps("inFlightBytesMax", [1, 500]),
  };
  return {
    raft: {
      ...pace,
      ...(rng.fork("quorum").chance(0.12) ? { checkQuorum: false } : {}),
      ...perhaps("stallTicks", [40, 80]),
      ...perhaps("snapshotTicks", [10, 40]),
      ...narrow,
      ...perhaps("uncommittedBytesMax", [500, 5000]),
      // Where entries go out one by one, what a leader piles up while it is alone takes longer to replicate than settling may.
      ...(Object.keys(narrow).length > 0 ? { uncommittedBytesMax: rng.fork("pile").pick([500, 2000]) } : {}),
      ...perhaps("unstableBytesMax", [200, 2000]),
      ...perhaps("applyBytesMax", [1, 200]),
      ...perhaps("readsMax", [1, 4]),
    },
    ...logBytesMax,
    ...(rng.fork("tail").chance(0.5) ? { logTailBytes: rng.fork("tail bytes").pick([0, 0, 200]) } : {}),
    ...perhaps("helloMs", [10, 30]),
  };
}

/**
 * Half of all seeds cut snapshots into small pieces, so that crashes and cuts come between them; but not into so many that one takes
 * longer to arrive than settling may.
 */
function drawChunks(rng: Rng, plan: Pick<Plan, "faultsMs" | "settleMs" | "link" | "disk" | "workload">): MemberOptionsGiven {
  if (!rng.chance(0.5)) return {};
  const { faultsMs, settleMs, link, disk, workload } = plan;
  const snapshotWindowMax = rng.fork("window").int(1, 4);
  const windowMs = 10 + 2 * (link.baseMaxMs ?? 1) + (disk.waitMs ?? 10) + (disk.syncMaxMs ?? 3);
  const chunks = Math.max(1, (snapshotWindowMax * settleMs) / 10 / windowMs);
  const stateBytes = (faultsMs / 1000) * workload.proposalsPerS * (workload.bytesMax / 2 + 40);
  return {
    snapshotWindowMax,
    snapshotChunkBytesMax: Math.round(Math.max(around(rng.fork("bytes"), 64, 1024), stateBytes / chunks)),
    snapshotsAtOnceMax: rng.fork("at once").int(1, 2),
    ...(rng.fork("haste").chance(0.5) ? { snapshotResendMs: rng.fork("resend").pick([20, 100]), snapshotIdleMs: 600 } : {}),
  };
}

function drawLink(rng: Rng): Partial<LinkSettings> {
  const slow = rng.chance(0.2);
  return {
    ...(slow ? { baseMinMs: 1, baseMaxMs: rng.pick([5, 20, 40]) } : {}),
    ...(rng.fork("grain").chance(0.2) ? { grainMs: rng.fork("grains").pick([1, 5]) } : {}),
    ...(rng.fork("cuts").chance(0.3) ? { cutLosesInFlight: false } : {}),
  };
}

function drawDisk(rng: Rng): Partial<DiskOptions> {
  if (rng.chance(0.6)) return {};
  const syncMinMs = rng.pick([0, 1, 5]);
  const noteMaxMs = rng.fork("note").pick([0.2, 2, 20]);
  return { syncMinMs, syncMaxMs: syncMinMs + rng.pick([0.5, 10, 40]), noteMaxMs, waitMs: rng.pick([1, 10, 100]) };
}

function drawProcess(rng: Rng): Partial<ProcessOptions> {
  return rng.pick([{}, { rateMin: 1, rateMax: 1 }, { rateMin: 0.7, rateMax: 1.3 }]);
}

function drawWorkload(rng: Rng): WorkloadPlan {
  const proposalsPerS = Math.round(around(rng.fork("proposals"), 5, 200));
  return {
    proposalsPerS,
    readsPerS: Math.round(rng.fork("reads").pick([0, 5, 50])),
    bytesMax: rng.fork("bytes").pick([16, 100, 100, 400]),
    burst: rng.fork("burst").pick([1, 1, 1, 20]),
    anywhere: rng.fork("anywhere").pick([0, 0.1, 0.5]),
    emptyEntries: !rng.fork("empty").chance(0.1),
  };
}

function drawBirth(rng: Rng): number[] {
  if (!rng.chance(0.15)) return [];
  return Array.from({ length: rng.int(1, 4) }, () => Math.round(rng.between(0, 150)));
}

/**
 * The mixture of faults is drawn itself: some seeds have a few of them, some nearly a third. The more there are, the rarer each of them
 * is, or nothing would ever be committed.
 */
function drawFaults(rng: Rng, size: number): FaultPlan[] {
  const share = rng.fork("share").pick([0.05, 0.1, 0.2, 0.3]);
  const kinds = faultKinds.filter((kind) => size >= (kind.sizeMin ?? 1) && rng.fork(kind.name).chance(share));
  const rarer = Math.max(1, kinds.length / kindsAtFullRate);
  return kinds.map((kind) => drawFault(rng.fork(kind.name).fork("plan"), kind, rarer));
}

const kindsAtFullRate = 5;

function drawFault(rng: Rng, { name, everyMs, lastsMs }: FaultKind, rarer: number): FaultPlan {
  return {
    name,
    everyMs: Math.round(around(rng.fork("every"), everyMs[0], everyMs[1]) * rarer),
    lastsMs: lastsMs && around(rng.fork("lasts"), lastsMs[0], lastsMs[1]),
    force: rng.fork("force").int(1, 20) / 20,
    always: weathers.has(name) && rng.fork("always").chance(0.15),
  };
}

/** What a seed may have all the time without the group coming to a halt. */
export const weathers: ReadonlySet<string> = new Set(["loss", "delay", "duplication", "very late copies", "slow disks everywhere"]);

/** The plan of a scenario: production options and a calm world, but for the clocks and the disks, which are the seed's. */
export function scenarioPlan(drawn: Plan, { name, sizes, member }: Scenario, rng: Rng): Plan {
  return {
    ...drawn,
    scenario: name,
    size: rng.fork("size").pick(sizes),
    member,
    link: {},
    workload: { proposalsPerS: 50, readsPerS: 10, bytesMax: 64, burst: 1, anywhere: 0, emptyEntries: true },
    birthCutsMs: [],
    faults: [],
  };
}

/** The plan in lines that people read. */
export function planLines(plan: Plan): string[] {
  const { workload, lives, faults } = plan;
  const lines = [
    `${plan.size} server${plan.size === 1 ? "" : "s"}, ${plan.scenario === undefined ? `${plan.faultsMs}ms of faults, ` : ""}at most ${plan.settleMs}ms to settle`,
    `member: ${settings({ ...plan.member.raft, ...plan.member, raft: undefined })}`,
    `links: ${settings(plan.link)}`,
    `disks: ${settings(plan.disk)}`,
    `processes: ${settings(plan.process)}`,
    `workload: ${workload.proposalsPerS} proposals/s of up to ${workload.bytesMax} bytes, ${workload.burst} at once, ${workload.readsPerS} reads/s, ` +
      `${workload.anywhere * 100}% to anybody${workload.emptyEntries ? "" : ", no empty entries"}`,
    `the dead come back after ${lives.downMeanMs}ms, ${lives.atOnce * 100}% at once; first starts within ${plan.staggerMs}ms`,
  ];
  if (plan.birthCutsMs.length > 0) lines.push(`power cuts at birth: ${plan.birthCutsMs.map((ms) => `${ms}ms`).join(", ")} after the start`);
  for (const { name, everyMs, lastsMs, force, always } of faults) {
    const when = always ? "all the time" : `every ${everyMs}ms${lastsMs === undefined ? "" : ` for ${lastsMs}ms`}`;
    lines.push(`${name}: ${when}, force ${force}`);
  }
  if (plan.scenario !== undefined) lines.push(`scenario: ${plan.scenario}`);
  else if (faults.length === 0) lines.push("no faults");
  return lines;
}

export function settings(given: object): string {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? "as usual" : entries.map(([name, value]) => `${name} ${String(value)}`).join(", ");
}
