import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const top = fileURLToPath(new URL("../../", import.meta.url));

/** A package of three small files, built as ours is. */
let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "kvorum-build-"));
  for (const file of ["scripts/build.mjs", "tsconfig.json", "tsconfig.build.json"]) cpSync(join(top, file), join(project, file));
  symlinkSync(join(top, "node_modules"), join(project, "node_modules"));
  write("package.json", '{"type":"module"}');
  write("src/cli/main.ts", 'import { word } from "../word.ts";\nconsole.log(word);\n');
  write("src/word.ts", 'export const word = "one";\n');
  write("src/other.ts", "export const other = 1;\n");
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(join(project, file, ".."), { recursive: true });
  writeFileSync(join(project, file), text);
}

/** Runs Node on a file of the project; the exit code, and what it has said. */
function node(file: string): Promise<{ readonly code: number | null; readonly said: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(project, file)], { encoding: "utf8" }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, said: stdout + stderr }),
    );
  });
}

const build = (): ReturnType<typeof node> => node("scripts/build.mjs");
const fileNumber = (file: string): number => statSync(join(project, file)).ino;

test("sixteen builds at once make one program, and those of a program that is made do nothing", async () => {
  const builds = await Promise.all(Array.from({ length: 16 }, build));
  expect(builds).toEqual(builds.map(() => ({ code: 0, said: "" })));
  expect(await node("dist/cli/main.js")).toEqual({ code: 0, said: "one\n" });
  expect(statSync(join(project, "dist/cli/main.js")).mode & 0o111).toBe(0o111);
  const files = ["dist/cli/main.js", "dist/word.js", "dist/.fingerprint"];
  const before = files.map(fileNumber);
  await build();
  expect(files.map(fileNumber)).toEqual(before);
});

test("a change replaces what differs by another file, and leaves the rest alone", async () => {
  const [main, word] = ["dist/cli/main.js", "dist/word.js"].map(fileNumber);
  write("src/word.ts", 'export const word = "two";\n');
  rmSync(join(project, "src/other.ts"));
  // Left behind by a build that was killed.
  write(".build/lock", "999999999");
  expect(await build()).toEqual({ code: 0, said: "" });
  expect(await node("dist/cli/main.js")).toEqual({ code: 0, said: "two\n" });
  expect(fileNumber("dist/cli/main.js")).toBe(main);
  expect(fileNumber("dist/word.js")).not.toBe(word);
  expect(existsSync(join(project, "dist/other.js"))).toBe(false);
});

test("what does not compile changes nothing, and is not taken for built", async () => {
  const before = readFileSync(join(project, "dist/word.js"), "utf8");
  write("src/word.ts", "export const word: number = 'three';\n");
  for (let attempt = 0; attempt < 2; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop
    const { code, said } = await build();
    expect(code).not.toBe(0);
    expect(said).toContain("src/word.ts(1,14): error");
  }
  expect(readFileSync(join(project, "dist/word.js"), "utf8")).toBe(before);
});
