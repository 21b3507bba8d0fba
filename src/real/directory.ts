import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { isDiskFailure } from "./disk-failure.ts";
import { Refusal } from "./stop.ts";

/** The format of everything in a data directory; another one is refused. */
export const directoryFormat = 1;

/** What a data directory says of itself: written once, durable before the first packet leaves (rule I1). */
export interface DirectoryMarker {
  readonly cluster: string;
  /** Drawn when the directory was made: an emptied directory comes back as another. */
  readonly incarnation: number;
}

/** Where things lie in a data directory. */
export interface DirectoryPaths {
  /** LevelDB's folder. */
  readonly rows: string;
  readonly cells: string;
}

/** The names of everything that is ever made in a data directory. The unfinished marker tells that its making was cut short. */
const names = { marker: "kvorum.json", unfinished: "kvorum.json.unfinished", rows: "rows", cells: "cells" } as const;

export function directoryPaths(path: string): DirectoryPaths {
  return { rows: join(path, names.rows), cells: join(path, names.cells) };
}

/**
 * The marker of the directory; undefined when it is empty, when its making was cut short, or when it is missing and `create` allows to
 * make it. Throws a `Refusal` for one that cannot be used by a server of `cluster`. Writes nothing.
 */
export function inspectDirectory(path: string, cluster: string, create: boolean): DirectoryMarker | undefined {
  const entries = listed(path, create);
  if (entries === undefined) return undefined;
  if (entries.includes(names.marker)) return readMarker(path, cluster);
  const ours: readonly string[] = [names.unfinished, names.rows, names.cells];
  const cutShort = entries.includes(names.unfinished) && entries.every((entry) => ours.includes(entry));
  if (entries.length === 0 || cutShort) return undefined;
  throw unusable(`The data directory ${path} holds files that are not kvorum's; give an empty directory or one that kvorum has made.`);
}

/**
 * Makes the directory: `makeRows` makes LevelDB's folder in it. The marker gets its name last, so that a directory with a marker is
 * complete, and whatever is missing in it later was lost.
 */
export async function makeDirectory<T>(path: string, marker: DirectoryMarker, makeRows: (paths: DirectoryPaths) => Promise<T>): Promise<T> {
  const paths = directoryPaths(path);
  prepare(path, marker);
  const made = await makeRows(paths);
  finish(path);
  return made;
}

function prepare(path: string, marker: DirectoryMarker): void {
  const paths = directoryPaths(path);
  writing(path, () => {
    if (!exists(path)) {
      mkdirSync(path);
      syncDirectory(dirname(path));
    }
    for (const left of [paths.rows, paths.cells]) rmSync(left, { recursive: true, force: true });
    writeDurably(join(path, names.unfinished), markerText(marker));
    mkdirSync(paths.cells);
    syncDirectory(path);
  });
}

function finish(path: string): void {
  writing(path, () => {
    renameSync(join(path, names.unfinished), join(path, names.marker));
    syncDirectory(path);
  });
}

/** Makes the names in the directory survive a power cut. */
function syncDirectory(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "w");
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** What is in the directory; undefined when it is missing and may be. */
function listed(path: string, create: boolean): string[] | undefined {
  try {
    const entries = readdirSync(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return entries;
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOTDIR") throw unusable(`The data directory ${path} is not a directory.`, error);
    if (code !== "ENOENT") throw unusable(`The data directory ${path} cannot be read and written: ${explained(code)}.`, error);
    if (!create) throw unusable(`The data directory ${path} does not exist; make it, or ask for it to be made with --create.`, error);
    if (!exists(dirname(path)))
      throw unusable(`The data directory ${path} cannot be made, because ${dirname(path)} does not exist.`, error);
    return undefined;
  }
}

function readMarker(path: string, cluster: string): DirectoryMarker {
  const file = join(path, names.marker);
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw damaged(file, error);
  }
  const { format, cluster: name, incarnation, check } = (found ?? {}) as Readonly<Record<string, unknown>>;
  // The format comes first: a newer one may keep its check elsewhere.
  if (Number.isSafeInteger(format) && (format as number) > directoryFormat)
    throw unusable(
      `The data directory ${path} has format ${String(format)}, and this program reads format ${directoryFormat}; use a newer kvorum.`,
    );
  if (typeof name !== "string" || !Number.isSafeInteger(incarnation)) throw damaged(file);
  const marker = { cluster: name, incarnation: incarnation as number };
  if (format !== directoryFormat || check !== checkOf(marker)) throw damaged(file);
  if (name !== cluster) throw unusable(`The data directory ${path} belongs to the cluster '${name}', not to '${cluster}'.`);
  return marker;
}

function markerText(marker: DirectoryMarker): string {
  return `${JSON.stringify({ format: directoryFormat, ...marker, check: checkOf(marker) })}\n`;
}

function checkOf({ cluster, incarnation }: DirectoryMarker): number {
  return crc32(JSON.stringify([directoryFormat, cluster, incarnation]));
}

/** Runs what changes the directory; a failure of the machine becomes a sentence. */
function writing(path: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    const reason = isDiskFailure(error) ? "disk_failed" : "data_unusable";
    throw new Refusal(reason, `The data directory ${path} cannot be made ready: ${explained(codeOf(error))}.`, error);
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : String(error);
}

const explanations: Readonly<Record<string, string>> = {
  EACCES: "permission was denied",
  EPERM: "permission was denied",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EIO: "the disk reports an error",
};

function explained(code: string): string {
  return explanations[code] ?? `the system says ${code}`;
}

function unusable(sentence: string, cause?: unknown): Refusal {
  return new Refusal("data_unusable", sentence, cause);
}

function damaged(file: string, cause?: unknown): Refusal {
  return new Refusal("data_damaged", `The marker ${file} is damaged; replace this server's directory as that of a new server.`, cause);
}
