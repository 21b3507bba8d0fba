import { expect, test } from "vitest";
import {
  deadFiles,
  entryPoints,
  importers,
  layers,
  layerViolations,
  linesMax,
  lockfileViolations,
  packageViolations,
  purityViolations,
  sizeViolations,
} from "./rules.ts";
import type { SourceFile } from "./source.ts";

const file = (path: string, text = ""): SourceFile => ({ path, text });

/** What the layer rule says about one import; the empty string when nothing. */
const layer = (path: string, target: string): string => layerViolations([file(path, `import { a } from "${target}";`)]).join();

test.each([
  ["src/base/a.ts", "./b.ts"],
  ["src/base/deep/a.ts", "../b.ts"],
  ["src/raft/a.ts", "../base/b.ts"],
  ["src/check/a.ts", "../base/b.ts"],
  ["src/env/a.ts", "../raft/b.ts"],
  ["src/sim/a.ts", "../check/b.ts"],
  ["src/real/a.ts", "../rsm/b.ts"],
  ["src/cli/a.ts", "../lab/b.ts"],
  ["src/cli/a.ts", "../bench/b.ts"],
  ["src/index.ts", "./cli/b.ts"],
  ["src/base/a.ts", "node:fs"],
  ["test/base/a.ts", "../../src/cli/b.ts"],
])("%s may import %s", (path, target) => {
  expect(layer(path, target)).toBe("");
});

test.each([
  ["src/raft/a.ts", "../env/b.ts", "imports env"],
  ["src/raft/deep/a.ts", "../../env/b.ts", "imports env"],
  ["src/base/a.ts", "../raft/b.ts", "imports raft"],
  ["src/check/a.ts", "../rsm/b.ts", "imports rsm"],
  ["src/sim/a.ts", "../real/b.ts", "imports real"],
  ["src/real/a.ts", "../sim/b.ts", "imports sim"],
  ["src/lab/a.ts", "../bench/b.ts", "imports bench"],
  ["src/bench/a.ts", "../lab/b.ts", "imports lab"],
  ["src/server/a.ts", "../lab/b.ts", "imports lab"],
  ["src/cli/a.ts", "../index.ts", "imports src/index.ts"],
  ["src/cli/a.ts", "../../test/b.ts", "imports test/b.ts, which is not in src"],
  ["src/cli/a.ts", "../other/b.ts", "imports src/other/b.ts, which is in no layer"],
  ["src/other/a.ts", "../base/b.ts", "stands in src/other, which has no place among the layers"],
  ["src/a.ts", "./base/b.ts", "stands in no folder, and is not the door"],
])("%s may not import %s", (path, target, fault) => {
  expect(layer(path, target)).toBe(`${path}:1 ${fault}`);
});

test.each([
  'import "../env/b.ts";',
  "export * from '../env/b.ts';",
  'import type { B } from "../env/b.ts";',
  'const b = import("../env/b.ts");',
  'type B = import("../env/b.ts").B;',
  'new Worker(new URL("../env/b.ts", import.meta.url));',
])("the layer rule sees %s", (text) => {
  expect(layerViolations([file("src/raft/a.ts", text)])).toEqual(["src/raft/a.ts:1 imports env"]);
});

test("an import of something computed is refused", () => {
  expect(layerViolations([file("src/cli/a.ts", "\nawait import(name);")])).toEqual([
    "src/cli/a.ts:2 imports something computed, which no test can check",
  ]);
});

test("every pair of folders is either in order or refused, never both ways", () => {
  const folders = layers.flat();
  for (const [a, b] of folders.flatMap((one) => folders.filter((other) => other !== one).map((other) => [one, other] as const))) {
    const refusals = [layer(`src/${a}/x.ts`, `../${b}/y.ts`), layer(`src/${b}/x.ts`, `../${a}/y.ts`)].filter((fault) => fault !== "");
    expect(refusals.length, `${a} and ${b}`).toBeGreaterThan(0);
  }
});

