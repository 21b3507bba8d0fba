import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ProcessGiven, type ServerProcess, Servers } from "./server-process.ts";

let rig: Servers;
beforeEach(() => {
  rig = new Servers();
});
afterEach(() => rig.close());

/** What has a server stand still, see `hang.ts`. */
function hanging(what: "disk" | "loop"): ProcessGiven {
  const pipe = join(rig.path, "pipe");
  execFileSync("mkfifo", [pipe]);
  const hang = fileURLToPath(new URL("hang.ts", import.meta.url));
  return { flags: ["--import", "tsx", "--import", hang], env: { HANG: what, PIPE: pipe } };
}

/** A server that has found its directory in order, and whose first vote does not come to the disk. */
async function withHungDisk(words: readonly string[]): Promise<ServerProcess> {
  const first = rig.start(words);
  await first.says("The server is up.");
  await first.kill("SIGTERM");
  const server = rig.start([...words, "--stall", "2s"], hanging("disk"));
  await server.says("the disk hangs");
  return server;
}

describe("a server whose disk hangs", () => {
  test("kills itself, says why, and finds everything again when the disk is well", async () => {
    const words = await rig.single();
    const server = await withHungDisk(words);
    expect(await server.ended).toBe("SIGKILL");
    expect(server.stderr).toMatch(/A write to the disk has not ended for \d+ seconds; the process ends itself\./);
    const next = rig.start(words);
    await next.says("The server is up.");
    expect(await next.kill("SIGTERM")).toBe(0);
  });

  test("does so also when it is told to end, once or twice: Node's own end would wait for the disk for ever", async () => {
    const server = await withHungDisk(await rig.single());
    server.signal("SIGTERM");
    await server.says("The server ends.");
    server.signal("SIGTERM");
    expect(await server.ended).toBe("SIGKILL");
    expect(server.stderr).toContain("A write to the disk has not ended");
  });
});

test("a server whose loop hangs is killed by its own watchdog", async () => {
  const server = rig.start([...(await rig.single()), "--stall", "2s"], hanging("loop"));
  await server.says("The server is up.");
  server.signal("SIGUSR2");
  await server.says("the loop hangs");
  expect(await server.ended).toBe("SIGKILL");
});

test("how long a server may stand still is not less than a second", async () => {
  const server = rig.start([...(await rig.single()), "--stall", "20ms"]);
  expect(await server.ended).toBe(2);
  expect(server.stderr).toMatch(/^kvorum: option '--stall <duration>'.*'20ms' is not a duration .* of at least 1s\.\n$/);
});
