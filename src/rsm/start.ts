import type { Env } from "../env/env.ts";
import { Host } from "./host.ts";
import type { Unusable } from "./identity.ts";
import type { Machine } from "./machine.ts";
import { Member } from "./member.ts";
import type { Identity, MemberOptions } from "./options.ts";

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
