import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as clients from "../../../src/rsm/caller/operation.ts";
import type * as groups from "../../../src/rsm/session/sessions.ts";
import type * as limits from "../../../src/rsm/session/session-limits.ts";
import type * as requests from "../../../src/rsm/session/request.ts";
import type * as rows from "../../../src/rsm/state/state-rows.ts";
import type * as times from "../../../src/rsm/leader-time.ts";

/** What is explored of sessions: the client's half, the group's, and the leader's clock. */
export interface SessionCode {
  readonly ClientSession: typeof clients.ClientSession;
  readonly Sessions: typeof groups.Sessions;
  readonly sessionLimits: typeof limits.sessionLimits;
  readonly decodeRequest: typeof requests.decodeRequest;
  readonly StateRows: typeof rows.StateRows;
  readonly LeaderTime: typeof times.LeaderTime;
}

/** The code in `folder`: `src`, or a planted copy of it. */
export async function loadSessionCode(folder: string): Promise<SessionCode> {
  const load = (name: string): Promise<unknown> => import(pathToFileURL(join(folder, "rsm", name)).href);
  const { ClientSession } = (await load("caller/operation.ts")) as typeof clients;
  const { Sessions } = (await load("session/sessions.ts")) as typeof groups;
  const { sessionLimits } = (await load("session/session-limits.ts")) as typeof limits;
  const { decodeRequest } = (await load("session/request.ts")) as typeof requests;
  const { StateRows } = (await load("state/state-rows.ts")) as typeof rows;
  const { LeaderTime } = (await load("leader-time.ts")) as typeof times;
  return { ClientSession, Sessions, sessionLimits, decodeRequest, StateRows, LeaderTime };
}