test.each([
  ["export async function a() {}", "async"],
  ["await a;", "await"],
  ["type A = Promise<void>;", "Promise"],
  ["new Date();", "Date"],
  ["Date.now();", "Date"],
  ["Math.random();", "Math.random"],
  ["setTimeout(a, 1);", "setTimeout"],
  ["setInterval(a, 1);", "setInterval"],
  ["setImmediate(a);", "setImmediate"],
  ["queueMicrotask(a);", "queueMicrotask"],
  ["performance.now();", "performance"],
  ["process.exit();", "process"],
  ["[...process.argv];", "process"],
  ["globalThis.setTimeout(a);", "globalThis"],
  ["console.log(a);", "console"],
  ["`${Date.now()}`;", "Date"],
  ["a.sort((b, c) => b.localeCompare(c));", "localeCompare"],
])("pure code does not say %s", (text, word) => {
  for (const folder of ["base", "raft", "env", "rsm", "shardmaster", "shardkv"]) {
    expect(purityViolations([file(`src/${folder}/a.ts`, `\n${text}`)])).toEqual([`src/${folder}/a.ts:2 uses ${word}`]);
  }
  for (const folder of ["client", "check", "real", "sim", "server", "cli"]) {
    expect(purityViolations([file(`src/${folder}/a.ts`, text)])).toEqual([]);
  }
});

test("pure code may speak of what it does not do", () => {
  const text = '/** No Promise, no async. */\nconst a = "process" + b.process + Update + asyncWrites; // setTimeout';
  expect(purityViolations([file("src/raft/a.ts", text)])).toEqual([]);
});

test.each(["base", "raft", "env", "rsm", "shardmaster", "shardkv", "client", "check"])("src/%s may not import Node's modules", (folder) => {
  const text = 'import { a } from "node:fs";\nconst b = import("node:fs/promises");\nimport "os";';
  expect(purityViolations([file(`src/${folder}/a.ts`, text)])).toEqual([
    `src/${folder}/a.ts:1 imports node:fs`,
    `src/${folder}/a.ts:2 imports node:fs/promises`,
    `src/${folder}/a.ts:3 imports os`,
  ]);
});

test("a package is imported by its one importer only, and by tests", () => {
  for (const [name, importer] of Object.entries(importers)) {
    const own = importer.endsWith("/") ? `${importer}any.ts` : importer;
    const text = `import a from "${name}";`;
    expect(packageViolations([file(own, text), file("test/any.ts", text)], [name])).toEqual([]);
    expect(packageViolations([file("src/server/any.ts", text)], [name])).toEqual([
      `src/server/any.ts:1 imports ${name}, which only ${importer} may`,
    ]);
  }
});

test.each([
  ["vitest", "imports vitest, which has no importer in test/tidy/rules.ts"],
  ["@resvg/other/deep", "imports @resvg/other, which has no importer in test/tidy/rules.ts"],
  ["commander/deep", "imports commander, which is not among the dependencies"],
  ["fs", "imports fs without node: before it"],
])("src may not import %s", (name, fault) => {
  expect(packageViolations([file("src/cli/a.ts", `import a from "${name}";`)], ["msgpackr"])).toEqual([`src/cli/a.ts:1 ${fault}`]);
});

test("a file of one line too many is too long", () => {
  const text = "a;\n".repeat(linesMax);
  expect(sizeViolations([file("src/base/a.ts", text)])).toEqual([]);
  expect(sizeViolations([file("test/a.ts", `${text}a;`)])).toEqual(["test/a.ts has 401 lines; 400 are allowed"]);
});

test("a file that only itself or a test imports is dead", () => {
  const files = [
    file("src/cli/main.ts", 'import "./used.ts";'),
    file("src/cli/used.ts"),
    file("src/cli/dead.ts", 'import "./dead.ts";'),
    file("src/cli/tested.ts"),
    file("test/cli/tested.test.ts", 'import "../../src/cli/tested.ts";'),
  ];
  expect(deadFiles(files, ["src/cli/main.ts"])).toEqual([
    "src/cli/dead.ts is imported by nothing in src",
    "src/cli/tested.ts is imported by nothing in src",
  ]);
});

test("entry points are what the package offers", () => {
  const manifest = {
    bin: { kvorum: "dist/cli/main.js" },
    exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
    files: ["dist"],
  };
  expect(entryPoints(manifest)).toEqual(["src/cli/main.ts", "src/index.ts"]);
});

test("a lockfile with an address is refused", () => {
  const text = '{\n  "resolved": "https://mirror.example/a.tgz"\n}';
  expect(lockfileViolations(file("package-lock.json", text))).toEqual(["package-lock.json:2 records an address"]);
  expect(lockfileViolations(file("package-lock.json", '{ "integrity": "sha512-x" }'))).toEqual([]);
});

test("nothing is wrong with an empty checkout", () => {
  const verdicts = [
    layerViolations([]),
    purityViolations([]),
    packageViolations([], []),
    sizeViolations([]),
    deadFiles([], ["src/index.ts"]),
  ];
  expect(verdicts.flat()).toEqual([]);
});
