import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Rng } from "../../../src/base/rng.ts";

/** What a file of a data directory is for. */
export const fileKinds = ["log", "table", "MANIFEST", "CURRENT", "raft cell", "marker cell", "kvorum.json"] as const;
export type FileKind = (typeof fileKinds)[number];

/** How often each is damaged, of a hundred times. Those that hold the most get the most. */
const shares: Readonly<Record<FileKind, number>> = {
  log: 32,
  table: 34,
  MANIFEST: 10,
  CURRENT: 4,
  "raft cell": 10,
  "marker cell": 5,
  "kvorum.json": 5,
};

/** One bit is another; the file's end is gone; a sector reads as zeros; the file is gone. */
export type Harm =
  | { readonly harm: "flip"; readonly bit: number }
  | { readonly harm: "truncate"; readonly bytes: number }
  | { readonly harm: "zero"; readonly from: number }
  | { readonly harm: "remove" };

/** One thing that has gone wrong with a directory. */
export interface Damage {
  /** From the directory on. */
  readonly file: string;
  readonly kind: FileKind;
  readonly what: Harm;
}

/** A sector, at least of most disks of today. */
const sectorBytes = 4096;

/** Draws one damage to the directory, as it is now. */
export function drawDamage(rng: Rng, directory: string): Damage {
  const files = filesIn(directory);
  const kinds = fileKinds.filter((kind) => files.some((file) => file.kind === kind));
  const kind = drawKind(rng, kinds);
  const { file, size } = rng.pick(files.filter((each) => each.kind === kind));
  const draw = rng.unit();
  const from = Math.floor(rng.int(0, size - 1) / sectorBytes) * sectorBytes;
  if (draw < 0.6) return { file, kind, what: { harm: "flip", bit: rng.int(0, 8 * size - 1) } };
  if (draw < 0.85) return { file, kind, what: { harm: "truncate", bytes: rng.int(0, size - 1) } };
  return { file, kind, what: draw < 0.93 ? { harm: "zero", from } : { harm: "remove" } };
}

export function inflict(directory: string, { file, what }: Damage): void {
  const path = join(directory, file);
  if (what.harm === "remove") return rmSync(path);
  if (what.harm === "truncate") return truncateSync(path, what.bytes);
  const bytes = readFileSync(path);
  if (what.harm === "flip") bytes[what.bit >> 3] = (bytes[what.bit >> 3] as number) ^ (1 << (what.bit & 7));
  else bytes.fill(0, what.from, Math.min(what.from + sectorBytes, bytes.length));
  writeFileSync(path, bytes);
}

export function describe({ file, what }: Damage): string {
  if (what.harm === "flip") return `bit ${what.bit & 7} of byte ${what.bit >> 3} of ${file} is flipped`;
  if (what.harm === "truncate") return `${file} is cut off after ${what.bytes} bytes`;
  return what.harm === "zero" ? `the sector at ${what.from} of ${file} is zeros` : `${file} is gone`;
}

/** The files that hold something, in a steady order. */
export function filesIn(directory: string): { readonly file: string; readonly kind: FileKind; readonly size: number }[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .toSorted()
    .flatMap((file) => {
      const kind = kindOf(file);
      const { size } = statSync(join(directory, file));
      return kind === undefined || size === 0 ? [] : [{ file, kind, size }];
    });
}

/** Undefined for what nobody reads: LevelDB's lock and its diary. */
function kindOf(file: string): FileKind | undefined {
  if (file === "kvorum.json") return "kvorum.json";
  if (file.startsWith("cells/")) return file.startsWith("cells/raft") ? "raft cell" : "marker cell";
  if (file.startsWith("rows/MANIFEST")) return "MANIFEST";
  if (file === "rows/CURRENT") return "CURRENT";
  if (/\.(?:ldb|sst)$/.test(file)) return "table";
  return file.endsWith(".log") ? "log" : undefined;
}

function drawKind(rng: Rng, kinds: readonly FileKind[]): FileKind {
  let draw = rng.between(
    0,
    kinds.reduce((sum, kind) => sum + shares[kind], 0),
  );
  for (const kind of kinds) {
    draw -= shares[kind];
    if (draw < 0) return kind;
  }
  return kinds.at(-1) as FileKind;
}
