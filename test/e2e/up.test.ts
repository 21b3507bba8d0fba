import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { kvorum } from "./group-process.ts";
import { isAlive, UpProcess } from "./up-process.ts";

const small = ["--masters", "1", "--groups", "2", "--replicas", "1", "--shards", "8"];

let scratch: string;
let running: UpProcess | undefined;
beforeAll(() => (scratch = mkdtempSync(join(tmpdir(), "kvorum-up-"))));
afterEach(async () => {
  await running?.kill("SIGKILL");
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function up(words: readonly string[] = small): UpProcess {
  running = new UpProcess(join(scratch, "cluster"), words);
  return running;
}

/** What a command of the shell has said, by the lines of it. */
function linesOf({ stdout }: UpProcess): string[] {
  return stdout.split("\n");
}

test("a cluster is up, its shell does what it is told, and at the end nothing of it is left", async () => {
  const first = up();
  const code = await first.end(
    'put greeting "hello world"',
    "gte greeting",
    "get greeting",
    "kill 1 2.0",
    "restart 1.0 2",
    "kill 3.0",
    "shard move 0 2",
    "add",
    "shard leave 1",
    "get greeting",
    "shard join 1",
    "shard query",
  );
  // One line was misspelt, and one names a server that there is not.
  expect(code).toBe(1);
  expect(first.stderr).toContain("There is no command 'gte'. Did you mean get?\n");
  expect(first.stderr).toContain("There is no server 3.0; there are m.0, 1.0, 2.0.\n");
  const lines = linesOf(first);
  expect(lines).toContain(`8 shards: group 1 has 4, group 2 has 4. Logs are in ${join(first.data, "logs")}.`);
  expect(lines.filter((line) => line === "hello world")).toHaveLength(2);
  for (const line of ["created, version 1", "1.0 was ended by SIGKILL.", "2.0 was ended by SIGKILL.", "configuration 2", "configuration 4"])
    expect(lines).toContain(line);
  expect(lines).toContain("Group 3 joins: configuration 3.");
  expect(lines.filter((line) => /^[123] +\d+ +127\.0\.0\.1:\d+ +[23] /.test(line))).toHaveLength(3);
  expect(lines.at(-2)).toBe(`All servers have ended; their data stays in ${first.data}.`);
  // Three from the start, two restarted.
  expect(first.processes).toHaveLength(5);
  expect(first.processes.filter(isAlive)).toEqual([]);
});

test("a second start finds the data, the added group and the addresses again; SIGTERM ends it with 0", async () => {
  const before = running?.plan;
  const second = up([]);
  await second.says("This is its shell");
  expect(second.plan).toEqual(before);
  expect(second.plan.groups).toHaveLength(3);
  second.write("get greeting");
  await second.says("\nhello world\n");
  const masters = second.plan.masters.servers.join(",");
  expect(kvorum(["shell", "--masters", masters], { servers: "", input: "append greeting !\nscan\n" })).toEqual({
    status: 0,
    stdout: 'version 2, it was "hello world"\ngreeting  hello world!\n',
    stderr: "",
  });
  // Somebody else starts it meanwhile.
  const other = kvorum(["up", "--data", second.data]);
  expect([other.status, other.stdout]).toEqual([2, ""]);
  expect(other.stderr).toMatch(/^kvorum: The address 127\.0\.0\.1:\d+ of the cluster in .* is in use; if that cluster runs already, .*\n$/);
  expect(await second.kill("SIGTERM")).toBe(0);
  expect(second.processes).toHaveLength(4);
  expect(second.processes.filter(isAlive)).toEqual([]);
});

test("without a shell it runs until its terminal is closed", async () => {
  const without = up(["--no-shell"]);
  await without.says("Ctrl-C ends it");
  expect(await without.kill("SIGHUP")).toBe(0);
  expect(without.processes).toHaveLength(4);
  expect(without.processes.filter(isAlive)).toEqual([]);
});

test("killed, it takes its servers along", async () => {
  const killed = up([]);
  await killed.says("This is its shell");
  expect(killed.processes.filter(isAlive)).toHaveLength(4);
  expect(await killed.kill("SIGKILL")).toBe("SIGKILL");
  await killed.gone();
  expect(killed.processes.filter(isAlive)).toEqual([]);
});

test("a cluster of another size, or a directory of something else, is refused with 2 and one sentence", () => {
  const data = join(scratch, "cluster");
  expect(kvorum(["up", "--data", data, "--replicas", "3"])).toEqual({
    status: 2,
    stdout: "",
    stderr: `kvorum: The cluster in ${data} was made with --replicas 1, and --replicas 3 was asked for; give another directory with --data, or leave it out.\n`,
  });
  const other = kvorum(["up", "--data", scratch]);
  expect([other.status, other.stdout]).toEqual([2, ""]);
  expect(other.stderr).toContain("holds something else than a local cluster");
});

test("a server whose data is damaged is told of, and a cluster without a majority is not begun", async () => {
  writeFileSync(join(scratch, "cluster", "1.0", "kvorum.json"), "nonsense");
  const damaged = up([]);
  expect(await damaged.ended).toBe(1);
  expect(damaged.stdout).toContain("1.0 has ended with 12. It said: The marker ");
  expect(damaged.stderr).toMatch(/kvorum: Group 1 cannot have a majority: 1\.0 has ended\.\n$/);
});
