import { present } from "../../src/base/assert.ts";
import { getU32 } from "../../src/base/bytes.ts";
import { groupId } from "../../src/base/ids.ts";
import type { Mark } from "../../src/raft/types.ts";
import type { Chunk } from "../../src/rsm/snapshot/chunk.ts";
import { type AppliedRow, decodeApplied, Keys, stateKeyOffset, type StateRow } from "../../src/rsm/log/rows.ts";
import { decodePacket } from "../../src/rsm/wire.ts";
import type { DiskSession } from "../../src/sim/disk/session.ts";
import type { Forge } from "./forge.ts";
import { Group, type GroupOptions } from "./group.ts";

const keys = new Keys(groupId(1));

/** Limits that make a log too short for a follower that was away, and a snapshot many chunks long. */
export const short = { logBytesMax: 1_500, logTailBytes: 200, snapshotChunkBytesMax: 800, snapshotWindowMax: 4 };

/** A group one of whose followers was down while the others worked and dropped their logs. */
export function leftBehind(options: GroupOptions = {}): { group: Group; behind: number } {
  const group = new Group({ member: short, ...options }).begin();
  const behind = (group.elected() + 1) % 3;
  group.crash(behind, true);
  for (let i = 0; i < 10; i += 1) {
    group.flood(10, 20, `while it was down ${i}`);
    group.commit(`round ${i}`);
  }
  return { group, behind };
}

/** What a disk holds for good. */
export function appliedOn(group: Group, server: number): AppliedRow {
  const row = group.cluster.server(server).disk.copyOfImage().rows.get(keys.applied);
  return decodeApplied(present(row, "an applied row"));
}

export function generationOf(group: Group, server: number): number {
  return appliedOn(group, server).generation;
}

/** The generations of which there are rows on a disk. */
export function generationsOn(group: Group, server: number): number[] {
  const found = new Set<number>();
  for (const { key } of group.cluster.server(server).disk.image()) {
    if (key[4] === keys.statePrefix[4]) found.add(getU32(key, keys.statePrefix.length));
  }
  return [...found];
}

/** Lets time pass until what nobody continues has been given up and cleared, and says whose disk holds more than its state. */
export function leftovers(group: Group): number[] {
  group.run(2 * 5_000 + 2_000);
  return [...group.states.keys()].filter((at) => String(generationsOn(group, at)) !== String([generationOf(group, at)]));
}

/** Views of their storages that servers have not closed. */
export function openViews(group: Group): number {
  const sessions = group.running.map((at) => present(group.cluster.server(at).process.env(), "it lives").storage as DiskSession);
  return sessions.reduce((sum, { openViews: views }) => sum + views, 0);
}

/** Calls `see` for every chunk that leaves a server. */
export function onChunk(group: Group, see: (chunk: Chunk, from: number, to: number) => void): void {
  group.cluster.network.onSend((from, to, packet) => {
    const { payload } = decodePacket(packet);
    if (payload.kind === "chunk") see(payload, Number(from.slice(1)), Number(to.slice(1)));
  });
}

/** A leader's state, as it would send it in one chunk. */
export function wholeSnapshot(group: Group, forge: Forge, from: number): Chunk & { readonly mark: Mark } {
  const { index, term, chain, generation } = appliedOn(group, from);
  const rows: StateRow[] = [];
  for (const { key, value } of group.cluster.server(from).disk.image()) {
    if (key[4] === keys.statePrefix[4] && getU32(key, 5) === generation) rows.push([key.subarray(stateKeyOffset), value]);
  }
  const { term: leads, membership } = forge.state(from);
  const transfer = { nonce: 1, count: 1 };
  return { kind: "chunk", term: leads, transfer, number: 1, finished: 0, rows, mark: { index, term, chain, membership } };
}
