import { posix } from "node:path";
import { isBuiltin } from "node:module";
import { codeOnly, importsOf, lineAt, type SourceFile } from "./source.ts";

/**
 * The architecture, as an ordered list: a file in `src` imports from its own folder and from those in the rows above. Folders
 * in one row are siblings and never import each other.
 */
export const layers: readonly (readonly string[])[] = [
  ["base"],
  ["raft"],
  ["env"],
  ["rsm"],
  ["shardmaster"],
  ["shardkv"],
  ["client"],
  ["check"],
  ["real", "sim"],
  ["server"],
  ["lab", "bench"],
  ["cli"],
];

/** Folders that may import less than their row allows. */
const narrowed: Readonly<Record<string, readonly string[]>> = { raft: ["base"], check: ["base"] };

/** The package's door: it may import everything, and nothing imports it. */
export const door = "src/index.ts";

/** The only file, or the only folder (with a slash at its end), that may import a package. */
export const importers: Readonly<Record<string, string>> = {
  msgpackr: "src/base/codec.ts",
  level: "src/real/level.ts",
  nanoid: "src/real/",
  pino: "src/real/log.ts",
  "node:net": "src/real/",
  commander: "src/cli/",
  "sorted-btree": "src/base/sorted-rows.ts",
  "hdr-histogram-js": "src/bench/",
  "@resvg/resvg-js": "src/bench/",
};

/** The most lines a file may have. */
export const linesMax = 400;

/** Folders whose code gives the same output for the same input on any machine, and never waits. */
const pure = ["base", "raft", "env", "rsm", "shardmaster", "shardkv"];

/** Folders that ask the `Env` instead of Node. */
const withoutNode = [...pure, "client", "check"];

/** Words that pure code does not use: it is told the time, it draws from a seed, and it leaves waiting to its caller. */
const impureWords = [
  "async",
  "await",
  "Promise",
  "Date",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "performance",
  "process",
  "globalThis",
  "console",
  "crypto",
  "fetch",
];

/** Methods that pure code does not call: their results differ between runs or machines. */
const impureCalls = /\bMath\s*\.\s*random\b|\.\s*(?:localeCompare|toLocale\w+)\b/g;

// A single dot before the word makes it a property, which is nobody's global; three dots spread the global itself.
const impureWord = new RegExp(`(?<![\\w$])(?<!(?<!\\.\\.)\\.\\s*)(?:${impureWords.join("|")})(?![\\w$])`, "g");

/** Imports in `src` that go to the right in the order of the folders, to a sibling, or out of `src`. */
export function layerViolations(files: readonly SourceFile[]): string[] {
  return eachImport(files, (file, target) => {
    const own = folderOf(file.path);
    if (own !== undefined && rank(own) === -1) return `stands in src/${own}, which has no place among the layers`;
    if (target === undefined) return "imports something computed, which no test can check";
    if (!target.startsWith(".")) return undefined;
    const path = posix.join(posix.dirname(file.path), target);
    if (!path.startsWith("src/")) return `imports ${path}, which is not in src`;
    if (file.path === door) return undefined;
    if (path === door) return `imports ${door}`;
    const folder = folderOf(path);
    if (own === undefined) return "stands in no folder, and is not the door";
    if (folder === undefined || rank(folder) === -1) return `imports ${path}, which is in no layer`;
    return mayImport(own, folder) ? undefined : `imports ${folder}`;
  });
}

/** Code that waits, reads a clock, draws a random number or reaches the machine, in folders that must not. */
export function purityViolations(files: readonly SourceFile[]): string[] {
  const words = files
    .filter((file) => pure.includes(folderOf(file.path) ?? ""))
    .flatMap((file) => {
      const code = codeOnly(file.text);
      const found = [...code.matchAll(impureWord), ...code.matchAll(impureCalls)];
      return found.map((match) => `${file.path}:${lineAt(code, match.index)} uses ${match[0].replace(/^\.\s*/, "")}`);
    });
  const imports = eachImport(files, (file, target) =>
    withoutNode.includes(folderOf(file.path) ?? "") && isBuiltin(target ?? "") ? `imports ${target}` : undefined,
  );
  return [...words, ...imports];
}

/** Packages imported by a file that is not their one importer, unlisted ones, and ones that users would not get. */
export function packageViolations(files: readonly SourceFile[], dependencies: readonly string[]): string[] {
  return eachImport(files, (file, target) => {
    if (target === undefined || target.startsWith(".")) return undefined;
    const name = isBuiltin(target) ? target : packageName(target);
    const importer = importers[name];
    if (isBuiltin(name) && !name.startsWith("node:")) return `imports ${name} without node: before it`;
    if (importer === undefined) return isBuiltin(name) ? undefined : `imports ${name}, which has no importer in test/tidy/rules.ts`;
    const allowed = importer.endsWith("/") ? file.path.startsWith(importer) : file.path === importer;
    if (!allowed) return `imports ${name}, which only ${importer} may`;
    return isBuiltin(name) || dependencies.includes(name) ? undefined : `imports ${name}, which is not among the dependencies`;
  });
}

/** Files with too many lines. */
export function sizeViolations(files: readonly SourceFile[]): string[] {
  return files
    .map((file) => ({ path: file.path, lines: file.text.replace(/\n$/, "").split("\n").length }))
    .filter(({ lines }) => lines > linesMax)
    .map(({ path, lines }) => `${path} has ${lines} lines; ${linesMax} are allowed`);
}

/** Files in `src` that no other file in `src` imports and that are no entry point. What only tests use is dead. */
export function deadFiles(files: readonly SourceFile[], entries: readonly string[]): string[] {
  const used = new Set(entries);
  for (const file of files.filter(({ path }) => inSource(path))) {
    for (const { target } of importsOf(file)) {
      const path = posix.join(posix.dirname(file.path), target ?? "");
      if (target?.startsWith(".") && path !== file.path) used.add(path);
    }
  }
  return files.filter(({ path }) => inSource(path) && !used.has(path)).map(({ path }) => `${path} is imported by nothing in src`);
}

/** The files in `src` behind the `bin` and `exports` of a package.json. */
export function entryPoints(manifest: unknown): string[] {
  const found = JSON.stringify(manifest).matchAll(/"(?:\.\/)?dist\/([^"]*?)(?:\.d)?\.[jt]s"/g);
  return [...new Set([...found].map(([, path]) => `src/${path}.ts`))];
}

/** Lines of a lockfile that name where a package was downloaded from. */
export function lockfileViolations(lockfile: SourceFile): string[] {
  return lockfile.text
    .split("\n")
    .flatMap((line, index) => (/"resolved":/.test(line) ? [`${lockfile.path}:${index + 1} records an address`] : []));
}

function eachImport(files: readonly SourceFile[], judge: (file: SourceFile, target: string | undefined) => string | undefined): string[] {
  return files
    .filter(({ path }) => inSource(path))
    .flatMap((file) =>
      importsOf(file).flatMap(({ target, line }) => {
        const fault = judge(file, target);
        return fault === undefined ? [] : [`${file.path}:${line} ${fault}`];
      }),
    );
}

function inSource(path: string): boolean {
  return path.startsWith("src/") && path.endsWith(".ts");
}

/** `raft` for `src/raft/log.ts`; nothing for a file directly in `src` or outside it. */
function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function rank(folder: string): number {
  return layers.findIndex((row) => row.includes(folder));
}

function mayImport(own: string, folder: string): boolean {
  if (own === folder) return true;
  const only = narrowed[own];
  return only === undefined ? rank(folder) < rank(own) : only.includes(folder);
}

function packageName(target: string): string {
  return target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");
}
