import { present } from "../base/assert.ts";
import type { ServerId } from "../base/ids.ts";
import type { Env } from "../env/env.ts";
import { type CallerOptions, callerOptions } from "../rsm/caller/caller-options.ts";
import { GroupClient } from "../rsm/caller/group-client.ts";
import { GroupClients } from "../rsm/caller/group-clients.ts";
import { ClientSession } from "../rsm/caller/operation.ts";
import { Host } from "../rsm/host.ts";
import type { Unusable } from "../rsm/identity.ts";
import { withLoopback } from "../rsm/loopback.ts";
import type { Identity, ReplicaOptions } from "../rsm/options.ts";
import { Replica } from "../rsm/replica.ts";
import { masterGroup } from "../shardmaster/master-group.ts";
import type { ClusterShape } from "../shardmaster/shape.ts";
import type { KvCommand } from "./commands.ts";
import { KvMachine } from "./kv-machine.ts";
import { MasterLine } from "./leader/master-line.ts";
import { Migrator } from "./migrator.ts";
import type { KvOptions } from "./options.ts";
import type { KvQuery } from "./queries.ts";
import { learnShape } from "./shape-cell.ts";
import { ShapedMachine } from "./shaped-machine.ts";

/** A replica of a group whose shards move. */
export type ShardKvReplica = Replica<KvCommand, KvQuery>;

export interface ShardKvOptions {
  readonly replica: ReplicaOptions;
  /** Of the store; what the cluster's shape decides comes from the shardmaster. */
  readonly kv: Partial<Omit<KvOptions, "shards" | "partitioner" | "ownership" | "group" | "cluster">>;
  /** The shardmaster's servers, in the order of their replicas. */
  readonly masters: readonly ServerId[];
}

export interface ShardKvEvents {
  /** The cluster's shape is known: the replica has started. */
  readonly shaped?: (shape: ClusterShape) => void;
  /** The cluster has another shape than this server's group, for ever: whoever started it stops it. `why` names both. */
  readonly otherShape?: (why: string) => void;
  /** What is wrong with a directory that cannot be used. */
  readonly unusable?: (found: Unusable) => void;
}

/** A server of a sharded store that runs. */
export interface ShardKv {
  readonly replica: ShardKvReplica;
  /** See `Replica.drain`. */
  drain(done: () => void): void;
  stop(): void;
}

/**
 * The whole program of a server of a sharded store: the same in the simulator and in a process. It takes part in its group as soon as it
 * knows the cluster's shape, which it asks the shardmaster for once; while it leads, it moves the group's shards.
 */
export function startShardKv(env: Env, identity: Identity, options: ShardKvOptions, events: ShardKvEvents = {}): ShardKv {
  const { group, creation, servers, replica: at } = identity;
  const looped = withLoopback(env, present(servers[at], "a replica is one of its group's members"));
  const host = new Host(looped);
  const machine = new ShapedMachine();
  const replica: ShardKvReplica = new Replica(looped, identity, options.replica, machine, events.unusable);
  host.add(replica.member, replica);

  const rng = env.rng.fork("migrator");
  const caller = { clock: looped.clock, transport: looped.transport, trace: looped.trace, rng };
  const masterClient = new GroupClient(caller, { group: masterGroup, servers: options.masters }, callerOptions(eager));
  host.addCaller(masterGroup, masterClient);
  const id = Uint8Array.from({ length: 16 }, () => rng.int(0, 255));
  const master = new MasterLine(masterClient, new ClientSession(id, { validMs: birthsValidMs }));
  const groups = new GroupClients(caller, host, callerOptions(eager));

  let migrator: Migrator | undefined;
  const known = (shape: ClusterShape): void => {
    const own = { ownership: "configured", group: { gid: group, creation } } as const;
    const kv: Partial<KvOptions> = { ...options.kv, ...shape, ...own };
    const kvMachine: KvMachine = new KvMachine(kv, {
      claim: (claim) => migrator?.claim(claim),
      applied: (command) => migrator?.applied(command),
      served: () => migrator?.served(),
      awaited: () => migrator?.awaited(),
      news: () => present(migrator, "who answers has begun").news(),
    });
    machine.begin(kvMachine);
    const mover = present(kvMachine.mover, "a group whose shards move has a mover");
    migrator = new Migrator({
      clock: looped.clock,
      trace: looped.trace,
      replica,
      mover,
      self: { gid: group, creation, servers },
      master,
      groups,
      shards: shape.shards,
      shardOf: kvMachine.shardOf,
    });
    replica.start();
    migrator.start();
    events.shaped?.(shape);
  };
  const other = (why: string): void => events.otherShape?.(why);
  const forgetShape = learnShape(looped, `shape ${group}`, master, { known, other });
  return {
    replica,
    drain: (done) => replica.drain(done),
    stop: () => {
      forgetShape();
      migrator?.stop();
      replica.stop();
    },
  };
}

/** A leader that asks has others behind it that wait: who is silent is asked again soon. */
const eager: Partial<CallerOptions> = { attemptMs: 200, attemptMaxMs: 1000 };

/** Claims of births are made again and again: each is valid for a little while. */
const birthsValidMs = 60_000;
