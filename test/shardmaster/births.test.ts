import { describe, expect, test } from "vitest";
import { groupId } from "../../src/base/ids.ts";
import { birthParcel, type BirthAnswer, type BirthClaim, claimBirths } from "../../src/shardmaster/births.ts";
import { groupOf } from "../explore/moves/configs.ts";
import { MemoryState } from "../shardkv/memory-state.ts";

const everything = (): boolean => true;
const nothing = (): boolean => false;

/** Claims of one group on one shard after the other. */
function claimed(
  state: MemoryState,
  letter: string,
  claims: readonly BirthClaim[],
  owns: (claim: BirthClaim) => boolean = everything,
): BirthAnswer {
  return claimBirths(state, groupOf(letter), claims, owns);
}

describe("a shard that nobody has begun", () => {
  test("stands at no address, without a row", () => {
    const state = new MemoryState();
    expect(birthParcel(state, 3)).toEqual({ address: { since: 0, group: undefined }, granted: false });
    expect(state.rows()).toEqual([]);
  });

  test("is begun by the first owner who asks, together with others", () => {
    const state = new MemoryState();
    const claims = [
      { shard: 3, since: 1 },
      { shard: 4, since: 2 },
    ];
    expect(claimed(state, "A", claims)).toEqual({ granted: claims, addressed: [] });
    expect(birthParcel(state, 3)).toEqual({ address: { since: 1, group: groupOf("A") }, granted: true });
    expect(birthParcel(state, 65_535).granted).toBe(false);
  });

  test("is not begun by somebody who is no owner then", () => {
    const state = new MemoryState();
    expect(claimed(state, "A", [{ shard: 3, since: 1 }], nothing)).toEqual({ granted: [], addressed: [{ shard: 3, since: 0 }] });
    expect(state.rows()).toEqual([]);
  });

  test("is not begun by anybody for configuration 0", () => {
    const state = new MemoryState();
    expect(claimed(state, "A", [{ shard: 3, since: 0 }]).granted).toEqual([]);
    expect(state.rows()).toEqual([]);
  });
});

describe("a shard that was begun", () => {
  test("is granted again to its group, and to nobody else", () => {
    const state = new MemoryState();
    const claim = { shard: 3, since: 2 };
    claimed(state, "B", [claim]);
    const rows = state.dump();
    expect(claimed(state, "B", [claim], nothing)).toEqual({ granted: [claim], addressed: [] });
    for (const [letter, since] of [
      ["A", 1],
      ["C", 3],
      ["B", 4],
      ["C", 2],
    ] as const) {
      expect(claimed(state, letter, [{ shard: 3, since }])).toEqual({ granted: [], addressed: [{ shard: 3, since: 2 }] });
    }
    const other = { ...groupOf("B"), creation: 9 };
    expect(claimBirths(state, other, [claim], everything)).toEqual({ granted: [], addressed: [claim] });
    expect(claimBirths(state, { ...groupOf("B"), gid: groupId(9) }, [claim], everything).granted).toEqual([]);
    expect(state.dump()).toEqual(rows);
  });
});
