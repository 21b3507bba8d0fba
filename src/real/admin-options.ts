import type { CallLimits } from "../client/calls.ts";
import { fields } from "../client/input.ts";
import type { Trouble } from "../client/trouble.ts";
import { masterGroup } from "../shardmaster/master-group.ts";
import { commonSettings, serversOf } from "./connect-options.ts";
import type { ConnectionSettings } from "./connection.ts";

/** What an administrator's client is told. */
export interface AdminOptions {
  /** The shardmaster's servers, each as `host:port`, in the order and in the words in which the servers themselves were given them. */
  readonly masters: readonly string[];
  /** The cluster's name; default: `kvorum`. Servers of another cluster refuse the client. */
  readonly cluster?: string | undefined;
  /** Milliseconds after which a call ends that says nothing of it. Default: calls have no end of their own. */
  readonly timeoutMs?: number | undefined;
  /** Told when calls have waited for 2 seconds and nobody answers, then after twice as long, and so on, once a minute at last. */
  readonly onTrouble?: ((trouble: Trouble) => void) | undefined;
}

/** How much an administrator's client has under way. */
const limits: CallLimits = { inFlightMax: 64, inFlightBytesMax: 4 * 1024 * 1024, callsMax: 10_000 };

/** Checks what `connectAdmin` was given; throws a `KvorumError` of code `invalid`. */
export function adminSettings(options: AdminOptions): ConnectionSettings {
  const { masters, ...rest } = fields(options, "The options of connectAdmin were");
  const servers = serversOf(masters, "The masters were");
  return { ...commonSettings(rest), group: masterGroup, groupName: "the shardmaster", servers, limits };
}
