import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "../../src/real/connect.ts";
import { GroupProcess, kvorum, type Ran } from "./group-process.ts";

let scratch: string;
let group: GroupProcess;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "kvorum-group-"));
  group = new GroupProcess(join(scratch, "data"));
  await group.says("The group is ready.");
});
afterAll(async () => {
  await group.end();
  rmSync(scratch, { recursive: true, force: true });
});

function run(...words: string[]): Ran {
  return kvorum(words, group);
}

const quiet = (status: number, stdout = ""): Ran => ({ status, stdout, stderr: "" });

describe("the commands", () => {
  test("put, get, append, swap and delete say what became of it", () => {
    expect(run("put", "a", "1")).toEqual(quiet(0, "created, version 1\n"));
    expect(run("put", "a", "2")).toEqual(quiet(0, "replaced, version 2\n"));
    expect(run("get", "a")).toEqual(quiet(0, "2\n"));
    expect(run("append", "a", "3")).toEqual(quiet(0, "2\n"));
    expect(run("swap", "a", "4")).toEqual(quiet(0, "23\n"));
    expect(run("delete", "a")).toEqual(quiet(0, "deleted\n"));
    expect(run("delete", "a")).toEqual(quiet(1, "absent\n"));
    expect(run("get", "a")).toEqual(quiet(1));
  });

  test("cas does it or not, and its exit code says which", () => {
    expect(run("cas", "cas", "1", "--absent")).toEqual(quiet(0, "done, version 1\n"));
    expect(run("cas", "cas", "2", "--expect", "0")).toEqual(quiet(1, "not done, version 1\n"));
    expect(run("cas", "cas", "2", "--expect", "0", "--json")).toEqual(quiet(1, '{"done":false,"version":1,"current":"1"}\n'));
    expect(run("cas", "cas", "2", "--at-version", "1")).toEqual(quiet(0, "done, version 2\n"));
    expect(run("cas", "cas", "--delete", "--expect", "2")).toEqual(quiet(0, "done, version 0\n"));
  });

  test("scan prints a line for each key, in order", () => {
    for (const key of ["s1", "s2", "s3"]) run("put", key, `value of ${key}`);
    expect(run("scan", "--prefix", "s")).toEqual(quiet(0, "s1\tvalue of s1\ns2\tvalue of s2\ns3\tvalue of s3\n"));
    expect(run("scan", "--after", "s1", "--through", "s3", "--limit", "1").stdout).toBe("s2\tvalue of s2\n");
    expect(run("scan", "--start", "s3", "--json").stdout).toBe('{"key":"s3","value":"value of s3","version":1}\n');
    expect(run("scan", "--start", "t")).toEqual(quiet(0));
  });

  test("bytes are given and printed as digits, and a value comes from stdin as it is", () => {
    expect(run("put", "--hex", "ff00", "fe").status).toBe(0);
    expect(run("get", "--hex", "ff00", "--json").stdout).toBe('{"key":"ff00","value":"fe","version":1}\n');
    expect(kvorum(["put", "input"], { servers: group.servers, input: "two\nlines" }).status).toBe(0);
    expect(run("get", "input", "--json").stdout).toBe('{"key":"input","value":"two\\nlines","version":1}\n');
  });
});

describe("refused", () => {
  test.each<[string, string[]]>([
    ["A key of 5000 bytes was given; 4096 are allowed.", ["get", "x".repeat(5000)]],
    ["'0' is not a whole number of at least 1.", ["scan", "--limit", "0"]],
    ["it is not said what is expected: give --expect <value>, --absent or --at-version <number>.", ["cas", "a", "b"]],
    ["'xy' is not hexadecimal digits, two for each byte.", ["get", "--hex", "xy"]],
    [
      "A server was given as the text 'nonsense'; it is an address, host:port, such as 127.0.0.1:7001.",
      ["get", "a", "--servers", "nonsense"],
    ],
    ["unknown command 'gte'. Did you mean get?", ["gte", "a"]],
  ])("with 2: %s", (sentence, words) => {
    const { status, stdout, stderr } = run(...words);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr.startsWith("kvorum: ")).toBe(true);
    expect(stderr.endsWith(`${sentence}\n`)).toBe(true);
  });

  test("without servers, with 2", () => {
    expect(kvorum(["get", "a"], { servers: "" })).toMatchObject({ status: 2 });
  });

  test("by servers of another cluster: definitely not done, and both clusters are named", () => {
    // Without a time limit: it does not wait for what cannot come.
    const { status, stderr } = run("put", "a", "b", "--cluster", "green");
    expect(status).toBe(4);
    expect(stderr).toContain("kvorum: The put was not done: No server of group 1 answers at ");
    expect(stderr).toContain('You belong to cluster "green", and server ');
  });
});

test("a group outlives its leader, killed, and says that it has ended", async () => {
  expect(run("put", "kept", "safe").status).toBe(0);
  const leader = group.leader();
  process.kill(group.processes[leader] as number, "SIGKILL");
  await group.says(`Replica ${leader} has ended (SIGKILL)`);
  expect(run("get", "kept")).toMatchObject({ status: 0, stdout: "safe\n" });
  expect(run("append", "kept", "!")).toMatchObject({ status: 0, stdout: "safe\n" });
});

test("a client in this process sees the same, and many calls of one turn", async () => {
  const client = connect({ group: group.servers.split(",") });
  const puts = await Promise.all(Array.from({ length: 500 }, (_, i) => client.put(`many ${i}`, String(i))));
  expect(puts.every(({ existed }) => !existed)).toBe(true);
  let count = 0;
  for await (const { key, value } of client.scan({ prefix: "many " })) {
    expect(key).toBe(`many ${value}`);
    count += 1;
  }
  expect(count).toBe(500);
  await client.close();
  await expect(client.get("a")).rejects.toMatchObject({ code: "closed" });
});

test("told to end, it ends with 0, and finds its data again", async () => {
  expect(await group.kill("SIGINT")).toBe(0);
  group = new GroupProcess(join(scratch, "data"));
  await group.says("The group is ready.");
  expect(run("get", "kept")).toMatchObject({ status: 0, stdout: "safe!\n" });
});

test("killed, it takes its servers along, and their data stays", async () => {
  await group.kill("SIGKILL");
  const { processes } = group;
  await until(() => !processes.some(isAlive));
  group = new GroupProcess(join(scratch, "data"));
  await group.says("The group is ready.");
  expect(run("get", "kept")).toMatchObject({ status: 0, stdout: "safe!\n" });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop
  while (!condition()) await sleep(20);
}
