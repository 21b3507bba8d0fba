import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, emptyBytes } from "../../../src/base/bytes.ts";
import { groupId } from "../../../src/base/ids.ts";
import type { ChunkBody } from "../../../src/shardkv/migration/chunk.ts";
import type { GroupCommand } from "../../../src/shardkv/migration/commands.ts";
import { type ChunkLimits, type CopyPage, readPage } from "../../../src/shardkv/migration/page.ts";
import { encodeGroupRow, groupAtFirst } from "../../../src/shardkv/migration/group-row.ts";
import { Mover } from "../../../src/shardkv/migration/mover.ts";
import {
  dataKey,
  dataValue,
  epochOfData,
  groupKey,
  indexKey,
  isData,
  keyOfData,
  sessionPrefix,
  shardKey,
} from "../../../src/shardkv/rows.ts";
import { encodeShardRow } from "../../../src/shardkv/shard-row.ts";
import { DiskImage } from "../../../src/sim/disk/image.ts";
import { groupOf } from "../../explore/moves/configs.ts";
import { MemoryState } from "../memory-state.ts";
import { bytesOf, textOf } from "../store.ts";

const self = { gid: groupId(1), creation: 1 };
const generous: ChunkLimits = { chunkRowsMax: 1000, chunkBytesMax: 1_000_000 };
const clientOf = (at: number): Uint8Array => new Uint8Array(16).fill(at);

/** A group that serves shard 5 at epoch 3, with so many sessions and with these keys; and rows of others around them. */
function stateWith(sessions: number, keys: readonly Uint8Array[]): MemoryState {
  const state = new MemoryState(new DiskImage());
  const put = (epoch: number, shard: number, key: Uint8Array): void => {
    state.put(dataKey(key, epoch), dataValue(epoch, key));
    state.put(indexKey(shard, epoch, key), emptyBytes);
  };
  for (const key of keys) put(3, 5, key);
  for (const key of ["0", "k", "zz"]) for (const epoch of [2, 4]) put(epoch, 5, bytesOf(key));
  for (let at = 0; at < sessions; at += 1) state.put(concat([sessionPrefix(5, 3), clientOf(at)]), Uint8Array.of(at));
  state.put(concat([sessionPrefix(5, 4), clientOf(1)]), Uint8Array.of(99));
  state.put(shardKey(5), encodeShardRow({ phase: "serving", epoch: 3, timeOffset: 40, versionFloor: 17 }));
  state.put(groupKey, encodeGroupRow({ ...groupAtFirst, number: 6, serving: 1 }));
  return state;
}

function pageAt(state: MemoryState, cursor: Uint8Array, limits: ChunkLimits, values?: "names only"): CopyPage {
  const view = state.view();
  const pages: CopyPage[] = [];
  readPage(view, 5, 3, cursor, limits, (page) => pages.push(page), values);
  view.drain();
  expect(pages).toHaveLength(1);
  return pages[0] as CopyPage;
}

/** All pages of the copy; each may be cut by other limits, as by another replica. */
function pagesOf(state: MemoryState, limits: readonly ChunkLimits[]): CopyPage[] {
  const pages: CopyPage[] = [];
  for (let cursor: Uint8Array | undefined = emptyBytes; cursor !== undefined;) {
    const page = pageAt(state, cursor, limits[pages.length % limits.length] as ChunkLimits);
    pages.push(page);
    cursor = page.next;
  }
  return pages;
}

const keyLists = fc.uniqueArray(fc.string({ maxLength: 6, unit: "binary-ascii" }), { maxLength: 12 }).map((texts) => texts.map(bytesOf));
const someLimits = fc.record({ chunkRowsMax: fc.integer({ min: 1, max: 5 }), chunkBytesMax: fc.integer({ min: 1, max: 60 }) });

