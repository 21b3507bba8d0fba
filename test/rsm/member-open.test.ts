import { describe, expect, test, vi } from "vitest";
import { encode, type Packable } from "../../src/base/codec.ts";
import { groupId, replicaId } from "../../src/base/ids.ts";
import type { WriteOp } from "../../src/env/storage.ts";
import { membership } from "../../src/raft/membership.ts";
import { decodeHardCell } from "../../src/rsm/log/hard-cell.ts";
import { fields } from "../../src/rsm/fields.ts";
import { decodeHard, decodeMark, encodeHard, encodeMark, Keys, stateKeyOffset } from "../../src/rsm/log/rows.ts";
import { decodePacket } from "../../src/rsm/wire.ts";
import type { CellImages } from "../../src/sim/disk/cell.ts";
import type { DiskCopy } from "../../src/sim/disk/disk.ts";
import { Group } from "./group.ts";
import { cellName } from "./shelf.ts";

vi.setConfig({ testTimeout: 60_000 });

const keys = new Keys(groupId(1));
const markerName = "marker 1";

/** A group whose server 0 comes back after something was done to its disk. */
function comesBack(change: (copy: DiskCopy) => { rows?: readonly WriteOp[]; cells?: CellImages }): Group {
  const group = new Group({ seed: 5 }).begin();
  for (let i = 0; i < 5; i += 1) group.commit(`command ${i}`);
  group.run(200);
  group.crash(0, true);
  const { disk } = group.cluster.server(0);
  const copy = disk.copyOfImage();
  const { rows = [], cells = copy.cells } = change(copy);
  disk.restore({ rows: copy.rows, cells });
  disk.tamper(rows);
  group.traces.length = 0;
  group.restart(0);
  group.run(2_000);
  return group;
}

function withCell(copy: DiskCopy, name: string, value: Uint8Array | undefined): { cells: CellImages } {
  const cells = new Map(copy.cells);
  if (value === undefined) cells.delete(name);
  else cells.set(name, value);
  return { cells };
}

/** The marker with another value in one place. */
function withMarker(copy: DiskCopy, at: number, value: Packable): { cells: CellImages } {
  const marker = fields(copy.cells.get(markerName) as Uint8Array, 5, "marker") as Packable[];
  return withCell(copy, markerName, encode(marker.with(at, value)));
}

function row(copy: DiskCopy, key: Uint8Array): Uint8Array {
  return copy.rows.get(key) as Uint8Array;
}

type Change = Parameters<typeof comesBack>[0];

