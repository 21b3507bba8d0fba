import { emptyBytes } from "../../base/bytes.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import type { StateView } from "../../rsm/state/state.ts";
import type { Clear } from "./commands.ts";
import { type ChunkLimits, type CopyPage, readPage } from "./page.ts";

/**
 * A command that clears as many rows of a dead copy as a page holds, always the first ones that are left: so a command that got lost
 * leaves nothing behind. `done` runs once, now or later.
 */
export function clearingOf(view: StateView, shard: Shard, epoch: number, limits: ChunkLimits, done: (command: Clear) => void): void {
  const clear = ({ sessions, data, next }: CopyPage): void => {
    const clients = sessions.map(({ name }) => name);
    done({ op: "clear", shard, epoch, keys: data.map(({ name }) => name), clients, isAll: next === undefined });
  };
  readPage(view, shard, epoch, emptyBytes, limits, clear, "names only");
}
