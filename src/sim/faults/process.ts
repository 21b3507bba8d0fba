import { replicaId } from "../../base/ids.ts";
import { type FaultKind, over, type Site, toLeader, type Undo } from "./site.ts";

/** How processes, machines and their clocks fail. A server that dies comes back: see `Lives`. */
export const processFaults: readonly FaultKind[] = [
  { name: "crash", everyMs: [800, 8000], strike: (site) => atAlive(site, (at) => crash(site, at, false)) },
  { name: "power cut", everyMs: [800, 8000], strike: (site) => atAlive(site, (at) => crash(site, at, true)) },
  { name: "crash of the leader", everyMs: [1000, 8000], strike: (site) => toLeader(site, (at) => crash(site, at, site.rng.chance(0.5))) },
  {
    name: "crash when a write is taken",
    everyMs: [800, 8000],
    strike: (site) => atAlive(site, (at) => crashAtWrite(site, at, "onAccepted")),
  },
  { name: "crash when a write lands", everyMs: [800, 8000], strike: (site) => atAlive(site, (at) => crashAtWrite(site, at, "onDurable")) },
  { name: "crash when a packet leaves", everyMs: [800, 8000], sizeMin: 2, strike: (site) => atAlive(site, (at) => crashAtSend(site, at)) },
  { name: "crash in recovery", everyMs: [1500, 10_000], strike: (site) => atAlive(site, (at) => crashAgain(site, at)) },
  { name: "crash of all", everyMs: [4000, 15_000], strike: (site) => crashAll(site, false) },
  { name: "power cut of all", everyMs: [4000, 15_000], strike: (site) => crashAll(site, true) },
  { name: "rolling restart", everyMs: [4000, 15_000], strike: rollingRestart },
  { name: "pause", everyMs: [500, 6000], lastsMs: [1, 3000], strike: (site) => atAlive(site, (at) => pause(site, at)) },
  { name: "pause of the leader", everyMs: [1000, 6000], lastsMs: [1, 3000], strike: (site) => toLeader(site, (at) => pause(site, at)) },
  { name: "clock leap", everyMs: [500, 6000], strike: (site) => atAlive(site, (at) => leap(site, at)) },
  { name: "wall clock jump", everyMs: [500, 6000], strike: wallJump },
  { name: "leadership transfer", everyMs: [300, 6000], sizeMin: 2, strike: (site) => toLeader(site, (at) => transfer(site, at)) },
  { name: "compaction", everyMs: [100, 2000], strike: (site) => atAlive(site, (at) => compact(site, at)) },
];

function atAlive(site: Site, strike: (at: number) => Undo | undefined): Undo | undefined {
  const at = site.anyAlive();
  return at === undefined ? undefined : strike(at);
}

function crash(site: Site, at: number, powerCut: boolean): Undo {
  site.lives.crash(at, powerCut);
  return over;
}

/** Kills the server in the middle of what it does, when its storage takes a batch or when one is safe. */
function crashAtWrite(site: Site, at: number, when: "onAccepted" | "onDurable"): Undo {
  let left = site.rng.int(1, 5);
  const powerCut = site.rng.chance(0.5);
  const cancel = site.server(at).disk.observe({
    [when]: () => {
      left -= 1;
      if (left !== 0) return;
      cancel();
      if (site.server(at).process.alive) site.lives.crash(at, powerCut);
    },
  });
  return over;
}

/** Kills the server when it has sent a packet, before it does the next thing. */
function crashAtSend(site: Site, at: number): Undo {
  let left = site.rng.int(1, 10);
  const powerCut = site.rng.chance(0.5);
  const id = site.id(at);
  const cancel = site.cluster.sim.network.onSend((from) => {
    if (from !== id) return;
    left -= 1;
    if (left !== 0) return;
    cancel();
    site.lives.crash(at, powerCut);
  });
  return over;
}

/** Kills the server, and kills it again while it reads its disk. */
function crashAgain(site: Site, at: number): Undo {
  const { world } = site.cluster.sim;
  let left = site.rng.int(1, 4);
  const again = (): void => {
    left -= 1;
    site.lives.crash(at, site.rng.chance(0.5), 1);
    if (left > 0) world.post(1 + site.rng.between(0, 8), again);
  };
  again();
  return over;
}

function crashAll(site: Site, powerCut: boolean): Undo {
  for (let at = 0; at < site.size; at += 1) site.lives.crash(at, powerCut);
  return over;
}

/** Every other time the servers are told to end, where they know what to do then. */
function rollingRestart(site: Site): Undo {
  const gapMs = site.rng.between(20, 600);
  const isPolite = site.rng.fork(`polite ${gapMs}`).chance(0.5);
  for (let i = 0; i < site.size; i += 1) {
    site.cluster.sim.world.post(i * gapMs, () => {
      const end = (): void => site.lives.crash(i, false, site.rng.between(1, gapMs));
      if (!isPolite || site.server(i).drain === undefined) end();
      else drain(site, i, end);
    });
  }
  return over;
}

/** Runs `end` when the server is through with preparing it, if it lives so long. */
function drain(site: Site, at: number, end: () => void): void {
  const { process } = site.server(at);
  const life = process.lives;
  process.env()?.clock.after(0, () => {
    const begun = site.server(at).drain;
    // Told twice, it goes on with the first.
    site.server(at).drain = undefined;
    begun?.(() => {
      site.cluster.sim.world.post(0, () => {
        if (process.lives === life && process.alive) end();
      });
    });
  });
}

function pause(site: Site, at: number): Undo {
  const { process } = site.server(at);
  process.pause();
  return () => process.resume();
}

function leap(site: Site, at: number): Undo {
  site.server(at).process.leapClock(site.rng.exponential(10 + 2000 * site.force));
  return over;
}

function wallJump(site: Site): Undo {
  site.server(site.any()).process.moveWallClock(site.rng.between(-3_600_000, 3_600_000));
  return over;
}

/** Has the leader give its place to another, whoever that is. */
function transfer(site: Site, at: number): Undo {
  const server = site.server(at);
  const to = replicaId((at + site.rng.int(1, site.size - 1)) % site.size);
  server.process.env()?.clock.after(0, () => server.member?.transfer(to));
  return over;
}

/** Has the server drop its log up to what it has applied, or a little less. */
function compact(site: Site, at: number): Undo | undefined {
  const { member } = site.server(at);
  const applied = member?.raft?.state.applied ?? 0;
  if (member === undefined || applied === 0) return undefined;
  const index = Math.max(1, applied - site.rng.int(0, 3));
  site
    .server(at)
    .process.env()
    ?.clock.after(0, () => member.compact(index));
  return over;
}
