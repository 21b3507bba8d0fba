import { groupIdMax, isGroupId, replicasMax, type ServerId } from "../base/ids.ts";
import type { CallLimits } from "../client/calls.ts";
import { fields, given, invalid, timeout } from "../client/input.ts";
import type { Trouble } from "../client/trouble.ts";
import { masterGroup } from "../shardmaster/master-group.ts";
import { parseAddress, serverAt } from "./address.ts";
import type { ConnectionSettings } from "./connection.ts";
import { isName } from "./tcp/options.ts";

/** What keys and values are to a client. */
export type DataKind = "text" | "latin1" | "bytes";

/** What a client is told. */
export interface ConnectOptions {
  /**
   * The servers of the group that has all keys, each as `host:port`, in the order and in the words in which the servers themselves were
   * given them; or else `masters`.
   */
  readonly group?: readonly string[] | undefined;
  /** The shardmaster's servers, in the same way: it knows which groups have the keys. */
  readonly masters?: readonly string[] | undefined;
  /** The group's number; default: 1. */
  readonly groupNumber?: number | undefined;
  /** The cluster's name; default: `kvorum`. Servers of another cluster refuse the client. */
  readonly cluster?: string | undefined;
  /**
   * What keys and values are: `text` (the default), stored as UTF-8; `latin1`, text in which each character is a byte; or `bytes`, as
   * `Uint8Array`s.
   */
  readonly as?: DataKind | undefined;
  /** Milliseconds after which a call ends that says nothing of it. Default: calls have no end of their own. */
  readonly timeoutMs?: number | undefined;
  /** Told when calls have waited for 2 seconds and nobody answers, then after twice as long, and so on, once a minute at last. */
  readonly onTrouble?: ((trouble: Trouble) => void) | undefined;
}

/** The same with its defaults, checked. */
export interface ConnectSettings extends ConnectionSettings {
  readonly as: DataKind;
  /** Whether the group that is asked is the shardmaster's, and keys are elsewhere. */
  readonly isSharded: boolean;
}

/** How much a client has under way. */
export const callLimits: CallLimits = { inFlightMax: 1024, inFlightBytesMax: 4 * 1024 * 1024, callsMax: 1_000_000 };

/** Checks what `connect` was given; throws a `KvorumError` of code `invalid`. */
export function connectSettings(options: ConnectOptions): ConnectSettings {
  const { group, masters, groupNumber = 1, as = "text", ...rest } = fields(options, "The options of connect were");
  if (!isGroupId(groupNumber) || groupNumber === 0)
    throw invalid(`A groupNumber was given as ${given(groupNumber)}; it is a whole number from 1 to ${groupIdMax}.`);
  if (as !== "text" && as !== "latin1" && as !== "bytes")
    throw invalid(`The kind of keys and values (as) was given as ${given(as)}; it is 'text', 'latin1' or 'bytes'.`);
  if (group !== undefined && masters !== undefined) throw invalid("A group and masters were given; one or the other is allowed.");
  if (masters !== undefined) {
    const servers = serversOf(masters, "The masters were");
    const asked = { group: masterGroup, groupName: "the shardmaster", servers };
    return { ...commonSettings(rest), ...asked, as, isSharded: true, limits: callLimits };
  }
  const servers = serversOf(group, "A group was");
  return {
    ...commonSettings(rest),
    group: groupNumber,
    groupName: `group ${groupNumber}`,
    servers,
    as,
    isSharded: false,
    limits: callLimits,
  };
}

/** What clients of every kind are told. */
export function commonSettings(
  options: Readonly<Record<string, unknown>>,
): Pick<ConnectionSettings, "cluster" | "timeoutMs" | "onTrouble"> {
  const { cluster = "kvorum", timeoutMs, onTrouble } = options;
  if (!isName(cluster)) throw invalid(`A cluster was given as ${given(cluster)}; it is a name of 1 to 255 printable characters.`);
  if (onTrouble !== undefined && typeof onTrouble !== "function")
    throw invalid(`An onTrouble was given as ${given(onTrouble)}; it is a function.`);
  return { cluster, timeoutMs: timeout(timeoutMs, Infinity), onTrouble: onTrouble as ConnectionSettings["onTrouble"] };
}

/** The servers of a group, in their order; `what` begins the sentence: "A group was". */
export function serversOf(group: unknown, what: string): readonly ServerId[] {
  if (!Array.isArray(group) || group.length === 0 || group.length > replicasMax)
    throw invalid(`${what} given as ${given(group)}; it is a list of 1 to ${replicasMax} addresses, each as host:port.`);
  const servers = group.map(serverOf);
  const twice = servers.find((server, at) => servers.indexOf(server) !== at);
  if (twice !== undefined) throw invalid(`The server ${twice} is listed twice.`);
  return servers;
}

function serverOf(text: unknown): ServerId {
  const address = typeof text === "string" ? parseAddress(text.trim()) : undefined;
  if (address !== undefined) return serverAt(address);
  throw invalid(`A server was given as ${given(text)}; it is an address, host:port, such as 127.0.0.1:7001.`);
}
