import type { Told } from "../history.ts";
import { isSameMap, type MasterCommand, type ShardMap } from "./words.ts";

/**
 * Why a query cannot have been given its configuration, whatever happened before: somebody else was given another one of that number,
 * or number 0 is not empty. `known` holds what was given by number, and takes this one in.
 */
export function configFault(command: MasterCommand, { config }: Told, known: Map<number, ShardMap>): string | undefined {
  if (command.op !== "query" || config === undefined) return undefined;
  const { number, groups, owners } = config;
  if (number === 0 && (groups.length > 0 || owners.some((gid) => gid !== 0))) return "configuration 0 has no groups, and no owners";
  const other = known.get(number);
  if (other === undefined) known.set(number, config);
  else if (!isSameMap(other, config)) return `another answer tells another configuration ${number}`;
  return undefined;
}
