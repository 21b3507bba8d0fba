import type { Env } from "../env/env.ts";
import { Host } from "./host.ts";
import type { Unusable } from "./identity.ts";
import type { Machine } from "./machine.ts";
import { Member } from "./member.ts";
import type { Identity, MemberOptions, ReplicaOptions } from "./options.ts";
import { Replica } from "./replica.ts";
import type { StateMachine } from "./state/state-machine.ts";

/**
 * The whole program of a server that has one replica of one group: the same in the simulator and in a process. `unusable` hears
 * what is wrong with a directory that cannot be used.
 */
export function startMember(
  env: Env,
  identity: Identity,
  options: MemberOptions,
  machine: Machine,
  unusable?: (found: Unusable) => void,
): Member {
  const host = new Host(env);
  const member = new Member(env, identity, options, machine, unusable);
  host.add(member);
  member.start();
  return member;
}

/** As `startMember`, for a replica that serves clients with what `machine` makes of its group's log. */
export function startReplica<Command, Query>(
  env: Env,
  identity: Identity,
  options: ReplicaOptions,
  machine: StateMachine<Command, Query>,
  unusable?: (found: Unusable) => void,
): Replica<Command, Query> {
  const host = new Host(env);
  const replica = new Replica(env, identity, options, machine, unusable);
  host.add(replica.member, replica);
  replica.start();
  return replica;
}
