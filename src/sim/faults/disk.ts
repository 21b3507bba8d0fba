import { type FaultKind, over, type Site, toLeader, type Undo } from "./site.ts";

/**
 * How disks fail, and what becomes of directories. A directory that is emptied, or put back to an older state of its rows, belongs
 * to a replica that has to stay out: this happens to a minority only. An old copy of rows *and* cells is not among the faults: it
 * is a legal state of that replica, and nothing in it shows that it has promised more since.
 */
export const diskFaults: readonly FaultKind[] = [
  { name: "slow disk", everyMs: [500, 6000], lastsMs: [200, 5000], strike: (site) => slow(site, site.any()) },
  {
    name: "slow disk of the leader",
    everyMs: [1000, 6000],
    lastsMs: [200, 5000],
    strike: (site) => toLeader(site, (at) => slow(site, at)),
  },
  { name: "slow disks everywhere", everyMs: [2000, 10_000], lastsMs: [500, 5000], strike: slowAll },
  { name: "hung disk", everyMs: [1000, 8000], lastsMs: [100, 5000], strike: (site) => hang(site, site.any()) },
  {
    name: "hung disk of the leader",
    everyMs: [1500, 8000],
    lastsMs: [100, 6000],
    strike: (site) => toLeader(site, (at) => hang(site, at)),
  },
  { name: "failed write", everyMs: [1000, 8000], strike: failWrite },
  { name: "full disk", everyMs: [2000, 10_000], lastsMs: [100, 3000], strike: full },
  { name: "emptied directory", everyMs: [4000, 20_000], sizeMin: 3, strike: wipe },
  { name: "older rows", everyMs: [4000, 20_000], sizeMin: 3, strike: olderRows },
];

function slow(site: Site, at: number): Undo {
  const { drive } = site.server(at).disk;
  drive.slow(site.rng.between(1, 10), 1000 * site.force * site.rng.unit());
  return () => drive.slow(1);
}

function slowAll(site: Site): Undo {
  const undo = site.cluster.sim.servers.map((_, at) => slow(site, at));
  return () => {
    for (const one of undo) one();
  };
}

function hang(site: Site, at: number): Undo {
  const { drive } = site.server(at).disk;
  drive.hang();
  return () => drive.release();
}

function failWrite(site: Site): Undo {
  site.server(site.any()).disk.drive.failNext("the device reports an error");
  return over;
}

function full(site: Site): Undo {
  const { disk } = site.server(site.any());
  disk.setFull(true);
  return () => disk.setFull(false);
}

function wipe(site: Site): Undo | undefined {
  const at = site.any();
  if (!site.lives.mayLose(at)) return undefined;
  site.lives.lose(at);
  site.lives.crash(at, true);
  site.cluster.wipe(at);
  return over;
}

/** Later, when the process dies and the machine does not, the rows are back to what they are now, and the cells are not. */
function olderRows(site: Site): Undo | undefined {
  const at = site.any();
  const { disk, process } = site.server(at);
  if (!site.lives.mayLose(at) || !process.alive) return undefined;
  const { lives } = process;
  const older = [...disk.image()];
  site.cluster.sim.world.post(site.rng.between(100, 4000), () => {
    if (process.lives !== lives || !process.alive || !site.lives.mayLose(at)) return;
    site.lives.lose(at);
    site.lives.keepPowered(at);
    site.lives.crash(at, false);
    site.cluster.putBack(at, older);
  });
  return over;
}
