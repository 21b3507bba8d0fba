import type { Rng } from "../../base/rng.ts";
import type { KvOptions } from "../../shardkv/options.ts";
import {
  type ClientsPlan,
  clientLines,
  drawClients,
  drawReplica,
  type GroupPlan,
  type Rate,
  replicaLines,
  withinRoom,
} from "../group/plan.ts";
import { drawMixture, type Mixture, mixtureText } from "../mixture.ts";
import { drawPlan, type Plan, type PlanLengths, settings } from "../plan.ts";

/** What a client asks for. */
export const operationKinds = ["get", "put", "append", "swap", "delete", "cas", "put_version", "scan"] as const;
export type OperationKind = (typeof operationKinds)[number];

/** What clients of a store ask besides. */
export interface KvClientsPlan extends ClientsPlan {
  readonly keys: number;
  /** A value has so many bytes at most, beside a token that no other value has. */
  readonly valueBytesMax: number;
  /** How much of each kind there is. */
  readonly mixture: Mixture<OperationKind>;
}

/** Everything that a seed of a group of stores with clients decides before anything runs. */
export interface KvPlan extends GroupPlan {
  readonly kv: Partial<KvOptions>;
  readonly clients: KvClientsPlan;
}

const rate: Rate = { low: 30, high: 120 };

export function drawKvPlan(seed: string, rng: Rng, lengths: PlanLengths): KvPlan {
  const servers = drawPlan(seed, rng, lengths);
  const own = rng.fork("kv");
  const kv = drawKv(own.fork("store"));
  const replica = drawReplica(own.fork("replica"), servers);
  const clients = withinRoom(drawKvClients(own.fork("clients"), servers), replica);
  const few = own.fork("few sessions");
  if (!few.chance(0.2)) return { servers, replica, kv, clients };
  // There is room for those who live, and the dead make room for them soon.
  const sessionsMax = (clients.count + 1) * (kv.shards ?? 1) + few.int(0, 2);
  return {
    servers,
    replica: { ...replica, sessions: { ...replica.sessions, sessionsMax } },
    kv,
    clients: { ...clients, session: { ...clients.session, validMs: few.pick([300, 1500]) } },
  };
}

function drawKv(rng: Rng): Partial<KvOptions> {
  return {
    shards: rng.fork("shards").pick([1, 1, 2, 5]),
    ...(rng.fork("values").chance(0.2) ? { valueBytesMax: 200 } : {}),
    ...(rng.fork("pages").chance(0.7) ? { pageRowsMax: rng.fork("page rows").int(1, 4) } : {}),
  };
}

/** Clients of a store on one of `keysMax` keys or less, of which all together ask so often. */
export function drawKvClients(rng: Rng, servers: Plan, often: Rate = rate, keysMax = 6): KvClientsPlan {
  return {
    ...drawClients(rng, servers, often),
    keys: rng.fork("keys").int(1, keysMax),
    valueBytesMax: rng.fork("value bytes").pick([0, 0, 30, 150]),
    mixture: drawOperations(rng.fork("mixture")),
  };
}

/** What is written is read, and what is read was written. */
function drawOperations(rng: Rng): Mixture<OperationKind> {
  const drawn = drawMixture(rng, operationKinds);
  return { ...drawn, get: Math.max(1, drawn.get), append: Math.max(1, drawn.append) };
}

/** What a plan says beside its servers', in lines that people read. */
export function kvPlanLines(plan: KvPlan): string[] {
  return [...replicaLines(plan), `store: ${settings(plan.kv)}`, ...kvClientLines(plan)];
}

export function kvClientLines({ clients }: Pick<KvPlan, "clients">): string[] {
  const { keys, valueBytesMax, mixture } = clients;
  return clientLines({ clients }, `on ${keys} keys, values up to ${valueBytesMax} bytes: ${mixtureText(operationKinds, mixture)}`);
}