const refusals: readonly (readonly [name: string, why: string | RegExp, change: Change])[] = [
  ["the marker is gone", "the directory holds a log, but its marker is gone", (copy) => withCell(copy, markerName, undefined)],
  ["the marker is no marker", /^the directory's marker is unreadable: /, (copy) => withCell(copy, markerName, encode([1, 2]))],
  ["another format", "the directory has format 2, and this program reads 1", (copy) => withMarker(copy, 0, 2)],
  [
    "another group's directory",
    "the directory belongs to replica 0 of group 7, not to replica 0 of group 1",
    (copy) => withMarker(copy, 1, 7),
  ],
  ["a group of another creation", /^the directory belongs to/, (copy) => withMarker(copy, 2, 9)],
  [
    "another replica's directory",
    "the directory belongs to replica 2 of group 1, not to replica 0 of group 1",
    (copy) => withMarker(copy, 3, 2),
  ],
  ["an incarnation that cannot be", /^the directory's marker is unreadable: /, (copy) => withMarker(copy, 4, -1)],
  ["the cell is no cell", /^the cell of term and vote is unreadable: /, (copy) => withCell(copy, cellName, encode("x"))],
  [
    "all rows are gone, but the marker and the cell are there",
    "the log is gone, but its cell remembers it",
    (copy) => ({ rows: [...copy.rows.rows()].map(({ key }) => ({ op: "delete", key })) }),
  ],
  [
    "the term and vote of the log are older than the cell's",
    /^the (?:entry at \d+ has an impossible term|log's term 0 is older)/,
    (copy) => ({ rows: [{ op: "put", key: keys.hard, value: encodeHard({ ...decodeHard(row(copy, keys.hard)), term: 0 }) }] }),
  ],
  [
    "the mark is of a part of the group, which would be a quorum of its own",
    "it is of a group of replicas 0, and this server was told of a group of replicas 0, 1, 2",
    (copy) => {
      const mark = { ...decodeMark(row(copy, keys.mark)), membership: membership([replicaId(0)]) };
      return { rows: [{ op: "put", key: keys.mark, value: encodeMark(mark) }] };
    },
  ],
  [
    "the mark is of another group of replicas",
    "it is of a group of replicas 0, 1, 5, and this server was told of a group of replicas 0, 1, 2",
    (copy) => {
      const mark = { ...decodeMark(row(copy, keys.mark)), membership: membership([0, 1, 5].map(replicaId)) };
      return { rows: [{ op: "put", key: keys.mark, value: encodeMark(mark) }] };
    },
  ],
];

describe("a directory that cannot be right is refused with a sentence, and the group goes on without it", () => {
  test.each(refusals)("%s", (_, why, change) => {
    const group = comesBack(change);
    const sent: string[] = [];
    group.cluster.network.onSend((from) => sent.push(from));
    expect(group.member(0).phase).toBe("damaged");
    expect(group.member(0).damage).toMatch(typeof why === "string" ? new RegExp(`^${why}$`) : why);
    expect(group.said("member: refuses to take part", 0)).toHaveLength(1);
    group.commit("without it", [1, 2]);
    expect(sent).not.toContain("s0");
    expect(group.member(0).propose(new Uint8Array(1))).toEqual({ ok: false, why: "not_leader", leader: undefined });
  });

  test("as it is, it is accepted", () => {
    const group = comesBack(() => ({}));
    expect(group.member(0).phase).toBe("running");
    expect(group.restored[0]?.at(-1)).toBeGreaterThan(0);
    group.commit("with it", [0, 1, 2]);
  });
});

test("orphan generations of the state are cleared at open, and the live one stays", () => {
  const orphans = [1, 5, 2 ** 32 - 1].flatMap((generation) => [0, 1, 2].map((at) => keys.state(generation, Uint8Array.of(at))));
  const group = comesBack(() => ({ rows: orphans.map((key) => ({ op: "put", key, value: key })) }));
  expect(group.member(0).phase).toBe("running");
  group.run(1_000);
  const generations = new Set<string>();
  for (const { key } of group.cluster.server(0).disk.image()) {
    if (key[4] === keys.statePrefix[4]) generations.add(String(key.subarray(5, stateKeyOffset)));
  }
  expect([...generations]).toEqual(["0,0,0,0"]);
  group.commit("goes on", [0, 1, 2]);
});

/** What a server says of a term that its cell would not know after a power cut. */
function unfounded(group: Group): string[] {
  const found: string[] = [];
  group.cluster.network.onSend((from, to, packet) => {
    const { payload } = decodePacket(packet);
    if (payload.kind !== "raft" || payload.message.kind === "pre_vote") return;
    const { message } = payload;
    if (message.kind === "pre_vote_reply" && message.granted) return;
    const { rows, cells } = group.cluster.server(Number(from.slice(1))).disk.copyOfImage();
    const hardRow = rows.get(keys.hard);
    const copies = [
      decodeHardCell(cells.get(cellName)).hardState,
      hardRow === undefined ? { term: 0, vote: undefined } : decodeHard(hardRow),
    ];
    const vote = message.kind === "vote" ? from : message.kind === "vote_reply" && message.granted ? to : undefined;
    for (const copy of copies) {
      const knows = copy.term > message.term || (copy.term === message.term && (vote === undefined || `s${copy.vote}` === vote));
      if (!knows) found.push(`${message.kind} of term ${message.term} from ${from}, which has ${copy.term}/${copy.vote}`);
    }
  });
  return found;
}

describe("P8: what is said about term and vote is in both copies", () => {
  test("through crashes of the process and power cuts at any time", () => {
    for (let seed = 0; seed < 12; seed += 1) {
      const group = new Group({ seed, disk: { syncMaxMs: 20 }, member: { raft: { electionTicks: 14, heartbeatTicks: 4 } } });
      const found = unfounded(group);
      group.begin();
      for (let at = 0; at < 25; at += 1) {
        const server = (at * 7 + seed) % 3;
        group.crash(server, at % 2 === 0);
        group.run((at * 13 + seed) % 30);
        group.restart(server);
        group.run((at * 37) % 200);
      }
      group.commit("in the end");
      expect(found).toEqual([]);
      expect(group.agrees).toBe(true);
    }
  });

  test("a power cut between the batch and its cell: the cell is brought up before the vote is told again", () => {
    const group = new Group({ seed: 8 }).begin();
    const found = unfounded(group);
    group.crash(0, true);
    const { disk } = group.cluster.server(0);
    const { rows, cells } = disk.copyOfImage();
    const hard = decodeHard(rows.get(keys.hard) as Uint8Array);
    rows.apply([{ op: "put", key: keys.hard, value: encodeHard({ ...hard, term: hard.term + 1, vote: replicaId(1) }) }]);
    disk.restore({ rows, cells });
    group.restart(0);
    group.until(() => group.member(0).phase === "running", "it takes part");
    const cell = disk.copyOfImage().cells.get(cellName);
    expect(decodeHardCell(cell).hardState).toEqual({ term: hard.term + 1, vote: 1 });
    group.commit("in a newer term", [0, 1, 2]);
    expect(found).toEqual([]);
  });
});
