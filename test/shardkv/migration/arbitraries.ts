import fc from "fast-check";
import { groupId, serverId } from "../../../src/base/ids.ts";
import type { Address } from "../../../src/shardmaster/address.ts";
import type { BirthClaim } from "../../../src/shardmaster/births.ts";
import type { Group, Holder } from "../../../src/shardmaster/config.ts";
import type { Change } from "../../../src/shardkv/migration/changes.ts";
import type { ChunkBody } from "../../../src/shardkv/migration/chunk.ts";
import type { GroupCommand } from "../../../src/shardkv/migration/commands.ts";
import { copyKinds, type GroupReport } from "../../../src/shardkv/migration/group-report.ts";
import type { Arrival, Moves, Parcel } from "../../../src/shardkv/migration/moves.ts";
import { waitPhases, type Waiting, waitReasons } from "../../../src/shardkv/migration/waits.ts";

const number = fc.nat(2 ** 32 - 1);
const shard = fc.nat(65_535);
const bytes = fc.uint8Array({ maxLength: 20 });

export const groups: fc.Arbitrary<Group> = fc.record({
  gid: fc.integer({ min: 1, max: 2 ** 32 - 1 }).map(groupId),
  creation: fc.maxSafeNat(),
  servers: fc.array(fc.string({ minLength: 1, maxLength: 5, unit: "grapheme-ascii" }).map(serverId), { maxLength: 3 }),
});

const optionalGroup: fc.Arbitrary<Group | undefined> = fc.option(groups, { nil: undefined });
export const addresses: fc.Arbitrary<Address> = fc.record({ since: number, group: optionalGroup });
const holders: fc.Arbitrary<Holder | undefined> = fc.option(fc.record({ left: number, group: groups }), { nil: undefined });

const arrivals: fc.Arbitrary<Arrival> = fc.record({
  since: number,
  holder: holders,
  cursor: bytes,
  taken: fc.option(addresses, { nil: undefined }),
});
const parcels: fc.Arbitrary<Parcel> = fc.record({
  left: number,
  epoch: number,
  time: fc.maxSafeNat(),
  versionFloor: fc.maxSafeNat(),
  address: addresses,
  granted: fc.boolean(),
});
export const moves: fc.Arbitrary<Moves> = fc.record({
  arrivals: fc.array(arrivals, { maxLength: 3 }),
  parcels: fc.array(parcels, { maxLength: 3 }),
  dead: fc.array(number, { maxLength: 3 }),
});

export const births: fc.Arbitrary<BirthClaim[]> = fc.array(fc.record({ shard, since: number }), { maxLength: 5 });
export const changes: fc.Arbitrary<Change[]> = fc.array(fc.record({ shard, owner: optionalGroup, holder: holders }), { maxLength: 5 });
const items = fc.array(fc.record({ name: bytes, value: bytes }), { maxLength: 4 });
const ends = fc.record({ time: fc.maxSafeNat(), versionFloor: fc.maxSafeNat() });
export const bodies: fc.Arbitrary<ChunkBody> = fc.record({ start: bytes, sessions: items, data: items, next: fc.oneof(bytes, ends) });

const copies = fc.record({ shard, kind: fc.constantFrom(...copyKinds), keys: number, bytes: fc.maxSafeNat() });
const waits: fc.Arbitrary<Waiting> = fc.record({
  phase: fc.constantFrom(...waitPhases),
  why: fc.constantFrom(...waitReasons),
  on: fc.oneof(optionalGroup, fc.constant("shardmaster" as const)),
  since: number,
  shards: fc.array(shard, { maxLength: 4 }),
});
export const reports: fc.Arbitrary<GroupReport> = fc.record({
  group: fc.record({ number, isMember: fc.boolean(), serving: number, arriving: number, passing: number, parcels: number }),
  waits: fc.array(waits, { maxLength: 3 }),
  moreWaits: number,
  figures: fc.option(fc.record({ ageMs: number, copies: fc.array(copies, { maxLength: 3 }) }), { nil: undefined }),
  isCounting: fc.boolean(),
});

const op = <T extends string>(name: T): fc.Arbitrary<T> => fc.constant(name);
export const commands: fc.Arbitrary<GroupCommand> = fc.oneof(
  fc.record({ op: op("configure"), from: number, number, isMember: fc.boolean(), changes }),
  fc.record({ op: op("readdress"), shard, left: number, address: addresses }),
  fc.record({ op: op("grant"), shard, left: number, since: number }),
  fc.record({ op: op("chunk"), shard, since: number, body: bodies }),
  fc.record({ op: op("delete"), shard, left: number, since: number }),
  fc.record({ op: op("abandon"), shard, since: number, above: number }),
  fc.record({ op: op("born"), arrivals: births }),
  fc.record({ op: op("shape"), shape: bytes }),
  fc.record({
    op: op("clear"),
    shard,
    epoch: number,
    keys: fc.array(bytes, { maxLength: 3 }),
    clients: fc.array(bytes, { maxLength: 3 }),
    isAll: fc.boolean(),
  }),
);
