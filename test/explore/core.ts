import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as elections from "../../src/raft/election.ts";
import type * as memberships from "../../src/raft/membership.ts";
import type * as opening from "../../src/raft/open.ts";
import type * as knobs from "../../src/raft/options.ts";
import type * as doors from "../../src/raft/raft.ts";
import type * as roles from "../../src/raft/roles.ts";

/** What the explorer uses of the core: its door, and the two moves that only time would make. */
export interface Core {
  readonly Raft: typeof doors.Raft;
  readonly openState: typeof opening.openState;
  readonly raftOptions: typeof knobs.raftOptions;
  readonly membership: typeof memberships.membership;
  readonly startElection: typeof elections.startElection;
  readonly becomeFollower: typeof roles.becomeFollower;
}

/** The core in `folder`: `src`, or a planted copy of it. */
export async function loadCore(folder: string): Promise<Core> {
  const load = (name: string): Promise<unknown> => import(pathToFileURL(join(folder, "raft", name)).href);
  const { Raft } = (await load("raft.ts")) as typeof doors;
  const { openState } = (await load("open.ts")) as typeof opening;
  const { raftOptions } = (await load("options.ts")) as typeof knobs;
  const { membership } = (await load("membership.ts")) as typeof memberships;
  const { startElection } = (await load("election.ts")) as typeof elections;
  const { becomeFollower } = (await load("roles.ts")) as typeof roles;
  return { Raft, openState, raftOptions, membership, startElection, becomeFollower };
}
