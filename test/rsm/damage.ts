import { assert, present } from "../../src/base/assert.ts";
import { groupId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import type { LogIndex } from "../../src/raft/types.ts";
import { decodeHardCell } from "../../src/rsm/log/hard-cell.ts";
import type { Opened } from "../../src/rsm/log/log-open.ts";
import { Keys } from "../../src/rsm/log/rows.ts";
import type { DiskImage } from "../../src/sim/disk/image.ts";
import { cellName } from "./shelf.ts";
import { Group } from "./group.ts";
import { openImage } from "./image-storage.ts";

/** A replica's disk in the middle of its work. */
export interface Sample {
  /** What it held after each of its last batches; the last one is what it holds now. */
  readonly images: readonly DiskImage[];
  readonly cell: Uint8Array | undefined;
}

type Restored = Extract<Opened, { kind: "restored" }>;

/**
 * `refused`: it is called damaged. `same`: it opens as if nothing were wrong. `older`: it opens to less, but nothing that was promised
 * is missing. `other`: it opens to something that never was. `lost`: it opens, and something that was promised is missing.
 */
export type Outcome = "refused" | "same" | "older" | "other" | "lost";

const keys = new Keys(groupId(1));
const imagesMax = 12;

/** Lets a group work, with elections, logs that part, snapshots and power cuts, and looks at its disks again and again. */
export function takeSamples(seed: number, count: number): Sample[] {
  const rng = new Rng(seed);
  const group = new Group({ seed, member: { logBytesMax: 1500, logTailBytes: 300 } });
  const images: DiskImage[][] = group.states.map(() => []);
  for (const [at, { disk }] of group.cluster.servers.entries()) {
    disk.observe({ onDurable: () => images[at]?.push(disk.copyOfImage().rows), onRestore: () => images[at]?.splice(0) });
  }
  group.begin();
  const samples: Sample[] = [];
  while (samples.length < count) {
    trouble(group, rng);
    const at = rng.int(0, 2);
    const cell = group.cluster.server(at).process.env()?.cell(cellName).read();
    const recent = present(images[at], "a server's images").slice(-imagesMax);
    if (group.cluster.member(at)?.phase === "running" && recent.length > 0) samples.push({ images: recent, cell });
  }
  return samples;
}

/** Some commands, and by chance something that makes logs part. */
function trouble(group: Group, rng: Rng): void {
  const leader = group.leader;
  if (leader !== undefined) for (let left = rng.int(0, 6); left > 0; left -= 1) group.flood(rng.int(1, 3), rng.int(1, 60));
  const at = rng.int(0, 2);
  const kind = rng.unit();
  if (kind < 0.1 && leader !== undefined) group.isolate(leader);
  else if (kind < 0.15) group.isolate(at);
  else if (kind < 0.35) group.heal();
  else if (kind < 0.4 && group.cluster.member(at) !== undefined) group.crash(at, rng.chance(0.5));
  group.run(rng.chance(0.2) ? rng.between(300, 900) : rng.between(1, 12));
  for (const [server, { member }] of group.cluster.servers.entries()) if (member === undefined && rng.chance(0.3)) group.restart(server);
  assert(
    group.cluster.servers.every(({ member }) => member?.phase !== "damaged"),
    "nothing is damaged by itself",
  );
}

/** What the sample opens to as it is. */
export function truth({ images, cell }: Sample): Restored {
  const found = openImage(present(images.at(-1), "the newest image"), cell, keys);
  if (found.kind !== "restored") throw new Error(`an undamaged log is ${found.kind}: ${found.kind === "damaged" ? found.why : ""}`);
  return found;
}

/** What becomes of a damaged image of the sample. */
export function outcome(sample: Sample, damaged: DiskImage): Outcome {
  const found = openImage(damaged, sample.cell, keys);
  if (found.kind === "damaged") return "refused";
  const right = truth(sample);
  const cell = decodeHardCell(sample.cell);
  if (found.kind === "new") return cell.hardState.term === 0 && cell.acknowledged === 0 ? "older" : "lost";
  const { hardState } = found.restored;
  const { term, vote } = cell.hardState;
  if (hardState.term < term || (hardState.term === term && vote !== undefined && hardState.vote !== vote)) return "lost";
  const binding = cell.acknowledgedIn >= right.log.truncatedIn;
  if (binding && !reaches(found, cell.acknowledged, cell.acknowledgedChain)) return "lost";
  if (isOther(found, right)) return "other";
  return plain(found) === plain(right) ? "same" : "older";
}

function lastOf({ restored }: Restored): LogIndex {
  return restored.mark.index + restored.entries.length;
}

/** Whether the log holds, or held before it was dropped, everything up to `index` as the hash says. */
function reaches(found: Restored, index: LogIndex, chain: number): boolean {
  if (index < found.restored.mark.index) return true;
  return lastOf(found) >= index && chainAt(found, index) === chain;
}

function chainAt({ log, restored }: Restored, index: LogIndex): number | undefined {
  return index === restored.mark.index ? restored.mark.chain : log.chains[index - restored.mark.index - 1];
}

/** Whether two logs differ in a place that both hold, or hold what does not belong together. */
function isOther(a: Restored, b: Restored): boolean {
  const from = Math.max(a.restored.mark.index, b.restored.mark.index);
  for (let index = from; index <= Math.min(lastOf(a), lastOf(b)); index += 1) if (chainAt(a, index) !== chainAt(b, index)) return true;
  if (a.restored.mark.index === b.restored.mark.index && JSON.stringify(a.restored.mark) !== JSON.stringify(b.restored.mark)) return true;
  return a.generation !== b.generation && a.restored.applied === b.restored.applied;
}

function plain({ restored, generation }: Restored): string {
  const { hardState, mark, entries, applied } = restored;
  return JSON.stringify([hardState, mark, entries.map(({ term, data }) => [term, [...data]]), applied, generation]);
}

/** Which kind of row a key belongs to: `log`, `hard`, `mark`, `applied`, or one that opening a log does not look at. */
export function kindOf(key: Uint8Array): "log" | "hard" | "mark" | "applied" | undefined {
  const kinds = { 0x61: "applied", 0x68: "hard", 0x6c: "log", 0x6d: "mark" } as const;
  return kinds[key[4] as keyof typeof kinds];
}
