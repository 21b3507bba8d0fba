import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A change of one file: `find` stands there exactly once. */
export interface Patch {
  /** Relative to `src`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A bug as a change of the source text, so that production code holds no switches for tests. */
export interface Bug {
  /** Lower case with dashes: it names a folder. */
  readonly id: string;
  readonly title: string;
  /** Where the bug is known from. */
  readonly source: string;
  /**
   * Where it is hunted: in groups of members (the default) or of replicas with sessions and clients; in `kvorum fuzz group`, in
   * `fuzz master`, or in whole clusters, which is `kvorum fuzz` alone.
   */
  readonly hunted?: "members" | "clients" | "store" | "master" | "cluster";
  readonly patches: readonly Patch[];
}

/** Where sources are read and planted copies are kept. */
export interface Ground {
  readonly source: string;
  readonly zoo: string;
}

const top = fileURLToPath(new URL("../../", import.meta.url));

/** The project's own: `.zoo` is ignored by git, and modules in it resolve packages as `src` does. */
export const ground: Ground = { source: join(top, "src"), zoo: join(top, ".zoo") };

/** Versions of a planted copy that nobody has asked for in so long are removed. */
const staleMs = 3_600_000;

/**
 * The folder of a copy of `src` that has the bug: `.zoo/<id>/<hash>/src`. The hash is that of all its files, and a folder is
 * complete as soon as it has its name: workers may plant the same bug at once, and what is imported from a folder never changes.
 */
export function plant(bug: Bug, { source, zoo }: Ground = ground): string {
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(bug.id)) throw new Error(`a bug's id is words with dashes between, not "${bug.id}"`);
  const files = patched(bug, readFolder(source));
  const hash = createHash("sha256");
  for (const [path, bytes] of files) hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  const home = join(zoo, bug.id);
  const folder = join(home, hash.digest("hex").slice(0, 16));
  if (existsSync(folder)) touch(folder);
  else {
    removeStale(home);
    publish(files, home, folder);
  }
  return join(folder, "src");
}

function readFolder(folder: string): Map<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return new Map(paths.map((path) => [path.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(path)]));
}

function patched(bug: Bug, files: Map<string, Buffer>): Map<string, Buffer> {
  for (const { file, find, replace } of bug.patches) {
    const text = files.get(file)?.toString("utf8");
    if (text === undefined) throw new Error(`${bug.id}: there is no ${file} in src`);
    const found = text.split(find).length - 1;
    if (find === "" || found !== 1) throw new Error(`${bug.id}: ${file} has ${found} places like this, not one:\n${find}`);
    if (find === replace) throw new Error(`${bug.id}: a patch of ${file} changes nothing`);
    // A function, because a text would have its dollar signs interpreted.
    files.set(file, Buffer.from(text.replace(find, () => replace)));
  }
  return files;
}

/** Writes the files elsewhere and gives the whole folder its name at once; whoever comes second throws its own away. */
function publish(files: ReadonlyMap<string, Buffer>, home: string, folder: string): void {
  const draft = join(home, `draft-${randomUUID()}`);
  for (const [path, bytes] of files) {
    const target = join(draft, "src", path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes);
  }
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** Says that the folder is in use. */
function touch(folder: string): void {
  const now = new Date();
  utimesSync(folder, now, now);
}

function removeStale(home: string): void {
  if (!existsSync(home)) return;
  for (const name of readdirSync(home)) {
    const old = join(home, name);
    const modified = statSync(old, { throwIfNoEntry: false })?.mtimeMs;
    if (modified !== undefined && modified < Date.now() - staleMs) rmSync(old, { recursive: true, force: true });
  }
}
