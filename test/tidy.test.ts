import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { deadLinks, recipesOf, unknownCommands } from "./tidy/markdown.ts";
import {
  deadFiles,
  entryPoints,
  layerViolations,
  lockfileViolations,
  packageViolations,
  purityViolations,
  sizeViolations,
} from "./tidy/rules.ts";
import type { SourceFile } from "./tidy/source.ts";

const top = new URL("../", import.meta.url);

/** Folders of the checkout that hold nothing of ours; other tests make files in them, and remove them. */
const foreign: readonly string[] = [".git", ".zoo", ".build", "node_modules", "dist", "coverage"];

const paths = readdirSync(top, { withFileTypes: true })
  .filter(({ name }) => !foreign.includes(name))
  .flatMap((entry) => (entry.isDirectory() ? filesIn(entry.name) : [entry.name]))
  .toSorted();

function filesIn(folder: string): string[] {
  return readdirSync(new URL(`${folder}/`, top), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(fileURLToPath(top), join(entry.parentPath, entry.name)).replaceAll(sep, "/"));
}

function read(path: string): SourceFile {
  return { path, text: existsSync(new URL(path, top)) ? readFileSync(new URL(path, top), "utf8") : "" };
}

const sources = paths.filter((path) => /^(?:src|test)\/.*\.ts$/.test(path)).map(read);
const documents = paths.filter((path) => /^(?:README|CHANGELOG|docs\/.*)\.md$/.test(path)).map(read);

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}
const manifest: Manifest = JSON.parse(read("package.json").text);

test("the checkout is seen", () => {
  expect(sources.map(({ path }) => path)).toContain("src/cli/main.ts");
});

test("every file imports only what stands before it", () => {
  expect(layerViolations(sources)).toEqual([]);
});

test("pure folders stay pure", () => {
  expect(purityViolations(sources)).toEqual([]);
});

test("every third-party package has one importer", () => {
  expect(packageViolations(sources, Object.keys(manifest.dependencies))).toEqual([]);
});

test("no file is too long", () => {
  expect(sizeViolations(sources)).toEqual([]);
});

test("no file is dead", () => {
  expect(deadFiles(sources, entryPoints(manifest))).toEqual([]);
});

test("every relative link in the documents leads somewhere", () => {
  expect(deadLinks(documents, paths)).toEqual([]);
});

test("every command that the README names exists", () => {
  expect(unknownCommands(read("README.md"), Object.keys(manifest.scripts), recipesOf(read("Justfile").text))).toEqual([]);
});

test("the lockfile says which packages, not where from", () => {
  expect(lockfileViolations(read("package-lock.json"))).toEqual([]);
});
