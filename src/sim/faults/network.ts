import type { ServerId } from "../../base/ids.ts";
import type { LinkSettings } from "../network/link.ts";
import type { Direction } from "../network/topology.ts";
import { drawn, type FaultKind, type Site, toLeader, type Undo } from "./site.ts";

/** Everything that networks do to packets, and who can no longer reach whom. */
export const networkFaults: readonly FaultKind[] = [
  weather("loss", ({ force }) => ({ loss: 0.3 * force }), { loss: 0 }),
  weather("delay", ({ force, rng }) => ({ delayMinMs: rng.between(0, 10), delayMeanMs: 1 + 99 * force }), {
    delayMinMs: 0,
    delayMeanMs: 0,
  }),
  weather("duplication", ({ force }) => ({ duplication: 0.3 * force, lateCopy: 0 }), { duplication: 0 }),
  weather("very late copies", ({ force }) => ({ duplication: 0.1 * force, lateCopy: 1 }), { duplication: 0, lateCopy: 0.1 }),
  weather("long reordering", () => ({ longReorder: () => true }), { longReorder: undefined }),
  { name: "slow link", everyMs: [500, 4000], lastsMs: [200, 4000], sizeMin: 2, strike: slowLink },
  { name: "lossy link", everyMs: [500, 4000], lastsMs: [200, 4000], sizeMin: 2, strike: lossyLink },
  { name: "slow server", everyMs: [500, 5000], lastsMs: [200, 4000], sizeMin: 2, strike: slowServer },
  { name: "clogged link", everyMs: [300, 3000], lastsMs: [50, 3000], sizeMin: 2, strike: clog },
  { name: "swizzle clog", everyMs: [1000, 6000], lastsMs: [200, 3000], sizeMin: 2, strike: swizzle },
  { name: "isolated server", everyMs: [1000, 6000], lastsMs: [200, 4000], sizeMin: 2, strike: (site) => isolate(site, site.any(), "both") },
  {
    name: "isolated leader",
    everyMs: [1000, 6000],
    lastsMs: [200, 4000],
    sizeMin: 2,
    strike: (site) => toLeader(site, (at) => isolate(site, at, "both")),
  },
  { name: "deaf server", everyMs: [1000, 6000], lastsMs: [200, 4000], sizeMin: 2, strike: (site) => isolate(site, site.any(), "in") },
  { name: "mute server", everyMs: [1000, 6000], lastsMs: [200, 4000], sizeMin: 2, strike: (site) => isolate(site, site.any(), "out") },
  {
    name: "deaf leader",
    everyMs: [1000, 6000],
    lastsMs: [200, 4000],
    sizeMin: 2,
    strike: (site) => toLeader(site, (at) => isolate(site, at, "in")),
  },
  {
    name: "mute leader",
    everyMs: [1000, 6000],
    lastsMs: [200, 4000],
    sizeMin: 2,
    strike: (site) => toLeader(site, (at) => isolate(site, at, "out")),
  },
  { name: "one-way cut", everyMs: [500, 4000], lastsMs: [200, 4000], sizeMin: 2, strike: oneWay },
  { name: "cut link", everyMs: [500, 4000], lastsMs: [200, 4000], sizeMin: 2, strike: cutLink },
  { name: "random partition", everyMs: [1000, 6000], lastsMs: [200, 4000], sizeMin: 2, strike: partition },
  {
    name: "leader with a minority",
    everyMs: [1000, 6000],
    lastsMs: [200, 4000],
    sizeMin: 3,
    strike: (site) => toLeader(site, (at) => minority(site, at)),
  },
  { name: "bridge", everyMs: [1500, 8000], lastsMs: [300, 4000], sizeMin: 3, strike: bridge },
  { name: "ring", everyMs: [1500, 8000], lastsMs: [300, 4000], sizeMin: 4, strike: ring },
  { name: "flapping server", everyMs: [1500, 8000], lastsMs: [300, 4000], sizeMin: 2, strike: flap },
];

/** A setting of all links that comes and goes. */
function weather(name: string, bad: (site: Site) => Partial<LinkSettings>, good: Partial<LinkSettings>): FaultKind {
  const strike = (site: Site): Undo => {
    const { network } = site.cluster.sim;
    network.configure(bad(site));
    return () => network.configure(good);
  };
  return { name, everyMs: [500, 6000], lastsMs: [300, 8000], sizeMin: 2, strike };
}

function onLink(site: Site, bad: Partial<LinkSettings>, good: Partial<LinkSettings>): Undo | undefined {
  const pair = site.pair();
  if (pair === undefined) return undefined;
  const [from, to] = pair.map((at) => site.id(at)) as [ServerId, ServerId];
  const { network } = site.cluster.sim;
  network.configureLink(from, to, bad);
  return () => network.configureLink(from, to, good);
}

