import { present } from "../../../src/base/assert.ts";
import type { Group, Config } from "../../../src/shardmaster/config.ts";
import type { Address, Addressed } from "../../../src/shardmaster/address.ts";
import { birthParcel, type BirthAnswer, type BirthClaim } from "../../../src/shardmaster/births.ts";
import { ownerOf } from "../../../src/shardkv/migration/changes.ts";
import { DiskImage } from "../../../src/sim/disk/image.ts";
import { MemoryState } from "../../shardkv/memory-state.ts";
import type { MoveCode } from "./code.ts";

/** What the shardmaster knows of births, as rows. */
export interface MasterState {
  readonly image: DiskImage;
  readonly text: string;
}

/** The shardmaster, as far as it gives births: it knows all configurations. */
export class ExploredMaster {
  readonly first: MasterState;
  readonly #code: MoveCode;
  readonly #configs: readonly Config[];

  constructor(code: MoveCode, configs: readonly Config[]) {
    this.#code = code;
    this.#configs = configs;
    this.first = { image: new DiskImage(), text: "" };
  }

  claim(
    { image }: MasterState,
    group: Group,
    claims: readonly BirthClaim[],
  ): { readonly after: MasterState; readonly answer: BirthAnswer } {
    const next = image.copy();
    const state = new MemoryState(next);
    const answer = this.#code.claimBirths(state, group, claims, ({ shard, since }) => {
      const config = this.#configs[since];
      const owner = config && ownerOf(config, shard);
      return owner?.gid === group.gid && config?.shards[shard]?.since === since;
    });
    return { after: { image: next, text: state.dump().join(" ") }, answer };
  }

  parcel({ image }: MasterState, shard = 0): Addressed {
    return birthParcel(image, shard);
  }

  address(state: MasterState): Address {
    return present(this.parcel(state), "there is a parcel of every shard").address;
  }
}
