import type { Env } from "../../env/env.ts";
import { type CallerOptions, callerOptions, type SessionOptions } from "../../rsm/caller/caller-options.ts";
import { type CalledGroup, GroupClient } from "../../rsm/caller/group-client.ts";
import { ClientSession, type Operation } from "../../rsm/caller/operation.ts";
import { Host } from "../../rsm/host.ts";
import type { OnOperation } from "./asking-client.ts";
import type { GroupKind } from "./group-kind.ts";

/** How a client reaches one group. */
export interface GroupCallerOptions {
  readonly called: CalledGroup;
  readonly session?: Partial<SessionOptions>;
  readonly caller?: Partial<CallerOptions>;
  /** The client is about to ask for a command, in which it is told its number with the first attempt. */
  readonly onOperation?: (operation: Operation) => void;
}

/** As `groupCaller`, for clients of a group of that kind that are watched. */
export function callerOf<Caller>(
  kind: Pick<GroupKind<Caller>, "caller">,
  options: Omit<GroupCallerOptions, "onOperation">,
): (asking: () => OnOperation | undefined) => (env: Env) => Caller {
  return (asking) => {
    const onOperation: OnOperation = (operation) => asking()?.(operation);
    return groupCaller({ ...options, onOperation }, (group, session) => kind.caller(group, session));
  };
}

/** What a client's life begins with that asks one group: another client to the group in every life, with a new session (rule S8). */
export function groupCaller<Caller>(
  { called, session, caller, onOperation }: GroupCallerOptions,
  make: (group: GroupClient, session: ClientSession) => Caller,
): (env: Env) => Caller {
  return (env) => {
    const host = new Host(env);
    const group = new GroupClient(env, called, callerOptions(caller));
    host.addCaller(called.group, group);
    if (onOperation !== undefined) overhear(group, onOperation);
    const id = Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255));
    return make(group, new ClientSession(id, session));
  };
}

/** Has every command of a client go by way of whoever wants to see it. */
function overhear(group: GroupClient, told: (operation: Operation) => void): void {
  const execute = group.execute.bind(group);
  group.execute = (operation, deadlineMs, done) => {
    told(operation);
    return execute(operation, deadlineMs, done);
  };
}