describe("the pages of a copy", () => {
  test("hold all its rows once, in order, whoever cuts them", () => {
    fc.assert(
      fc.property(fc.nat(4), keyLists, fc.array(someLimits, { minLength: 1, maxLength: 3 }), (sessions, keys, limits) => {
        const pages = pagesOf(stateWith(sessions, keys), limits);
        const names = pages.flatMap(({ data }) => data.map(({ name }) => textOf(name)));
        expect(names).toEqual(keys.map(textOf).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
        expect(pages.flatMap((page) => page.sessions.map(({ value }) => value[0]))).toEqual(
          Array.from({ length: sessions }, (_, at) => at),
        );
        for (const { data } of pages) for (const { name, value } of data) expect(value).toEqual(dataValue(3, name));
      }),
    );
  });

  test("keep to their limits, but for a row that is larger alone", () => {
    fc.assert(
      fc.property(fc.nat(4), keyLists, someLimits, (sessions, keys, limits) => {
        for (const page of pagesOf(stateWith(sessions, keys), [limits])) {
          const items = [...page.sessions, ...page.data];
          const bytes = items.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
          expect(items.length).toBeLessThanOrEqual(limits.chunkRowsMax);
          expect(items.length <= 1 || bytes <= limits.chunkBytesMax).toBe(true);
        }
      }),
    );
  });

  test("hold more rows where names are enough, and no values", () => {
    const state = stateWith(0, ["a", "b", "c"].map(bytesOf));
    const limits = { chunkRowsMax: 10, chunkBytesMax: 3 };
    expect(pageAt(state, emptyBytes, limits).data).toHaveLength(1);
    expect(pageAt(state, emptyBytes, limits, "names only").data).toEqual(
      ["a", "b", "c"].map((name) => ({ name: bytesOf(name), value: emptyBytes })),
    );
  });

  test("are one, where everything fits, and one that is empty for an empty copy", () => {
    expect(pagesOf(stateWith(3, [bytesOf("a"), bytesOf("b")]), [generous])).toHaveLength(1);
    expect(pagesOf(stateWith(0, []), [generous])).toEqual([{ sessions: [], data: [], next: undefined }]);
  });
});

/** A group to which shard 5 comes with configuration 7. */
function destination(): { readonly state: MemoryState; readonly apply: (body: ChunkBody, time?: number, since?: number) => number } {
  const state = new MemoryState(new DiskImage());
  const mover = new Mover(self, generous);
  const changes = [{ shard: 5, owner: groupOf("A"), holder: { group: groupOf("B"), left: 7 } }];
  mover.execute({ op: "configure", from: 0, number: 7, isMember: true, changes }, state, 0);
  const apply = (body: ChunkBody, time = 1000, since = 7): number => mover.execute({ op: "chunk", shard: 5, since, body }, state, time);
  return { state, apply };
}

function bodiesOf(state: MemoryState, limits: ChunkLimits): ChunkBody[] {
  let start: Uint8Array = emptyBytes;
  return pagesOf(state, [limits]).map(({ sessions, data, next }) => {
    const body = { start, sessions, data, next: next ?? { time: 2500, versionFloor: 17 } };
    start = next ?? emptyBytes;
    return body;
  });
}

/** The rows of the copy that is served, by key and client. */
function copyIn(state: MemoryState, epoch: number): string[] {
  return state.rows().flatMap(({ key, value }) => {
    if (isData(key) && epochOfData(key) === epoch) return [`d ${textOf(keyOfData(key))} ${textOf(value)}`];
    if (key[0] === 0x69 && key[6] === epoch) return [`i ${textOf(key.subarray(7))}`];
    return key[0] === 0x73 && key[6] === epoch ? [`s ${textOf(key.subarray(7))} ${textOf(value)}`] : [];
  });
}

describe("chunks", () => {
  test("make the same copy elsewhere, which serves with the last one", () => {
    fc.assert(
      fc.property(fc.nat(4), keyLists, someLimits, (sessions, keys, limits) => {
        const source = stateWith(sessions, keys);
        const { state, apply } = destination();
        const bodies = bodiesOf(source, limits);
        let taken = 0;
        for (const body of bodies) {
          expect(state.get(shardKey(5))?.[0]).toBe(2);
          taken += apply(body);
          expect(apply(body)).toBe(0);
        }
        expect(copyIn(state, 7)).toEqual(copyIn(source, 3));
        expect(taken).toBe(sessions);
        expect(state.get(shardKey(5))).toEqual(encodeShardRow({ phase: "serving", epoch: 7, timeOffset: 1500, versionFloor: 17 }));
      }),
    );
  });

  test("that are late, early, or of another run change nothing", () => {
    const bodies = bodiesOf(stateWith(2, [bytesOf("a"), bytesOf("b")]), { chunkRowsMax: 1, chunkBytesMax: 100 });
    expect(bodies).toHaveLength(4);
    const { state, apply } = destination();
    const unchanged = (act: () => number): void => {
      const before = state.dump();
      expect(act()).toBe(0);
      expect(state.dump()).toEqual(before);
    };
    unchanged(() => apply(bodies[1] as ChunkBody));
    unchanged(() => apply(bodies[0] as ChunkBody, 1000, 6));
    for (const body of bodies) {
      apply(body);
      unchanged(() => apply(body));
    }
    for (const body of bodies) unchanged(() => apply(body));
  });
});

describe("clearing", () => {
  test("takes the rows of a dead copy away page by page, also when commands get lost, and no others", () => {
    const mover = new Mover(self, { chunkRowsMax: 2, chunkBytesMax: 1000 });
    const state = stateWith(3, ["a", "b", "c"].map(bytesOf));
    const command = (given: GroupCommand): number => mover.execute(given, state, 10);
    mover.execute(
      {
        op: "configure",
        from: 6,
        number: 7,
        isMember: false,
        changes: [{ shard: 5, owner: groupOf("B"), holder: { group: groupOf("A"), left: 7 } }],
      },
      state,
      10,
    );
    const nextPage = (): GroupCommand => {
      const view = state.view();
      const found: GroupCommand[] = [];
      mover.clearing(view, 5, 3, (clear) => found.push(clear));
      view.drain();
      return found[0] as GroupCommand;
    };
    const early = nextPage();
    expect(command(early)).toBe(0);
    expect(copyIn(state, 3)).toHaveLength(9);
    command({ op: "grant", shard: 5, left: 7, since: 7 });
    command({ op: "delete", shard: 5, left: 7, since: 7 });
    const others = copyIn(state, 4).length + copyIn(state, 2).length;
    let gone = 0;
    for (let page = 0; copyIn(state, 3).length > 0; page += 1) {
      const lost = nextPage();
      expect(nextPage()).toEqual(lost);
      gone += command(lost);
      expect(command(lost)).toBe(0);
      expect(page).toBeLessThan(5);
    }
    expect(gone).toBe(-3);
    expect(copyIn(state, 4).length + copyIn(state, 2).length).toBe(others);
    const view = state.view();
    mover.picture(view, ({ shards }) => expect(shards.get(5)?.dead ?? []).toEqual([]));
    view.drain();
  });
});
