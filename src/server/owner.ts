import { equalBytes } from "../base/bytes.ts";
import { decode, encode, Malformed } from "../base/codec.ts";
import type { Cell } from "../env/storage.ts";
import { Refusal } from "../real/stop.ts";
import type { Identity } from "../rsm/options.ts";

/** Whose a data directory is: a server that has one replica has it for ever. */
export interface Owner extends Pick<Identity, "group" | "creation" | "replica"> {
  /** What the creation id follows from, for a sentence; left out where people give it themselves. */
  readonly createdFrom?: string;
}

/**
 * Sees to it that the directory is this replica's; throws a `Refusal`. A replica looks only for what is its own group's: without this,
 * another group's directory would look like an empty one to it. A new directory becomes this replica's.
 */
export function claimDirectory(path: string, cell: Cell, owner: Owner, isNew: boolean): void {
  const { group, creation, replica } = owner;
  const own = encode([group, creation, replica]);
  const stored = cell.read();
  if (stored === undefined && isNew) cell.write(own, { sync: true }, () => {});
  if (stored !== undefined && !equalBytes(stored, own)) throw new Refusal("data_unusable", otherOwner(path, storedIn(stored), owner));
}

type Stored = Readonly<Record<"group" | "creation" | "replica", unknown>>;

function storedIn(bytes: Uint8Array): Stored | undefined {
  try {
    const [group, creation, replica] = decode(bytes) as unknown[];
    return { group, creation, replica };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function otherOwner(path: string, stored: Stored | undefined, owner: Owner): string {
  const { group, creation, replica, createdFrom } = owner;
  const isSame = stored?.group === group && stored.replica === replica;
  if (isSame && stored.creation !== creation && createdFrom !== undefined)
    return `The data directory ${path} is of another cluster: ${createdFrom} differed when it was made; give what was given then, or another directory.`;
  const whose = stored === undefined ? "a server of another version" : ownerText(stored);
  return `The data directory ${path} belongs to ${whose}, and this server was started as ${ownerText(owner)}.`;
}

function ownerText({ group, creation, replica }: Stored): string {
  const whose = group === 0 ? "the shardmaster" : `group ${String(group)}`;
  return `replica ${String(replica)} of ${whose} with the creation id ${String(creation)}`;
}
