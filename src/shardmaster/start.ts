import { present } from "../base/assert.ts";
import type { Env } from "../env/env.ts";
import { type CallerOptions, callerOptions } from "../rsm/caller/caller-options.ts";
import { GroupClient } from "../rsm/caller/group-client.ts";
import { ClientSession } from "../rsm/caller/operation.ts";
import { Host } from "../rsm/host.ts";
import type { Unusable } from "../rsm/identity.ts";
import { withLoopback } from "../rsm/loopback.ts";
import type { Identity, ReplicaOptions } from "../rsm/options.ts";
import { Replica } from "../rsm/replica.ts";
import type { MasterCommand } from "./commands.ts";
import type { Group } from "./config.ts";
import { FoundingMachine } from "./founding/founding-machine.ts";
import type { FoundingQuery, Register } from "./founding/wire.ts";
import type { MasterLimits } from "./limits.ts";
import { MasterMachine } from "./master-machine.ts";
import type { MasterQuery } from "./queries.ts";
import type { ClusterShape } from "./shape.ts";
import { ShapeKeeper } from "./shape-keeper.ts";

/** A replica of the shardmaster's group. */
export type MasterReplica = Replica<MasterCommand | Register, MasterQuery | FoundingQuery>;

export interface ShardMasterOptions {
  readonly replica: ReplicaOptions;
  /** The shape that the cluster is to have, or has. */
  readonly shape: ClusterShape;
  readonly limits?: Partial<MasterLimits>;
  /** The groups of the first configuration, which is made when a quorum of each has registered; without them it is made by a join. */
  readonly founders?: readonly Group[];
}

/** What may turn up while a shardmaster runs. */
export interface ShardMasterEvents {
  /** The cluster has another shape than this server was started with, for ever: whoever started it stops it. `why` names both. */
  readonly otherShape?: (why: string) => void;
  /** The shape is agreed upon: the cluster is initialised. */
  readonly agreed?: () => void;
  /** What is wrong with a directory that cannot be used. */
  readonly unusable?: (found: Unusable) => void;
}

/** A server of the shardmaster that runs. */
export interface ShardMaster {
  readonly replica: MasterReplica;
  /** See `Replica.drain`. */
  drain(done: () => void): void;
  stop(): void;
}

/**
 * The whole program of a shardmaster's server: the same in the simulator and in a process. Besides being a replica it sees to it, as a
 * client of its own group, that the cluster has the shape it was started with.
 */
export function startShardMaster(env: Env, identity: Identity, options: ShardMasterOptions, events: ShardMasterEvents = {}): ShardMaster {
  const { group, servers, replica: own } = identity;
  const looped = withLoopback(env, present(servers[own], "a replica is one of its group's members"));
  const host = new Host(looped);
  const { founders, limits } = options;
  const machine = founders === undefined ? new MasterMachine(limits) : new FoundingMachine(founders, limits);
  const replica: MasterReplica = new Replica(looped, identity, options.replica, machine, events.unusable);
  host.add(replica.member, replica);
  const rng = env.rng.fork("shape");
  const client = new GroupClient(
    { clock: looped.clock, transport: looped.transport, trace: looped.trace, rng },
    { group, servers },
    callerOptions(eager),
  );
  host.addCaller(group, client);
  replica.start();
  const id = Uint8Array.from({ length: 16 }, () => rng.int(0, 255));
  const keeper = new ShapeKeeper(client, new ClientSession(id, { validMs: validMsOf(options.replica) }), options.shape, (refusal) => {
    if (refusal === undefined) events.agreed?.();
    else events.otherShape?.(refusal);
  });
  keeper.start();
  return {
    replica,
    drain: (done) => replica.drain(done),
    stop: () => {
      keeper.stop();
      replica.stop();
    },
  };
}

/** A cluster without its shape refuses everybody: who sees to that asks again soon, however long nobody has answered. */
const eager: Partial<CallerOptions> = { attemptMaxMs: 1000 };

/** What is proposed here is valid for as long as the group allows, with room for clocks; nothing is asked to be valid for very long. */
function validMsOf({ sessions }: ReplicaOptions): number {
  return Math.max(1, Math.min(3_600_000, Math.floor(sessions.validMaxMs / 2)));
}
