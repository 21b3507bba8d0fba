import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { directoryPaths, inspectDirectory, makeDirectory } from "../../src/real/directory.ts";
import { Refusal } from "../../src/real/stop.ts";

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "kvorum-directory-"));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const marker = { cluster: "blue", incarnation: 4711 };

async function made(path: string): Promise<void> {
  await makeDirectory(path, marker, async ({ rows }) => mkdirSync(rows));
}

function refusal(act: () => unknown): { readonly reason: string; readonly sentence: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return { reason: error.reason, sentence: error.message };
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("a directory", () => {
  test("is made complete, and found again", async () => {
    const path = join(scratch, "new");
    expect(inspectDirectory(path, "blue", true)).toBeUndefined();
    expect(readdirSync(scratch)).toEqual([]);
    await made(path);
    expect(inspectDirectory(path, "blue", false)).toEqual(marker);
    expect(readdirSync(path).toSorted()).toEqual(["cells", "kvorum.json", "rows"]);
  });

  test("that is empty needs no leave to be made", async () => {
    expect(inspectDirectory(scratch, "blue", false)).toBeUndefined();
    await made(scratch);
    expect(inspectDirectory(scratch, "blue", false)).toEqual(marker);
  });

  test("whose making was cut short is made anew, wherever that was", async () => {
    const path = join(scratch, "new");
    const cut = makeDirectory(path, marker, ({ rows }) => {
      mkdirSync(rows);
      writeFileSync(join(rows, "half"), "");
      return Promise.reject(new Error("cut"));
    });
    await expect(cut).rejects.toThrow("cut");
    expect(inspectDirectory(path, "blue", false)).toBeUndefined();
    await made(path);
    expect(readdirSync(directoryPaths(path).rows)).toEqual([]);
    expect(inspectDirectory(path, "blue", false)).toEqual(marker);
  });
});

describe("refused, in one sentence, and left as it was", () => {
  test("one that is missing", () => {
    const path = join(scratch, "none");
    expect(refusal(() => inspectDirectory(path, "blue", false))).toEqual({
      reason: "data_unusable",
      sentence: `The data directory ${path} does not exist; make it, or ask for it to be made with --create.`,
    });
  });

  test("one that cannot be made, because nothing is there to make it in", () => {
    const path = join(scratch, "none", "data");
    const { reason, sentence } = refusal(() => inspectDirectory(path, "blue", true));
    expect([reason, sentence]).toEqual(["data_unusable", expect.stringContaining(`because ${join(scratch, "none")} does not exist`)]);
  });

  test("a file", () => {
    const path = join(scratch, "file");
    writeFileSync(path, "");
    expect(refusal(() => inspectDirectory(path, "blue", true)).sentence).toBe(`The data directory ${path} is not a directory.`);
  });

  test("somebody else's files", () => {
    writeFileSync(join(scratch, "thesis.tex"), "");
    const { reason, sentence } = refusal(() => inspectDirectory(scratch, "blue", true));
    expect([reason, sentence]).toEqual(["data_unusable", expect.stringContaining("holds files that are not kvorum's")]);
    expect(readdirSync(scratch)).toEqual(["thesis.tex"]);
  });

  test("another cluster's", async () => {
    await made(scratch);
    expect(refusal(() => inspectDirectory(scratch, "green", true))).toEqual({
      reason: "data_unusable",
      sentence: `The data directory ${scratch} belongs to the cluster 'blue', not to 'green'.`,
    });
  });

  test("one of a newer format, which says which", async () => {
    await made(scratch);
    writeFileSync(join(scratch, "kvorum.json"), JSON.stringify({ format: 2, whatever: "comes" }));
    const { reason, sentence } = refusal(() => inspectDirectory(scratch, "blue", true));
    expect([reason, sentence]).toEqual(["data_unusable", expect.stringContaining("has format 2, and this program reads format 1")]);
  });

  test("one whose marker has lost a bit, whichever it is", async () => {
    await made(scratch);
    const file = join(scratch, "kvorum.json");
    const whole = readFileSync(file);
    const undetected: number[] = [];
    for (let bit = 0; bit < 8 * whole.length; bit += 1) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      writeFileSync(file, flipped);
      const same = (): boolean => JSON.stringify(inspectDirectory(scratch, "blue", false)) === JSON.stringify(marker);
      try {
        // The line's end may become another blank.
        if (!same()) undetected.push(bit);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
    expect(undetected).toEqual([]);
  });
});
