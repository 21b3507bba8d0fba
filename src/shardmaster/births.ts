import { getU32, putU32 } from "../base/bytes.ts";
import { decode, encode, Malformed, type Packable } from "../base/codec.ts";
import type { Shard } from "../rsm/state/state-machine.ts";
import type { State, StateReader } from "../rsm/state/state.ts";
import { type Address, type Addressed, packAddress, standingOf, unpackAddress } from "./address.ts";
import type { Group } from "./config.ts";
import { birthKey } from "./rows.ts";

/** A group asks to begin a shard that may never have had an owner who lived: it owns it from configuration `since` on. */
export interface BirthClaim {
  readonly shard: Shard;
  readonly since: number;
}

/** What becomes of claims. */
export interface BirthAnswer {
  /** The shards that begin with the group that asks, empty. */
  readonly granted: readonly BirthClaim[];
  /** Those that begin elsewhere, or have begun long ago: each with the run of ownership that got it. */
  readonly addressed: readonly BirthClaim[];
}

/*
 * The shardmaster holds an empty parcel of every shard, as if it had left a group at configuration 0. It goes by the rules of all
 * parcels; as its only page is its last, it is granted in the entry that addresses it. A parcel that was never asked for has no row. One
 * that was granted keeps its row for ever, so that nobody is ever born twice.
 */

const untouched: Addressed = Object.freeze({ address: { since: 0, group: undefined }, granted: false });

/**
 * Decides about the claims of `group`, when they are applied; to be logged, all shards in one entry. `owns` says whether a shard's run
 * of ownership begins with configuration `since` and is the group's: it is asked before a parcel is addressed.
 */
export function claimBirths(state: State, group: Group, claims: readonly BirthClaim[], owns: (claim: BirthClaim) => boolean): BirthAnswer {
  const granted: BirthClaim[] = [];
  const addressed: BirthClaim[] = [];
  for (const claim of claims) {
    const { shard, since } = claim;
    const parcel = birthParcel(state, shard);
    const standing = standingOf(parcel, since, group);
    if (standing === "above" && owns(claim)) putBirth(state, shard, { since, group });
    else if (standing !== "addressee") {
      addressed.push({ shard, since: parcel.address.since });
      continue;
    }
    granted.push(claim);
  }
  return { granted, addressed };
}

/** The parcel that a shard begins with. */
export function birthParcel(state: StateReader, shard: Shard): Addressed {
  const bytes = state.get(birthKey(shard));
  return bytes === undefined ? untouched : { address: unpackAddress(decode(bytes)), granted: true };
}

function putBirth(state: State, shard: Shard, address: Address): void {
  state.put(birthKey(shard), encode(packAddress(address)));
}

// ---- in entries and packets: six bytes for each, since an encoded value has not more than 65,536 elements

const claimBytes = 6;

export function packBirths(claims: readonly BirthClaim[]): Packable {
  const packed = new Uint8Array(claimBytes * claims.length);
  for (const [at, { shard, since }] of claims.entries()) {
    packed[claimBytes * at] = shard >>> 8;
    packed[claimBytes * at + 1] = shard;
    putU32(packed, claimBytes * at + 2, since);
  }
  return packed;
}

/** Throws `Malformed`. */
export function unpackBirths(packed: unknown): BirthClaim[] {
  if (!(packed instanceof Uint8Array) || packed.length % claimBytes !== 0) throw new Malformed("Births have six bytes each.");
  return Array.from({ length: packed.length / claimBytes }, (_, at) => {
    const base = claimBytes * at;
    return { shard: ((packed[base] as number) << 8) | (packed[base + 1] as number), since: getU32(packed, base + 2) };
  });
}
