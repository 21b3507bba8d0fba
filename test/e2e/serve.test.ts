import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePorts } from "../../src/real/free-ports.ts";
import { Servers } from "./server-process.ts";

let rig: Servers;
beforeEach(() => {
  rig = new Servers();
});
afterEach(() => rig.close());

/** Starts a server that is expected to refuse: its exit code and what it says. */
async function refused(words: readonly string[]): Promise<readonly [unknown, string]> {
  const child = rig.start(words);
  const code = await child.ended;
  return [code, child.stderr];
}

describe("servers", () => {
  test("admit each other, end with 0 when told to, and find their data again", async () => {
    const words = await rig.trio();
    for (const life of ["the first", "a second"]) {
      const servers = words.map((each) => rig.start(each));
      await Promise.all(servers.map((server) => server.says("The server is up.")));
      if (life === "the first") await Promise.all(servers.map((server) => server.says("admission: admitted")));
      else await Promise.all(servers.map((server) => server.says('"admitted":true')));
      expect(await Promise.all(servers.map((server) => server.kill("SIGTERM")))).toEqual([0, 0, 0]);
    }
  });

  test("refuse one whose directory was emptied, by name, and say what to do", async () => {
    const words = await rig.trio();
    const servers = words.map((each) => rig.start(each));
    await Promise.all(servers.map((server) => server.says("admission: admitted")));
    await servers[0]?.kill("SIGKILL");
    rmSync(join(rig.path, "0"), { recursive: true });
    const emptied = rig.start(words[0] as string[]);
    await emptied.says("this replica's directory is not the one its group knows");
    expect(emptied.stderr).toMatch(/"server":"127\.0\.0\.1:\d+"/);
    expect(emptied.stderr).toContain("Put the old directory back.");
    expect(emptied.stderr).not.toContain("admission: admitted");
  });

  test("say that there is no authentication when others can reach them", async () => {
    const [port] = await freePorts(1);
    const open = rig.start(["--listen", `0.0.0.0:${port}`, "--replica", "0", "--servers", `127.0.0.1:${port}`]);
    await open.says("There is no authentication yet");
    await open.says("The server is up.");
    expect(await open.kill("SIGTERM")).toBe(0);
  });
});

describe("refused with one sentence and a code of its own", () => {
  test("a directory that is missing: 10, and nothing is made", async () => {
    const words = (await rig.trio())[0]?.filter((word) => word !== "--create") ?? [];
    const [code, stderr] = await refused(words);
    expect(code).toBe(10);
    expect(stderr).toBe(
      `kvorum: The data directory ${join(rig.path, "0")} does not exist; make it, or ask for it to be made with --create.\n`,
    );
    expect(readdirSync(rig.path)).toEqual([]);
  });

  test("a directory that is in use: 11", async () => {
    const [first = [], second = []] = await rig.trio();
    const holder = rig.start(first);
    await holder.says("The server is up.");
    const [code, stderr] = await refused(second.map((word) => (word === join(rig.path, "1") ? join(rig.path, "0") : word)));
    expect([code, stderr]).toEqual([11, expect.stringMatching(/^kvorum: .* is in use by another process.*\n$/)]);
  });

  test("another replica's directory: 10", async () => {
    const [first = [], second = []] = await rig.trio();
    const holder = rig.start(first);
    await holder.says("The server is up.");
    await holder.kill("SIGTERM");
    const [code, stderr] = await refused(second.map((word) => (word === join(rig.path, "1") ? join(rig.path, "0") : word)));
    expect([code, stderr]).toEqual([
      10,
      expect.stringMatching(/^kvorum: The data directory .* belongs to replica 0 of group 1 with .*\n$/),
    ]);
  });

  test("a marker that is damaged: 12", async () => {
    const [first = []] = await rig.trio();
    const holder = rig.start(first);
    await holder.says("The server is up.");
    await holder.kill("SIGTERM");
    const marker = join(rig.path, "0", "kvorum.json");
    writeFileSync(marker, readFileSync(marker, "utf8").replace('"format":1', '"format":0'));
    expect(await refused(first)).toEqual([12, expect.stringMatching(/^kvorum: The marker .* is damaged; .*\n$/)]);
  });

  test("a port in use: 14, and nothing is written", async () => {
    const [first = []] = await rig.trio();
    const blocker = createServer().listen(Number(/:(\d+)/.exec(first[3] ?? "")?.[1]), "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const [code, stderr] = await refused(first);
    await new Promise((resolve) => blocker.close(resolve));
    expect([code, stderr]).toEqual([14, expect.stringMatching(/^kvorum: .*127\.0\.0\.1.*\n$/)]);
    expect(readdirSync(rig.path)).toEqual([]);
  });

  test("an address that is not this machine's: 14", async () => {
    const [code, stderr] = await refused(["--replica", "0", "--servers", "192.0.2.1:7001"]);
    expect([code, stderr]).toEqual([14, expect.stringMatching(/^kvorum: .*192\.0\.2\.1.*\n$/)]);
  });

  test("peers of another cluster: 15, both are named, and nothing is written", async () => {
    const [first = [], second = []] = await rig.trio();
    const blue = rig.start([...first, "--cluster", "blue"]);
    await blue.says("The server is up.");
    const [code, stderr] = await refused([...second, "--cluster", "green"]);
    // The other one may have knocked at this one's door first, which is logged.
    const said = stderr.replaceAll(/^\{.*"tcp: turned a connection away"\}\n/gm, "");
    expect([code, said]).toEqual([15, expect.stringMatching(/^kvorum: The peer .* refuses this server: .*blue.*\n$/)]);
    expect(stderr).toContain("green");
    expect(readdirSync(rig.path)).toEqual(["0"]);
  });

  test("an address that is none: 2", async () => {
    const [code, stderr] = await refused(["--replica", "0", "--servers", "127.0.0.1:1", "--listen", "nonsense"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^kvorum: 'nonsense' is no address to listen on; .*\n$/)]);
  });
});

test.each([
  [["--group", "2"], "this server was started as replica 0 of group 2 with the creation id 1"],
  [["--creation", "9"], "this server was started as replica 0 of group 1 with the creation id 9"],
  [["--cluster", "green"], "belongs to the cluster 'kvorum', not to 'green'."],
])("the directory of another server, started with %j: 10, and it goes on being that server's", async (words, sentence) => {
  const single = await rig.single();
  const holder = rig.start(single);
  await holder.says("The server is up.");
  await holder.kill("SIGTERM");
  const [code, stderr] = await refused([...single, ...words]);
  expect([code, stderr]).toEqual([10, expect.stringMatching(/^kvorum: [^\n]+\n$/)]);
  expect(stderr).toContain(sentence);
  await rig.start(single).says("The server is up.");
});
