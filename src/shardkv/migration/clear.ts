import { concat } from "../../base/bytes.ts";
import { dataKey, indexKey, sessionPrefix } from "../rows.ts";
import type { Clear } from "./commands.ts";
import type { Ledger } from "./ledger.ts";

/**
 * Clears rows of a copy that counts no more; minus the number of its sessions that are gone. A dead copy gets no rows, so that those
 * which were all that there were when the command was made are all that there are.
 */
export function applyClear(ledger: Ledger, { shard, epoch, keys, clients, isAll }: Clear): number {
  const { state } = ledger;
  const before = ledger.record(shard);
  if (!before.dead.includes(epoch)) return 0;
  for (const key of keys) {
    state.delete(dataKey(key, epoch));
    state.delete(indexKey(shard, epoch, key));
  }
  const prefix = sessionPrefix(shard, epoch);
  let gone = 0;
  for (const client of clients) {
    const row = concat([prefix, client]);
    if (state.get(row) === undefined) continue;
    state.delete(row);
    gone += 1;
  }
  if (isAll) ledger.change(shard, before, { ...before, dead: before.dead.filter((one) => one !== epoch) });
  return 0 - gone;
}
