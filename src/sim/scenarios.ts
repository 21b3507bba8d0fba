import { present } from "../base/assert.ts";
import type { ServerId } from "../base/ids.ts";
import type { MemberOptionsGiven } from "../rsm/options.ts";
import { violate } from "./oracle/violation.ts";
import { serverName } from "./oracle/watched.ts";
import type { Stage } from "./stage.ts";

/** A directed test of progress: one situation that production meets, with what must come of it. */
export interface Scenario {
  readonly name: string;
  /** What it demands. */
  readonly title: string;
  readonly sizes: readonly number[];
  readonly member: MemberOptionsGiven;
  readonly play: (stage: Stage) => void;
}

/** How long a leader's hung disk is borne: the core's own default, which the bound of L8 is made of. */
const stallTicks = 100;

export const scenarios: readonly Scenario[] = [
  {
    name: "troubled-minority",
    title: "L4: the commit index advances while a minority is paused, slow, cut off, dead or has a hung disk",
    sizes: [3, 4, 5, 7],
    member: {},
    play: troubledMinority,
  },
  {
    name: "laggard",
    title: "L5: a follower whose place in the log was dropped catches up by a snapshot and is replicated to as usual",
    sizes: [3, 5],
    member: { logBytesMax: 2000, logTailBytes: 200 },
    play: laggard,
  },
  {
    name: "partial-connectivity",
    title: "L6: a leader that reaches a majority keeps leading, and terms stand still",
    sizes: [5],
    member: {},
    play: partialConnectivity,
  },
  {
    name: "rejoin",
    title: "L7: a server that was cut off comes back without deposing the leader",
    sizes: [3, 5],
    member: {},
    play: rejoin,
  },
  {
    name: "hung-leader-disk",
    title: "L8: a leader whose disk hangs is replaced in time",
    sizes: [3, 5],
    member: { raft: { stallTicks } },
    play: hungLeaderDisk,
  },
];

/** The scenario of that name; there is one. */
export function scenarioNamed(name: string): Scenario {
  return present(
    scenarios.find((each) => each.name === name),
    `there is a scenario called ${name}`,
  );
}

type Trouble = (stage: Stage, at: number) => void;

const troubles: Readonly<Record<string, Trouble>> = {
  pause: (stage, at) => stage.server(at).process.pause(),
  "slow server": (stage, at) => stage.cluster.sim.network.slow(stage.server(at).id, stage.rng.between(200, 3000)),
  "isolated server": (stage, at) => stage.cluster.sim.network.isolate(stage.server(at).id),
  "deaf server": (stage, at) => stage.cluster.sim.network.isolate(stage.server(at).id, "in"),
  "mute server": (stage, at) => stage.cluster.sim.network.isolate(stage.server(at).id, "out"),
  "dead server": (stage, at) => stage.cluster.crash(at, { powerCut: stage.rng.chance(0.5) }),
  "hung disk": (stage, at) => stage.server(at).disk.drive.hang(),
  "slow disk": (stage, at) => stage.server(at).disk.drive.slow(5, stage.rng.between(100, 1000)),
};

function troubledMinority(stage: Stage): void {
  const { leader } = stage.reign();
  const minority = Math.ceil(stage.size / 2) - 1;
  const withLeader = stage.rng.chance(0.4);
  const chosen = [...(withLeader ? [leader] : []), ...stage.followers(leader)].slice(0, stage.rng.int(1, minority));
  for (const at of chosen) {
    const name = stage.rng.pick(Object.keys(troubles));
    stage.strike(name);
    troubles[name]?.(stage, at);
  }
  // A leader in trouble has to be given up first: it hangs at most as long as its disk may, and then there is an election.
  stage.run(withLeader ? 2_500 + 10 * stage.electionMs : 500);
  const why = `while ${chosen.map(serverName).join(", ")} of ${stage.size} servers ${chosen.length === 1 ? "is" : "are"} in trouble`;
  stage.demandCommits("L4", 10_000, 1000, why);
}

function laggard(stage: Stage): void {
  const { leader } = stage.reign();
  const late = stage.followers(leader)[0] as number;
  const alive = stage.rng.chance(0.5);
  stage.strike(alive ? "isolated server" : "dead server");
  if (alive) stage.cluster.sim.network.isolate(stage.server(late).id);
  else stage.cluster.crash(late, { powerCut: stage.rng.chance(0.5) });
  const before = stage.commit;
  const end = stage.cluster.sim.world.now + 60_000;
  while (!othersDropped(stage, late, before) && stage.cluster.sim.world.now < end) stage.run(100);
  if (alive) stage.cluster.sim.network.heal();
  else stage.lives.revive(late);
  demandReplicated(stage, late);
}

