import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { checkCommand } from "../../src/cli/check.ts";
import { kvorumProgram, runProgram } from "../../src/cli/program.ts";

let before: typeof process.exitCode;
let folder: string;
beforeEach(() => {
  before = process.exitCode;
  process.exitCode = undefined;
  folder = mkdtempSync(join(tmpdir(), "kvorum-check-"));
});
afterEach(() => {
  process.exitCode = before;
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

interface Outcome {
  readonly code: typeof process.exitCode;
  readonly stdout: string;
  readonly stderr: string;
}

async function check(words: readonly string[], input = ""): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((stdout += String(text))));
  vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((stderr += String(text))));
  async function* chunks(): AsyncIterable<Uint8Array> {
    const bytes = Buffer.from(input);
    yield bytes.subarray(0, 5);
    yield bytes.subarray(5);
  }
  await runProgram(kvorumProgram([checkCommand(chunks)]), ["check", ...words]);
  return { code: process.exitCode, stdout, stderr };
}

function data(name: string): string {
  return fileURLToPath(new URL(`../check/data/${name}`, import.meta.url));
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const good = data("toy/no-bug.jsonl");
const bad = data("toy/stale-reads.jsonl");

test("a line for each file, and the exit code of the worst", async () => {
  expect(await check([good])).toEqual({ code: 0, stdout: `${good}: linearizable\n`, stderr: "" });
  expect(await check([good, bad, data("kv/order-changes.txt")])).toEqual({
    code: 1,
    stdout: `${good}: linearizable\n${bad}: not linearizable\n${data("kv/order-changes.txt")}: not linearizable\n`,
    stderr: "",
  });
});

test("too few steps leave it undecided", async () => {
  expect(await check([good, "--steps", "3"])).toEqual({ code: 2, stdout: `${good}: undecided\n`, stderr: "" });
});

test("standard input is a file named -", async () => {
  expect(await check(["-"], readFileSync(good, "utf8"))).toEqual({ code: 0, stdout: "-: linearizable\n", stderr: "" });
});

test("an empty file is linearizable, and it is said that it is empty", async () => {
  const empty = file("empty", "");
  expect(await check([empty])).toEqual({
    code: 0,
    stdout: `${empty}: linearizable\n`,
    stderr: `kvorum: ${empty}: it holds no operations.\n`,
  });
});

describe("what cannot be read", () => {
  test("is named in one sentence with its line, and does not keep others from being checked", async () => {
    const torn = file("torn", `${readFileSync(good, "utf8").split("\n")[0] ?? ""}\n{"client":"a"`);
    const outcome = await check([torn, good]);
    expect(outcome).toMatchObject({ code: 3, stdout: `${good}: linearizable\n` });
    expect(outcome.stderr).toBe(`kvorum: ${torn}, line 2: expected a JSON object, found "{\\"client\\":\\"a\\"".\n`);
  });

  test.each([
    ["a file that is not there", () => join(folder, "nothing"), "it cannot be read: there is no such file"],
    ["a directory", () => folder, "it cannot be read: it is a directory"],
    ["a file below a file", () => join(file("plain", ""), "x"), "it cannot be read: there is no such folder"],
    ["bytes that are no text", () => file("bytes", Uint8Array.of(0xff, 0xfe, 0x00)), "it is not text in UTF-8"],
  ])("can be %s", async (_, path, sentence) => {
    const name = path();
    expect(await check([name])).toEqual({ code: 3, stdout: "", stderr: `kvorum: ${name}: ${sentence}.\n` });
  });

  test("weighs less than a refutation, and more than not knowing", async () => {
    const missing = join(folder, "nothing");
    expect((await check([missing, bad])).code).toBe(1);
    expect((await check([good, missing, "--steps", "3"])).code).toBe(3);
  });
});

describe("--html", () => {
  test("writes a page about the first that is not linearizable", async () => {
    const page = join(folder, "page.html");
    const outcome = await check([good, bad, data("kv/order-changes.txt"), "--html", page]);
    expect(outcome).toMatchObject({ code: 1, stderr: "" });
    expect(readFileSync(page, "utf8")).toContain(`<title>${bad}: not linearizable</title>`);
  });

  test("writes nothing where all is well", async () => {
    const page = join(folder, "page.html");
    expect((await check([good, "--html", page])).code).toBe(0);
    expect(() => readFileSync(page)).toThrow("ENOENT");
  });

  test("says why when the page cannot be written; the verdict stands", async () => {
    const page = join(folder, "no", "page.html");
    expect(await check([bad, "--html", page])).toEqual({
      code: 1,
      stdout: `${bad}: not linearizable\n`,
      stderr: `kvorum: ${bad}: its picture cannot be written to ${page}: there is no such file.\n`,
    });
  });
});

test("--explain prints why below the verdict", async () => {
  const { code, stdout } = await check([bad, "--explain"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/: not linearizable\n\nkey "k[12]": no order of its \d+ operations fits\n/);
  expect(stdout).toContain("does not fit: it read");
});

test("--json prints a line for each", async () => {
  const { stdout } = await check([good, bad, "--json", "--explain"]);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines).toMatchObject([
    { file: good, format: "json lines", verdict: "linearizable", keys: 2, undecided: [] },
    { file: bad, verdict: "not linearizable", failure: { key: expect.stringMatching(/^k[12]$/), operations: expect.any(Number) } },
  ]);
  expect(lines[0]).not.toHaveProperty("explanation");
  expect(lines[1]).toHaveProperty("explanation", expect.stringContaining("does not fit"));
});

test.each([
  [["-", "-"], "kvorum: standard input can be read only once.\n"],
  [[good, "--html", good], `kvorum: the picture would be written over ${good}.\n`],
  [[], "kvorum: missing required argument 'files'.\n"],
  [[good, "--steps", "0"], "kvorum: option '--steps <count>': '0' is not a whole number of at least 1.\n"],
])("the command line %j is refused", async (words, stderr) => {
  expect(await check(words)).toEqual({ code: 2, stdout: "", stderr });
});

/** A history that takes a while: many writes at once, and two reads behind them that disagree about which was the last. */
function hard(): string {
  const puts = Array.from({ length: 20 }, (_, at) => ({
    client: `c${at}`,
    call: 0,
    return: 9,
    op: "put",
    key: "k",
    value: `${at}`,
    result: {},
  }));
  const reads = ["0", "1"].map((value, at) => ({
    client: "r",
    call: 10 + 2 * at,
    return: 11 + 2 * at,
    op: "get",
    key: "k",
    result: { value },
  }));
  return [...puts, ...reads].map((line) => JSON.stringify(line)).join("\n");
}

test("a check that takes longer than two seconds says how far it is, on stderr", async () => {
  let now = 0;
  vi.spyOn(Date, "now").mockImplementation(() => (now += 1500));
  const path = file("hard", hard());
  const { code, stdout, stderr } = await check([path, "--steps", "1000000"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: `${path}: undecided\n` });
  expect(stderr).toMatch(new RegExp(`^${path}: 0 of 1 keys decided, 0\\.\\d million steps, \\d+\\.\\d s\n`));
});
