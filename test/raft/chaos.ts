import { Rng } from "../../src/base/rng.ts";
import type { RaftOptions } from "../../src/raft/options.ts";
import { Cluster } from "./cluster.ts";

/** A cluster to which `steps` random things have happened, all drawn from `seed`. Its checker throws when a promise is broken. */
export function disturbedCluster(seed: number | string, steps: number): Cluster {
  const rng = new Rng(seed);
  const options = drawOptions(rng.fork("options"));
  const cluster = new Cluster([1, 2, 3, 4, 5].slice(0, rng.int(1, 5)), options);
  for (let step = 0; step < steps; step += 1) happen(cluster, rng, step);
  return cluster;
}

/** The knobs of one run, all drawn from its seed: many small limits, so that every branch is met. */
function drawOptions(rng: Rng): Partial<RaftOptions> {
  return {
    checkQuorum: rng.int(0, 3) > 0,
    snapshotTicks: rng.int(3, 20),
    appendBytesMax: rng.int(1, 120),
    appendEntriesMax: rng.int(1, 5),
    inFlightMax: rng.int(1, 4),
    inFlightBytesMax: rng.int(1, 200),
    uncommittedBytesMax: rng.int(40, 400),
    unstableBytesMax: rng.int(40, 400),
    applyBytesMax: rng.int(1, 100),
    readsMax: 4,
  };
}

/** Something that may happen next; most often a message arrives. */
function happen(cluster: Cluster, rng: Rng, step: number): void {
  const ids = [...cluster.nodes.keys()];
  const id = ids[rng.int(0, ids.length - 1)] ?? 0;
  const { raft, disk, rows } = cluster.node(id);
  const draw = rng.int(0, 99);
  if (draw < 50) moveMessage(cluster, rng);
  else if (raft === undefined) cluster.open(id);
  else if (draw < 70) cluster.tick(id, rng.int(1, 4));
  else if (draw < 80) cluster.finish(id, rng.int(0, disk.unfinished), rng.int(0, 1) === 1);
  else if (draw < 90) cluster.propose(id, ...Array.from({ length: rng.int(1, 3) }, (_, i) => `${step}.${i}`));
  else if (draw < 93) cluster.read(id, step);
  else if (draw < 96) disk.paused = rng.int(0, 1) === 1;
  else if (draw < 97) cluster.crash(id, rng.int(0, 3));
  else if (draw < 99) compactSome(cluster, rng, id);
  else if (raft.state.role === "leader" && rows.length > 0) {
    // A snapshot that nobody asked for, perhaps an old one.
    cluster.snapshot(id, ids[rng.int(0, ids.length - 1)] ?? 0, rng.int(1, rows.length));
  }
}

function moveMessage(cluster: Cluster, rng: Rng): void {
  const { network, offers } = cluster;
  if (offers.length > 0 && rng.int(0, 1) === 1) cluster.answerOffer();
  if (network.length === 0) return;
  // Mostly in order, sometimes not; sometimes twice, sometimes never, sometimes long after.
  const at = rng.int(0, 4) === 0 ? rng.int(0, network.length - 1) : 0;
  const packet = network[at];
  if (packet === undefined || (rng.int(0, 9) === 0 && network.length < 60)) return;
  if (rng.int(0, 9) !== 0) network.splice(at, 1);
  if (rng.int(0, 9) !== 0) cluster.deliver(packet);
}

function compactSome(cluster: Cluster, rng: Rng, id: number): void {
  const { mark, rows } = cluster.node(id).disk.image;
  const first = cluster.raft(id).state.log.mark.index;
  if (rows.length > Math.max(first, mark.index)) cluster.compact(id, rng.int(Math.max(first, mark.index), rows.length));
}

/** After all faults: does the cluster come to agree, and take a command? */
export function settles(cluster: Cluster): boolean {
  for (const [id, node] of cluster.nodes) {
    node.disk.paused = false;
    if (node.raft === undefined) cluster.open(id);
    else cluster.finish(id);
  }
  cluster.network.length = 0;
  for (let round = 0; round < 60; round += 1) {
    for (const id of cluster.nodes.keys()) {
      cluster.tick(id);
      if (!cluster.stabilize()) return false;
    }
  }
  for (const id of cluster.nodes.keys()) cluster.propose(id, "last");
  cluster.stabilize();
  for (const id of cluster.nodes.keys()) cluster.tick(id, cluster.options.heartbeatTicks);
  cluster.stabilize();
  // That all apply the same, the checker has seen to.
  return [...cluster.nodes.values()].every(({ rows }) => Buffer.from(rows.at(-1)?.data ?? []).toString() === "last");
}
