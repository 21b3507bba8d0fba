import { unreachable } from "../../base/assert.ts";
import { decode, encode, Malformed, type Packable } from "../../base/codec.ts";
import { flag, whole } from "../../rsm/fields.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import { type Address, packAddress, unpackAddress } from "../../shardmaster/address.ts";
import { type BirthClaim, packBirths, unpackBirths } from "../../shardmaster/births.ts";
import { type Change, packChanges, unpackChanges } from "./changes.ts";
import { type ChunkBody, packBody, unpackBody } from "./chunk.ts";
import { list } from "./moves.ts";

/** Applies a configuration: the next one, or a later one in a group that has nothing to do with those between. */
export interface Configure {
  readonly op: "configure";
  /** The configuration that the group is at: it does nothing anywhere else. */
  readonly from: number;
  readonly number: number;
  /** Whether the configuration names the group. */
  readonly isMember: boolean;
  /** Of the shards that come or go with it. */
  readonly changes: readonly Change[];
}

/** Gives a parcel that is not granted to a later owner. */
export interface Readdress {
  readonly op: "readdress";
  readonly shard: Shard;
  readonly left: number;
  readonly address: Address;
}

/** Lets a parcel's last page leave for its address, which is final from then on. */
export interface Grant {
  readonly op: "grant";
  readonly shard: Shard;
  readonly left: number;
  readonly since: number;
}

/** A page of a parcel has arrived. */
export interface Chunk {
  readonly op: "chunk";
  readonly shard: Shard;
  readonly since: number;
  readonly body: ChunkBody;
}

/** A granted parcel is where it was to go. */
export interface Delete {
  readonly op: "delete";
  readonly shard: Shard;
  readonly left: number;
  readonly since: number;
}

/** An arrival will not come: the data went to the run of ownership `above`. */
export interface Abandon {
  readonly op: "abandon";
  readonly shard: Shard;
  readonly since: number;
  readonly above: number;
}

/** Shards begin here, empty. */
export interface Born {
  readonly op: "born";
  readonly arrivals: readonly BirthClaim[];
}

/** Clears rows of a copy that counts no more. */
export interface Clear {
  readonly op: "clear";
  readonly shard: Shard;
  readonly epoch: number;
  /** What the rows are about: keys of data, and clients of sessions. */
  readonly keys: readonly Uint8Array[];
  readonly clients: readonly Uint8Array[];
  /** These are all the rows that the copy had left. */
  readonly isAll: boolean;
}

/** Fixes which cluster the group belongs to, and how its keys are divided, for ever: before its first configuration. */
export interface Shape {
  readonly op: "shape";
  /** See `shardmaster/shape.ts`. */
  readonly shape: Uint8Array;
}

/** What a group decides about its shards; logged by its leader, and checked where it is applied. */
export type GroupCommand = Configure | Readdress | Grant | Chunk | Delete | Abandon | Born | Clear | Shape;

const operations = { configure: 1, readdress: 2, grant: 3, chunk: 4, delete: 5, abandon: 6, born: 7, clear: 8, shape: 9 } as const;

export function encodeGroupCommand(command: GroupCommand): Uint8Array {
  return encode([operations[command.op], ...pack(command)]);
}

function pack(command: GroupCommand): Packable[] {
  switch (command.op) {
    case "configure":
      return [command.from, command.number, command.isMember, packChanges(command.changes)];
    case "readdress":
      return [command.shard, command.left, packAddress(command.address)];
    case "grant":
    case "delete":
      return [command.shard, command.left, command.since];
    case "chunk":
      return [command.shard, command.since, packBody(command.body)];
    case "abandon":
      return [command.shard, command.since, command.above];
    case "born":
      return [packBirths(command.arrivals)];
    case "shape":
      return [command.shape];
    case "clear":
      return [command.shard, command.epoch, command.keys, command.clients, command.isAll];
    default:
      return unreachable(command);
  }
}

/** Throws `Malformed` for what no leader of this version logs. */
export function decodeGroupCommand(bytes: Uint8Array): GroupCommand {
  const [operation, a, b, c, d, e] = list(decode(bytes));
  switch (operation) {
    case operations.configure:
      return { op: "configure", from: whole(a), number: whole(b), isMember: flag(c), changes: unpackChanges(d) };
    case operations.readdress:
      return { op: "readdress", shard: whole(a), left: whole(b), address: unpackAddress(c) };
    case operations.grant:
      return { op: "grant", shard: whole(a), left: whole(b), since: whole(c) };
    case operations.chunk:
      return { op: "chunk", shard: whole(a), since: whole(b), body: unpackBody(c) };
    case operations.delete:
      return { op: "delete", shard: whole(a), left: whole(b), since: whole(c) };
    case operations.abandon:
      return { op: "abandon", shard: whole(a), since: whole(b), above: whole(c) };
    case operations.born:
      return { op: "born", arrivals: unpackBirths(a) };
    case operations.shape:
      return { op: "shape", shape: someBytes(a) };
    case operations.clear:
      return {
        op: "clear",
        shard: whole(a),
        epoch: whole(b),
        keys: list(c).map(someBytes),
        clients: list(d).map(someBytes),
        isAll: flag(e),
      };
    default:
      throw new Malformed("a command of a group is one of nine");
  }
}

function someBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Malformed("a key, a client's id or a shape is bytes");
  return value;
}