function slowLink(site: Site): Undo | undefined {
  return onLink(site, { delayMinMs: 10 + 490 * site.force, delayMeanMs: 50 }, { delayMinMs: 0, delayMeanMs: 0 });
}

function lossyLink(site: Site): Undo | undefined {
  return onLink(site, { loss: 0.3 + 0.6 * site.force }, { loss: 0 });
}

function slowServer(site: Site): Undo {
  const { network } = site.cluster.sim;
  const id = site.id(site.any());
  network.slow(id, 20 + 480 * site.force * site.rng.unit());
  return () => network.slow(id, 0);
}

function clog(site: Site): Undo | undefined {
  const pair = site.pair();
  if (pair === undefined) return undefined;
  const [from, to] = pair;
  const { network } = site.cluster.sim;
  network.clog(site.id(from), site.id(to));
  return () => network.unclog(site.id(from), site.id(to));
}

/** Clogs some servers' links one after another, and lets them go in another order. */
function swizzle(site: Site): Undo {
  const { world, network } = site.cluster.sim;
  const ids = site.ids;
  const chosen = site.rng.shuffle(ids).slice(0, site.rng.int(1, ids.length));
  const each = (id: ServerId, act: (from: ServerId, to: ServerId) => void): void => {
    for (const other of ids) if (other !== id) act(other, id);
  };
  let over = false;
  for (const [i, id] of chosen.entries())
    world.post(i * 20, () => {
      if (!over) each(id, (from, to) => network.clog(from, to));
    });
  return () => {
    over = true;
    for (const [i, id] of site.rng.shuffle(chosen).entries()) world.post(i * 20, () => each(id, (from, to) => network.unclog(from, to)));
  };
}

function isolate(site: Site, at: number, direction: Direction): Undo {
  const { network } = site.cluster.sim;
  const id = site.id(at);
  network.isolate(id, direction);
  return () => network.rejoin(id);
}

function oneWay(site: Site): Undo | undefined {
  const pair = site.pair();
  if (pair === undefined) return undefined;
  const [from, to] = pair;
  const { network } = site.cluster.sim;
  network.cutOneWay(site.id(from), site.id(to));
  return () => network.cutOneWay(site.id(from), site.id(to), false);
}

function cutLink(site: Site): Undo | undefined {
  const pair = site.pair();
  if (pair === undefined) return undefined;
  const [one, other] = pair;
  const { network } = site.cluster.sim;
  network.cut(site.id(one), site.id(other));
  return () => network.cut(site.id(one), site.id(other), false);
}

function split(site: Site, groups: readonly (readonly number[])[]): Undo {
  const { network, name } = site.cluster.sim;
  network.partition(
    groups.map((group) => group.map((at) => site.id(at))),
    name.servers,
  );
  return () => network.partition([], name.servers);
}

function partition(site: Site): Undo | undefined {
  const halves = site.halves();
  return halves && split(site, halves);
}

function minority(site: Site, leader: number): Undo {
  const others = site.rng.shuffle(site.cluster.sim.servers.map((_, at) => at).filter((at) => at !== leader));
  const company = site.rng.int(0, Math.ceil(site.size / 2) - 2);
  return split(site, [[leader, ...others.slice(0, company)], others.slice(company)]);
}

/** Two groups that reach each other only through one server. */
function bridge(site: Site): Undo {
  const mixed = site.rng.shuffle(site.cluster.sim.servers.map((_, at) => at));
  const cut = site.rng.int(1, mixed.length - 2);
  return split(site, [mixed.slice(1, 1 + cut), mixed.slice(1 + cut)]);
}

/** Everybody reaches his two neighbours. */
function ring(site: Site): Undo {
  const { network } = site.cluster.sim;
  const mixed = site.rng.shuffle(site.ids);
  const cuts: (readonly [ServerId, ServerId])[] = [];
  for (let i = 0; i < mixed.length; i += 1) {
    for (let j = i + 2; j < mixed.length; j += 1) {
      if (i > 0 || j < mixed.length - 1) cuts.push([drawn(mixed, i), drawn(mixed, j)]);
    }
  }
  for (const [one, other] of cuts) network.cut(one, other);
  return () => {
    for (const [one, other] of cuts) network.cut(one, other, false);
  };
}

/** A server that is there, and gone, and there again. */
function flap(site: Site): Undo {
  const { world, network } = site.cluster.sim;
  const id = site.id(site.any());
  let flapping = true;
  const next = (cut: boolean): void => {
    if (!flapping) return;
    if (cut) network.isolate(id);
    else network.rejoin(id);
    world.post(site.rng.between(10, 300), () => next(!cut));
  };
  next(true);
  return () => {
    flapping = false;
    network.rejoin(id);
  };
}
