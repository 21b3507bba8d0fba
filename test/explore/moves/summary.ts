import { getU32 } from "../../../src/base/bytes.ts";
import { epochOfData } from "../../../src/shardkv/rows.ts";
import type { Address } from "../../../src/shardmaster/address.ts";
import type { ExploredGroup, GroupState } from "./group.ts";

const kinds = { data: 0x64, session: 0x73 } as const;

/** What is promised is checked by: a group's rows, in a few words. */
export interface Summary {
  readonly number: number;
  /** What the served copy has, and the shard's log time. */
  readonly serving: { readonly value: string; readonly time: number } | undefined;
  readonly parcels: readonly { readonly address: Address; readonly granted: boolean; readonly value: string; readonly time: number }[];
  /** The runs of ownership that something still arrives for. */
  readonly arrivals: readonly number[];
  readonly acquired: number;
  readonly dead: number;
  readonly isSafeToStop: boolean;
  /** Rows of data and of sessions; and those among them of copies that the group says nothing of, so that nobody will clear them. */
  readonly rows: number;
  readonly strayRows: number;
  /** How many sessions the group has, and how many it says that it has. */
  readonly sessions: { readonly rows: number; readonly count: number };
}

export function summaryOf(group: ExploredGroup, state: GroupState): Summary {
  const record = group.record(state);
  const { home } = record;
  const row = group.row(state);
  const keys = [...state.image.rows()].map(({ key }) => key).filter(([kind]) => kind === kinds.data || kind === kinds.session);
  const epochs = new Set([
    home?.epoch,
    ...record.parcels.map(({ epoch }) => epoch),
    ...record.arrivals.map(({ since }) => since),
    ...record.dead,
  ]);
  const time = group.timeIn(state);
  const serving = home?.phase === "serving" && time !== undefined ? { value: group.valueAt(state, home.epoch), time } : undefined;
  return {
    number: row.number,
    serving,
    parcels: record.parcels.map((parcel) => ({ ...parcel, value: group.valueAt(state, parcel.epoch) })),
    arrivals: record.arrivals.map(({ since }) => since),
    acquired: record.acquired,
    dead: record.dead.length,
    isSafeToStop: group.isSafeToStop(state),
    rows: keys.length,
    strayRows: keys.filter((key) => !epochs.has(epochOf(key))).length,
    sessions: { rows: keys.filter(([kind]) => kind === kinds.session).length, count: group.sessionsIn(state) },
  };
}

function epochOf(key: Uint8Array): number {
  return key[0] === kinds.data ? epochOfData(key) : getU32(key, 3);
}
