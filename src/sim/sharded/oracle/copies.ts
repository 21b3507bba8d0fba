import { concat, getU32 } from "../../../base/bytes.ts";
import type { WriteOp } from "../../../env/storage.ts";
import type { Shard } from "../../../rsm/state/state-machine.ts";
import { epochOfData, isData, keyOfData, sessionRows } from "../../../shardkv/rows.ts";
import type { ShardOf } from "../../../shardmaster/partitioner.ts";
import { RowSet } from "../../group/oracle/row-set.ts";

/** A row of a copy of a shard. */
export interface CopyRow {
  readonly kind: "data" | "session";
  readonly shard: Shard;
  readonly epoch: number;
  /** A key, or a client's id. */
  readonly name: Uint8Array;
}

/** What a key of a row is about; undefined for rows that belong to no copy. */
export function copyRow(key: Uint8Array, shardOf: ShardOf): CopyRow | undefined {
  if (isData(key)) {
    const name = keyOfData(key);
    return { kind: "data", shard: shardOf(name), epoch: epochOfData(key), name };
  }
  if (key[0] !== sessionRows[0]) return undefined;
  return { kind: "session", shard: ((key[1] as number) << 8) | (key[2] as number), epoch: getU32(key, 3), name: key.subarray(7) };
}

const marks = { data: Uint8Array.of(0), session: Uint8Array.of(1) };

/** The copies of shards that one group has, each as what tells it from others: the same rows under another epoch are the same. */
export class Copies {
  readonly #copies = new Map<string, RowSet>();

  change({ kind, shard, epoch, name }: CopyRow, change: WriteOp): void {
    const rows = this.of(shard, epoch);
    const key = concat([marks[kind], name]);
    if (change.op === "put") rows.put(key, change.value);
    else rows.delete(key);
  }

  of(shard: Shard, epoch: number): RowSet {
    const name = `${shard} ${epoch}`;
    let rows = this.#copies.get(name);
    if (rows === undefined) {
      rows = new RowSet();
      this.#copies.set(name, rows);
    }
    return rows;
  }
}
