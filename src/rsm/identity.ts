import { encode, Malformed } from "../base/codec.ts";
import type { Env } from "../env/env.ts";
import type { Cell } from "../env/storage.ts";
import { fields, whole } from "./fields.ts";
import type { Identity } from "./options.ts";

/** The format of a member's rows and cells; another one is refused. */
export const formatVersion = 1;

/** Which life of a replica's directory this is; a wiped directory is another (rule I1). */
export interface Marker {
  readonly incarnation: number;
  /** Drawn just now: nothing was ever promised from this directory. */
  readonly isNew: boolean;
}

/** Why a directory is of no use to this replica: it is somebody else's, or not what was written. */
export interface Unusable {
  readonly why: string;
  readonly kind: "foreign" | "damaged";
}

/** Reads the marker, or writes a new one; `opened` runs when it is durable, before the first packet may leave (rule I1). */
export function openMarker(env: Env, cell: Cell, identity: Identity, opened: (marker: Marker | Unusable) => void): void {
  const stored = cell.read();
  if (stored !== undefined) {
    const marker = checkMarker(stored, identity);
    // What an earlier life wrote can be read and yet be lost in a power cut, if that life ended before it was durable.
    if ("why" in marker) opened(marker);
    else cell.write(stored, { sync: true }, () => opened(marker));
    return;
  }
  const incarnation = env.rng.fork("incarnation").u32() * 2 ** 20 + env.rng.fork("incarnation, rest").int(0, 2 ** 20 - 1);
  const { group, creation, replica } = identity;
  cell.write(encode([formatVersion, group, creation, replica, incarnation]), { sync: true }, () => opened({ incarnation, isNew: true }));
}

function checkMarker(stored: Uint8Array, identity: Identity): Marker | Unusable {
  try {
    return readMarker(stored, identity);
  } catch (error) {
    if (error instanceof Malformed) return { why: `the directory's marker is unreadable: ${error.message}`, kind: "damaged" };
    throw error;
  }
}

function readMarker(stored: Uint8Array, identity: Identity): Marker | Unusable {
  const [format, group, creation, replica, incarnation] = fields(stored, 5, "marker");
  if (format !== formatVersion)
    return { why: `the directory has format ${String(format)}, and this program reads ${formatVersion}`, kind: "foreign" };
  if (group !== identity.group || creation !== identity.creation || replica !== identity.replica) {
    return {
      why: `the directory belongs to replica ${String(replica)} of group ${String(group)}, not to replica ${identity.replica} of group ${identity.group}`,
      kind: "foreign",
    };
  }
  return { incarnation: whole(incarnation), isNew: false };
}
