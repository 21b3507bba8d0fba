import { spawn } from "node:child_process";
import type { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type { LineOutput } from "../../src/real/line-streams.ts";
import { PipeOutput } from "../../src/real/standard-lines.ts";

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** A pipe that takes so many bytes with each write, or fails. */
function pipe(takes: (number | Error)[]): { output: PipeOutput; direct: string[]; streamed: string[]; isBroken: () => boolean } {
  const [direct, streamed]: [string[], string[]] = [[], []];
  let isBroken = false;
  const write = ((_: number, text: string) => {
    const most = takes.shift() ?? text.length;
    if (most instanceof Error) throw most;
    direct.push(text.slice(0, most));
    return Math.min(most, text.length);
  }) as typeof writeSync;
  const stream: LineOutput = {
    open: () => {},
    write: (text) => void streamed.push(text),
    flush: (done) => {
      streamed.push("flushed");
      done();
    },
  };
  const output = new PipeOutput(1, () => stream, write);
  output.open(() => (isBroken = true));
  return { output, direct, streamed, isBroken: () => isBroken };
}

test("a text is one write, and what was not taken is written behind it", () => {
  const { output, direct, streamed } = pipe([100, 2, 3]);
  output.write("GET a 1\n");
  output.write("GET b 2\n");
  expect(direct).toEqual(["GET a 1\n", "GE", "T b", " 2\n"]);
  let isFlushed = false;
  output.flush(() => (isFlushed = true));
  expect([isFlushed, streamed]).toEqual([true, []]);
});

test("a full pipe gets the rest, and all that follows, from a stream", () => {
  const { output, direct, streamed, isBroken } = pipe([3, failure("EAGAIN")]);
  output.write("GET a 1\n");
  output.write("GET b 2\n");
  output.flush(() => {});
  expect([direct, streamed, isBroken()]).toEqual([["GET"], [" a 1\n", "GET b 2\n", "flushed"], false]);
});

test("a pipe that nobody reads is broken", () => {
  const { output, streamed, isBroken } = pipe([failure("EPIPE")]);
  output.write("GET a 1\n");
  expect([streamed, isBroken()]).toEqual([[], true]);
});

test("a process's own pipes bring every byte, and take more than they hold, until the end", async () => {
  const module = pathToFileURL("src/real/standard-lines.ts").href;
  const program = `
    const { standardInput, standardOutput } = await import(${JSON.stringify(module)});
    const [input, output] = [standardInput(), standardOutput()];
    output.open(() => process.exit(1));
    input.open((piece) => { input.pause(); output.write(piece); setImmediate(() => input.resume()); }, () => output.flush(() => process.exit(0)));`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "inherit"] });
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256));
  const parts: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => parts.push(part));
  const ended = new Promise((resolve) => {
    child.once("close", resolve);
  });
  child.stdin.end(sent);
  expect(await ended).toBe(0);
  expect(Buffer.concat(parts).equals(sent)).toBe(true);
});
