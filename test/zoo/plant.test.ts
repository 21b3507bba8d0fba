import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import type * as log from "../../src/raft/log.ts";
import { zoo } from "./hunt.ts";
import { type Bug, type Ground, plant } from "./plant.ts";

let ground: Ground;
let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "plant-"));
  ground = { source: join(top, "src"), zoo: join(top, ".zoo") };
  write("base/one.ts", "export const one = 1;\n");
  write("base/deep/two.ts", "export const two = one + one;\n");
});

afterEach(() => rmSync(top, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(ground.source, path)), { recursive: true });
  writeFileSync(join(ground.source, path), text);
}

const bug = (...patches: Bug["patches"]): Bug => ({ id: "off-by-one", title: "counts one too many", source: "everywhere", patches });
const threeForTwo = bug({ file: "base/deep/two.ts", find: "one + one", replace: "one + one + one; // costs $1, $& all" });

test("a planted copy has the bug and all else as it is", () => {
  const folder = plant(threeForTwo, ground);
  expect(readFileSync(join(folder, "base/one.ts"), "utf8")).toBe("export const one = 1;\n");
  expect(readFileSync(join(folder, "base/deep/two.ts"), "utf8")).toBe("export const two = one + one + one; // costs $1, $& all;\n");
  expect(readFileSync(join(ground.source, "base/deep/two.ts"), "utf8")).toBe("export const two = one + one;\n");
});

test("patches of one file follow each other", () => {
  const folder = plant(
    bug({ file: "base/one.ts", find: "= 1", replace: "= 2" }, { file: "base/one.ts", find: "= 2", replace: "= 3" }),
    ground,
  );
  expect(readFileSync(join(folder, "base/one.ts"), "utf8")).toBe("export const one = 3;\n");
});

test.each([
  ["a place that is gone", { file: "base/one.ts", find: "= 7", replace: "= 8" }, "base/one.ts has 0 places like this, not one:\n= 7"],
  ["two places", { file: "base/deep/two.ts", find: "one", replace: "1" }, "base/deep/two.ts has 2 places like this, not one:\none"],
  ["no place at all", { file: "base/one.ts", find: "", replace: "1" }, "places like this, not one"],
  ["a file that is gone", { file: "base/three.ts", find: "3", replace: "4" }, "there is no base/three.ts in src"],
  ["a patch without effect", { file: "base/one.ts", find: "= 1", replace: "= 1" }, "changes nothing"],
])("%s is refused", (_, patch, message) => {
  expect(() => plant(bug(patch), ground)).toThrow(message);
  expect(existsSync(ground.zoo)).toBe(false);
});

test.each(["", "../up", "Off", "a b", "-a"])("%j is no id", (id) => {
  expect(() => plant({ ...threeForTwo, id }, ground)).toThrow("a bug's id is words with dashes between");
});

test("planting again is the same folder, untouched", () => {
  const folder = plant(threeForTwo, ground);
  const before = statSync(join(folder, "base/one.ts"));
  expect(plant(threeForTwo, ground)).toBe(folder);
  expect(statSync(join(folder, "base/one.ts")).ino).toBe(before.ino);
});

test("a changed source is another folder, and the older one stays for those who use it", () => {
  const folder = plant(threeForTwo, ground);
  write("base/one.ts", "export const one = 1.0;\n");
  expect(plant(threeForTwo, ground)).not.toBe(folder);
  expect(existsSync(folder)).toBe(true);
});

test("copies that nobody has asked for in an hour are removed", () => {
  const older = dirname(plant(threeForTwo, ground));
  utimesSync(older, new Date(0), new Date(0));
  write("base/one.ts", "export const one = 1.0;\n");
  const newer = dirname(plant(threeForTwo, ground));
  expect(readdirSync(dirname(newer)).map((name) => join(dirname(newer), name))).toEqual([newer]);
});

test("workers may plant the same bug at once", { timeout: 30_000 }, async () => {
  const script = `
    const { plant } = await import(${JSON.stringify(new URL("plant.ts", import.meta.url).href)});
    console.log(plant(${JSON.stringify(threeForTwo)}, ${JSON.stringify(ground)}));`;
  const loader = fileURLToPath(new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url));
  const args = ["--import", pathToFileURL(loader).href, "--input-type=module", "--eval", script];
  const workers = await Promise.all([1, 2, 3].map(() => promisify(execFile)(process.execPath, args)));
  const folders = new Set(workers.map(({ stdout }) => stdout.trim()));
  expect(folders.size).toBe(1);
  const [folder] = folders;
  expect(readdirSync(join(ground.zoo, threeForTwo.id))).toEqual([folder?.split("/").at(-2)]);
});

test("a planted module is imported from where it stands", async () => {
  const patch = { file: "raft/log.ts", find: "return log.mark.index + 1;", replace: "return log.mark.index + 2;" };
  const folder = plant({ id: "planted-import", title: "", source: "", patches: [patch] });
  const planted = (await import(pathToFileURL(join(folder, "raft/log.ts")).href)) as typeof log;
  const empty = planted.openLog({ index: 0, term: 0, chain: 0, membership: { voters: [] } }, []);
  expect(planted.firstIndex(empty)).toBe(2);
});

test.each(zoo)("$id still finds what it patches", (planted) => {
  expect(existsSync(plant(planted))).toBe(true);
});
