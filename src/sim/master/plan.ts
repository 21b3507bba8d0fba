import type { Rng } from "../../base/rng.ts";
import type { ClusterShape } from "../../shardmaster/shape.ts";
import { type ClientsPlan, clientLines, drawClients, drawReplica, type GroupPlan, replicaLines, withinRoom } from "../group/plan.ts";
import { drawMixture, type Mixture, mixtureText } from "../mixture.ts";
import { drawPlan, type Plan, type PlanLengths } from "../plan.ts";

/** What an administrator asks for. `wrong` is what has to be refused. */
export const adminKinds = ["query", "old", "join", "leave", "move", "wrong"] as const;
export type AdminKind = (typeof adminKinds)[number];

/** What clients of the shardmaster ask besides. */
export interface AdminsPlan extends ClientsPlan {
  /** Groups that join and leave. */
  readonly groups: number;
  /** How much of each kind there is. */
  readonly mixture: Mixture<AdminKind>;
}

/** Everything that a seed of a shardmaster with its clients decides before anything runs. */
export interface MasterPlan extends GroupPlan {
  readonly shape: ClusterShape;
  readonly clients: AdminsPlan;
}

const rate = { low: 20, high: 80 };

/** Every configuration stays for ever: snapshots grow, and are not to come in more pieces than settling has time for. */
const chunkBytesMin = 1000;

export function drawMasterPlan(seed: string, rng: Rng, lengths: PlanLengths): MasterPlan {
  const servers = drawPlan(seed, rng, lengths);
  const own = rng.fork("master");
  const shards = own.fork("shards").pick([1, 3, 10, 10, 16, 40]);
  const replica = drawReplica(own.fork("replica"), servers);
  const { snapshotChunkBytesMax } = replica.member ?? {};
  const chunks = snapshotChunkBytesMax === undefined ? {} : { snapshotChunkBytesMax: Math.max(chunkBytesMin, snapshotChunkBytesMax) };
  const clients = drawAdmins(own.fork("clients"), servers);
  return {
    servers,
    replica: { ...replica, member: { ...replica.member, ...chunks } },
    shape: { cluster: "simulated", shards, partitioner: { kind: "hash" } },
    clients: withinRoom(clients, replica),
  };
}

function drawAdmins(rng: Rng, servers: Plan): AdminsPlan {
  return {
    ...drawClients(rng, servers, rate),
    groups: rng.fork("groups").int(2, 12),
    mixture: drawWishes(rng.fork("mixture")),
  };
}

/** All have joins, and somebody who looks. */
function drawWishes(rng: Rng): Mixture<AdminKind> {
  const drawn = drawMixture(rng, adminKinds);
  return { ...drawn, join: Math.max(1, drawn.join), query: Math.max(1, drawn.query) };
}

/** What a plan says beside its servers', in lines that people read. */
export function masterPlanLines(plan: MasterPlan): string[] {
  const { groups, mixture } = plan.clients;
  return [
    ...replicaLines(plan),
    `cluster: ${plan.shape.shards} shards, ${groups} groups`,
    ...clientLines(plan, `of the configurations: ${mixtureText(adminKinds, mixture)}`),
  ];
}
