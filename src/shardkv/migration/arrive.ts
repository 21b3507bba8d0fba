import { present } from "../../base/assert.ts";
import { concat, emptyBytes, equalBytes } from "../../base/bytes.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import type { State } from "../../rsm/state/state.ts";
import { dataKey, indexKey, sessionPrefix } from "../rows.ts";
import { acquire } from "./acquire.ts";
import type { ChunkBody } from "./chunk.ts";
import type { Abandon, Born, Chunk } from "./commands.ts";
import type { Moment } from "./configure.ts";
import type { Ledger, ShardRecord } from "./ledger.ts";
import type { Arrival, Copy } from "./moves.ts";

/**
 * Takes in a page, if its arrival waits for one that begins there (rule 7): it is fenced by the run of ownership, not by where the
 * page comes from. The number of sessions that came with it.
 */
export function applyChunk(ledger: Ledger, { shard, since, body }: Chunk, { time }: Moment): number {
  const before = ledger.record(shard);
  const arrival = before.arrivals.find((one) => one.since === since);
  if (arrival === undefined || !equalBytes(arrival.cursor, body.start)) return 0;
  const { next } = body;
  putRows(ledger.state, shard, since, body);
  if (next instanceof Uint8Array) {
    const arrivals = before.arrivals.map((one) => (one === arrival ? { ...arrival, cursor: new Uint8Array(next) } : one));
    ledger.change(shard, before, { ...before, arrivals });
  } else {
    ledger.change(shard, before, complete(before, { epoch: since, ...next }, time));
  }
  return body.sessions.length;
}

/** Begins shards that arrive here and have begun nowhere else, empty, at the group's own log time. */
export function applyBorn(ledger: Ledger, { arrivals }: Born, { time }: Moment): void {
  for (const { shard, since } of arrivals) {
    const before = ledger.record(shard);
    if (!before.arrivals.some((arrival) => arrival.since === since)) continue;
    ledger.change(shard, before, complete(before, { epoch: since, time, versionFloor: 0 }, time));
  }
}

/** Gives up an arrival, if the data is known to have gone to a later run of ownership (rule 10). */
export function applyAbandon(ledger: Ledger, { shard, since, above }: Abandon): void {
  const before = ledger.record(shard);
  const arrival = before.arrivals.find((one) => one.since === since);
  if (arrival === undefined || above <= since) return;
  const arrivals = before.arrivals.filter((one) => one !== arrival);
  const home = arrival.taken === undefined ? undefined : before.home;
  const dead = arrival.cursor.length === 0 ? before.dead : [...before.dead, since];
  ledger.change(shard, before, { ...before, home, arrivals, dead });
}

/** The copy is whole: it goes to the newest run of ownership that waits for one here (rules 7 and 9). */
function complete(before: ShardRecord, copy: Copy, time: number): ShardRecord {
  const newest: Arrival = present(before.arrivals.at(-1), "what is completed was arriving");
  return acquire(before, copy, newest, time);
}

/** No copy has had an arrival's epoch before, and each of its pages is taken in once. */
function putRows(state: State, shard: Shard, epoch: number, { sessions, data }: ChunkBody): void {
  const prefix = sessionPrefix(shard, epoch);
  for (const { name, value } of sessions) state.put(concat([prefix, name]), value, true);
  for (const { name, value } of data) {
    state.put(dataKey(name, epoch), value, true);
    state.put(indexKey(shard, epoch, name), emptyBytes, true);
  }
}
