import type { GroupId } from "../../base/ids.ts";
import type { Env } from "../../env/env.ts";
import type { CallerOptions } from "../../rsm/caller/caller-options.ts";
import type { GroupClient } from "../../rsm/caller/group-client.ts";
import type { ClientSession } from "../../rsm/caller/operation.ts";
import type { Unusable } from "../../rsm/identity.ts";
import type { Identity, ReplicaOptionsGiven } from "../../rsm/options.ts";
import type { Replica } from "../../rsm/replica.ts";

/** What the labs' replicas differ in from production's; undefined for what production has. */
export interface ServiceSettings {
  readonly logBytesMax: number | undefined;
  readonly valueBytesMax?: number | undefined;
}

/** A server that runs. */
export interface StartedService {
  readonly replica: Replica<unknown, unknown>;
  readonly stop: () => void;
}

/** What a group under test is: to its servers, which run production code in every world, to its clients, and to cases. */
export interface Service<Caller, Ask, Reply> {
  /** Its name among all services. */
  readonly name: "store" | "master";
  /** The group's number. */
  readonly group: GroupId;
  /** The whole program of a server; `unusable` hears what is wrong with a directory that cannot be used. */
  start(env: Env, identity: Identity, settings: ServiceSettings, unusable?: (found: Unusable) => void): StartedService;
  caller(group: GroupClient, session: ClientSession): Caller;
  /** Has a caller do what a case asks, in the words of the cases. */
  ask(caller: Caller, ask: Ask, deadlineMs: number, done: (reply: Reply) => void): void;
}

export function replicaOf({ logBytesMax }: ServiceSettings): ReplicaOptionsGiven {
  return { member: logBytesMax === undefined ? {} : { logBytesMax } };
}

/** The labs' networks lose a fifth of all calls, and tell their callers at once; a client that is not told gives an attempt up soon. */
export const clerkOptions: Partial<CallerOptions> = { attemptMs: 100, attemptMaxMs: 800 };
