import { groupId } from "../../src/base/ids.ts";
import { membership } from "../../src/raft/membership.ts";
import { replicaId } from "../../src/base/ids.ts";
import type { Entry, LogIndex, Mark } from "../../src/raft/types.ts";
import { LogStore } from "../../src/rsm/log/log-store.ts";
import { Keys } from "../../src/rsm/log/rows.ts";
import { MemoryStorage } from "./memory-env.ts";
import type { Case } from "./micro-run.ts";
import { commandBatch, throughputSettings } from "./throughput-run.ts";

/** The log is compacted when it holds so many entries, so that a long run does not fill the memory. */
const entriesMax = 4096;

/** One batch to an ordered map in memory: encoding, hashing, the rows that go with it, and the map itself. */
export function logStoreCases(): Case[] {
  return [logStoreCase(1), logStoreCase(64)];
}

function logStoreCase(batch: number): Case {
  const group = membership([0, 1, 2].map(replicaId));
  const storage = new MemoryStorage(() => {});
  const start: Mark = { index: 0, term: 0, chain: 0, membership: group };
  const store = new LogStore(storage, new Keys(groupId(1)), { mark: start, rows: [], chains: [], truncatedIn: 0 });
  const commands = commandBatch().slice(0, batch);
  const hardState = { term: 7, vote: undefined };
  let last: LogIndex = 0;
  let number = 0;
  return {
    name: `log store: an entry of ${throughputSettings.commandBytes} bytes, in a batch of ${batch}`,
    times: batch,
    run: () => {
      number += 1;
      const entries: Entry[] = commands.map((data, at) => ({ index: last + 1 + at, term: 7, data }));
      const write = { number, hardState, hardStateChanged: false, install: undefined, truncateFrom: undefined, entries };
      store.write(write, last, [], () => {});
      last += batch;
      if (last - store.mark.index >= entriesMax) store.compact({ index: last, term: 7, chain: store.chainAt(last), membership: group });
    },
  };
}
