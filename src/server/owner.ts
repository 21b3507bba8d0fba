import { equalBytes } from "../base/bytes.ts";
import { decode, encode, Malformed } from "../base/codec.ts";
import type { Cell } from "../env/storage.ts";
import { Refusal } from "../real/stop.ts";
import type { Identity } from "../rsm/options.ts";

/** Whose a data directory is: a server that has one replica has it for ever. */
export type Owner = Pick<Identity, "group" | "creation" | "replica">;

/**
 * Sees to it that the directory is this replica's; throws a `Refusal`. A replica looks only for what is its own group's: without this,
 * another group's directory would look like an empty one to it. A new directory becomes this replica's.
 */
export function claimDirectory(path: string, cell: Cell, owner: Owner, isNew: boolean): void {
  const { group, creation, replica } = owner;
  const own = encode([group, creation, replica]);
  const stored = cell.read();
  if (stored === undefined && isNew) cell.write(own, { sync: true }, () => {});
  if (stored !== undefined && !equalBytes(stored, own))
    throw new Refusal(
      "data_unusable",
      `The data directory ${path} belongs to ${textOf(stored)}, and this server was started as ${ownerText(owner)}.`,
    );
}

function textOf(stored: Uint8Array): string {
  try {
    const [group, creation, replica] = decode(stored) as unknown[];
    return ownerText({ group, creation, replica });
  } catch (error) {
    if (error instanceof Malformed) return "a server of another version";
    throw error;
  }
}

function ownerText({ group, creation, replica }: Readonly<Record<keyof Owner, unknown>>): string {
  const whose = group === 0 ? "the shardmaster" : `group ${String(group)}`;
  return `replica ${String(replica)} of ${whose} with the creation id ${String(creation)}`;
}