/** Whether nobody but `late` can still send the entries behind `index`. */
function othersDropped(stage: Stage, late: number, index: number): boolean {
  return stage.cluster.oracle.servers.every((server) => server.at === late || server.memory.markIndex > index + 10);
}

/** Within 20 seconds the follower has what was committed, and the leader sends it entries again. */
function demandReplicated(stage: Stage, late: number): void {
  const target = stage.commit;
  const end = stage.cluster.sim.world.now + 20_000;
  for (;;) {
    const leader = stage.cluster.sim.leader;
    const progress = leader === undefined ? undefined : stage.cluster.sim.member(leader)?.raft?.state.progress;
    const own = leader === late ? "replicate" : progress?.get(stage.cluster.oracle.servers[late]?.id ?? (0 as never))?.state;
    const applied = stage.cluster.sim.member(late)?.raft?.state.applied ?? 0;
    if (applied >= target && own === "replicate") return;
    if (stage.cluster.sim.world.now >= end)
      violate(
        "L5",
        `20000 ms after it came back ${serverName(late)} has applied ${applied} of ${target}, and is in state ${own ?? "none"}`,
      );
    stage.run(50);
  }
}

/** Cuts links so that the leader reaches a majority both ways, and some of the others do not reach it, or each other. */
function partialConnectivity(stage: Stage): void {
  const reign = stage.reign();
  const others = stage.followers(reign.leader);
  const { network } = stage.cluster.sim;
  const id = (at: number): ServerId => stage.server(at).id;
  // Quiet groups are another matter: there the one who is cut off has as good a log as anybody.
  const quiet = stage.rng.chance(0.5);
  if (quiet) stage.quiet();
  const cutOff = others.slice(0, stage.rng.int(1, 2));
  const near = others.slice(cutOff.length);
  for (const at of cutOff) {
    stage.strike("cut link");
    const way = stage.rng.int(0, 2);
    if (way !== 1) network.cutOneWay(id(reign.leader), id(at));
    if (way !== 0) network.cutOneWay(id(at), id(reign.leader));
    for (const other of near) if (stage.rng.chance(0.3)) network.cut(id(at), id(other));
  }
  const before = stage.term;
  if (quiet) stage.run(60_000);
  else stage.demandCommits("L6", 60_000, 2000, `although ${serverName(reign.leader)} reaches ${near.length} of ${stage.size - 1} others`);
  const grown = stage.term - before;
  if (grown > 2) violate("L6", `terms have grown by ${grown} in a minute, although ${serverName(reign.leader)} reaches a majority`);
  stage.demandReign("L6", reign, "although it reaches a majority");
}

function rejoin(stage: Stage): void {
  const reign = stage.reign();
  const at = stage.followers(reign.leader)[0] as number;
  const { network } = stage.cluster.sim;
  const direction = stage.rng.pick(["both", "in", "out"] as const);
  stage.strike(direction === "both" ? "isolated server" : direction === "in" ? "deaf server" : "mute server");
  if (stage.rng.chance(0.3)) stage.quiet();
  network.isolate(stage.server(at).id, direction);
  stage.run(stage.rng.between(500, 15_000));
  stage.demandReign("L7", reign, `while ${serverName(at)} is cut off`);
  network.heal();
  stage.run(5000);
  stage.demandReign("L7", reign, `after ${serverName(at)} has come back`);
}

function hungLeaderDisk(stage: Stage): void {
  const reign = stage.reign();
  stage.run(stage.rng.between(0, 500));
  const { drive } = stage.server(reign.leader).disk;
  stage.strike("hung disk of the leader");
  drive.hang();
  // The leader bears it for `stallTicks` by its own clock; then two elections, in case that the first one fails.
  const boundMs = (stallTicks * 10) / 0.9 + 2 * stage.electionMs + 500;
  const end = stage.cluster.sim.world.now + boundMs;
  let next = stage.cluster.sim.leader;
  while ((next === reign.leader || next === undefined) && stage.cluster.sim.world.now < end) {
    stage.run(20);
    next = stage.cluster.sim.leader;
  }
  if (next === reign.leader || next === undefined)
    violate(
      "L8",
      `${Math.round(boundMs)} ms after the disk of ${serverName(reign.leader)} hung it still leads term ${reign.term}, or nobody does`,
    );
  stage.demandCommits("L8", 3000, 1000, `while the disk of ${serverName(reign.leader)} hangs`);
  drive.release();
}
