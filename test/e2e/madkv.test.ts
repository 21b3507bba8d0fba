import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { utf8 } from "../../src/base/bytes.ts";
import { freePorts } from "../../src/real/free-ports.ts";
import { folderOf } from "../../src/server/madkv/roll.ts";
import { partitioner } from "../../src/shardmaster/partitioner.ts";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** One run of `kvorum madkv`: what it says, and how it ends. */
class Run {
  stdout = "";
  stderr = "";
  readonly child: ChildProcess;
  readonly ended: Promise<number | NodeJS.Signals | null>;

  constructor(words: readonly string[], input?: string) {
    this.child = spawn(process.execPath, [program, "madkv", ...words], { stdio: ["pipe", "pipe", "pipe"] });
    this.child.stdout?.setEncoding("latin1").on("data", (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    if (input !== undefined) this.child.stdin?.end(input, "latin1");
    this.ended = new Promise((resolve) => this.child.on("close", (code, signal) => resolve(code ?? signal)));
  }

  async says(text: string): Promise<void> {
    const over = this.ended.then(() => {
      if (!this.stderr.includes(text)) throw new Error(`it has ended, and has said: ${this.stderr}`);
    });
    while (!this.stderr.includes(text)) await Promise.race([new Promise((resolve) => this.child.stderr?.once("data", resolve)), over]);
  }
}

let folder: string;
const runs: Run[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kvorum-madkv-e2e-"));
});
afterAll(async () => {
  for (const { child } of runs) child.kill("SIGKILL");
  await Promise.all(runs.map(({ ended }) => ended));
  rmSync(folder, { recursive: true, force: true });
});

function start(words: readonly string[], input?: string): Run {
  const run = new Run(words, input);
  runs.push(run);
  return run;
}

/** The names and the contents of all files below, as one text. */
function contents(path: string): string {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .toSorted()
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => `${file} ${readFileSync(file, "base64")}`)
    .join("\n");
}

test.each(["p2", "p3"])("%s's scenarios hold", async (project) => {
  const run = start([project, "scenario", "1"]);
  const code = await run.ended;
  expect(run.stdout.trim().split("\n").at(-1), `it says: ${run.stdout}`).toBe("PASSED");
  expect(run.stdout.match(/ \.\.\. ok /g)).toHaveLength(project === "p2" ? 8 : 4);
  expect(code).toBe(0);
});

test("a server is refused what belongs to somebody else, and touches nothing", async () => {
  const [managerPort = 0, port = 0, other = 0] = await freePorts(3);
  const [backer, address] = [join(folder, "backer"), `127.0.0.1:${managerPort}`];
  const servers = `127.0.0.1:${port},127.0.0.1:${other}`;
  const manager = start(["p2", "manager", String(managerPort), servers]);
  const words = ["p2", "server", "0", address, String(port), backer];
  const first = start(words);
  await first.says("The manager knows this server.");

  const taken = start(["p2", "server", "1", address, String(port), join(folder, "other")]);
  expect([await taken.ended, taken.stderr]).toEqual([
    14,
    `kvorum: Cannot listen on 0.0.0.0:${port}: another process listens there already.\n`,
  ]);
  expect(readdirSync(folder)).toEqual(["backer"]);

  first.child.kill("SIGTERM");
  expect(await first.ended).toBe(0);
  const before = contents(backer);
  const stranger = start(["p2", "server", "1", address, String(other), backer]);
  expect(await stranger.ended).toBe(10);
  expect(stranger.stderr).toMatch(/^kvorum: The directory .* belongs to replica 0 of partition 0, not to replica 0 of partition 1\.\n$/);
  const none = start(["p2", "server", "2", address, String(other), join(folder, "other")]);
  expect([await none.ended, none.stderr]).toEqual([2, "kvorum: There is no partition 2: the manager has 2, numbered from 0 to 1.\n"]);

  manager.child.kill("SIGKILL");
  await manager.ended;
  const another = start(["p2", "manager", String(managerPort), `127.0.0.1:${port}`]);
  await another.says('"to":"leader"');
  const lost = start(words);
  expect(await lost.ended).toBe(10);
  expect(lost.stderr).toMatch(/^kvorum: The directory .* belongs to another cluster than the manager's\.\n$/);
  expect(contents(backer)).toBe(before);
});

test("a manager is refused the directory of another cluster's manager, and of one with other peers", async () => {
  const [port = 0, p2p = 0] = await freePorts(2);
  const backer = join(folder, "managed");
  const words = (peers: string, servers: string): string[] => [
    "p3",
    "manager",
    "0",
    String(port),
    String(p2p),
    peers,
    "1",
    servers,
    backer,
  ];
  const manager = start(words("none", "127.0.0.1:1"));
  await manager.says("The cluster is begun.");
  manager.child.kill("SIGTERM");
  expect(await manager.ended).toBe(0);
  const another = start(words("none", "127.0.0.1:1,127.0.0.1:2"));
  expect(await another.ended).toBe(10);
  expect(another.stderr).toMatch(
    /^kvorum: The data directory .* is of another cluster: the servers, [^\n]* differed when it was made; [^\n]*\n$/,
  );
  const third = start(words("127.0.0.1:3,127.0.0.1:4", "127.0.0.1:1"));
  expect(await third.ended).toBe(10);
  expect(third.stderr).toContain(
    "of no use to it: it is of a group of replicas 0, and this server was told of a group of replicas 0, 1, 2.",
  );
});

test("a server says at once that its backer path is none, and warns of a port at which clients do not look for it", async () => {
  const [managerPort = 0, port = 0, listed = 0] = await freePorts(3);
  const address = `127.0.0.1:${managerPort}`;
  const file = join(folder, "file");
  writeFileSync(file, "");
  const wrong = start(["p2", "server", "0", address, String(port), file]);
  expect(await wrong.ended).toBe(10);
  expect(wrong.stderr).toBe(`kvorum: The data directory ${file} is not a directory.\n`);

  start(["p2", "manager", String(managerPort), `127.0.0.1:${listed}`]);
  const server = start(["p2", "server", "0", address, String(port), join(folder, "elsewhere")]);
  await server.says(`Clients are sent to 127.0.0.1:${listed}, as the manager has it, and this server listens on port ${port}.`);
  expect(server.stderr.match(/"level":40/g)).toHaveLength(1);
});

test("a server goes on with what it has been told when it and its manager are started again, the manager last", async () => {
  const [managerPort = 0, port = 0, other = 0] = await freePorts(3);
  const address = `127.0.0.1:${managerPort}`;
  const managerWords = ["p2", "manager", String(managerPort), `127.0.0.1:${port},127.0.0.1:${other}`];
  const manager = start(managerWords);
  const servers = [port, other].map((at, id) => start(["p2", "server", String(id), address, String(at), join(folder, `again.s${id}`)]));
  const keys = ["key00000", "key00001", "key00002", "key00003"];
  const written = start(["p2", "client", address], `${keys.map((key) => `PUT ${key} v${key}\n`).join("")}STOP\n`);
  expect(await written.ended).toBe(0);
  for (const run of [manager, ...servers]) run.child.kill("SIGKILL");
  await Promise.all([manager, ...servers].map(({ ended }) => ended));

  // Only one of the servers comes back: a manager that has forgotten everything is told by it that all had been there.
  const back = start(["p2", "server", "0", address, String(port), join(folder, "again.s0")]);
  await back.says('"to":"leader"');
  start(managerWords);
  const shardOf = partitioner({ kind: "hash" }, 2);
  const there = keys.filter((key) => shardOf(utf8(key)) === 0);
  const asked = start(["p2", "client", address], `${there.map((key) => `GET ${key}\n`).join("")}STOP\n`);
  expect(await asked.ended).toBe(0);
  expect(asked.stdout).toBe(`${there.map((key) => `GET ${key} v${key}\n`).join("")}STOP\n`);
  expect(there.length).toBeGreaterThan(0);
});

test("a client's answers are the protocol's to the byte, whatever is in a value", async () => {
  const [port = 0] = await freePorts(1);
  start(["p1", "server", `127.0.0.1:${port}`]);
  const value = Array.from({ length: 0x7f - 0x21 + 1 }, (_, at) => String.fromCharCode(0x21 + at)).join("");
  const lines = [`PUT k ${value}`, "nonsense", `SWAP k "quoted"`, "GET k", "SCAN a z", "DELETE k", "SCAN a z", "STOP"];
  const client = start(["p1", "client", `127.0.0.1:${port}`], `${lines.join("\n")}\n`);
  expect(await client.ended).toBe(0);
  expect(client.stdout).toBe(
    `PUT k not_found\nSWAP k ${value}\nGET k "quoted"\nSCAN a z BEGIN\n  k "quoted"\nSCAN END\nDELETE k found\nSCAN a z BEGIN\nSCAN END\nSTOP\n`,
  );
  expect(client.stderr).toContain('kvorum: The line "nonsense" is not understood');
});

test("kill ends what was started, and nobody whose number is written down by mistake", async () => {
  const [port = 0] = await freePorts(1);
  const server = start(["p1", "server", `127.0.0.1:${port}`]);
  await server.says('"to":"leader"');
  const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const mistake = join(folderOf("p1"), String(bystander.pid));
  writeFileSync(mistake, "");
  const kill = start(["p1", "kill"]);
  expect([await kill.ended, kill.stdout, kill.stderr]).toEqual([0, "", ""]);
  expect(await server.ended).toBe("SIGKILL");
  expect([bystander.exitCode, bystander.signalCode, existsSync(mistake)]).toEqual([null, null, false]);
  bystander.kill("SIGKILL");
  const again = start(["p1", "kill"]);
  expect([await again.ended, again.stdout, again.stderr]).toEqual([0, "", ""]);
});

test.each([
  [["p2", "manager", "3666", "127.0.0.1:1,127.0.0.1"], "'127.0.0.1' was given among the servers"],
  [["p3", "manager", "0", "3666", "3606", "none", "2", "127.0.0.1:1", "backer"], "it is 1, 3, 5, 7 or 9."],
  [["p3", "server", "0", "0", "127.0.0.1:1", "3777", "3707", "127.0.0.1:2", "backer"], "1 peer was given"],
  [["p3", "service", "x", "127.0.0.1:1", "127.0.0.1:2", "1", "127.0.0.1:3", "127.0.0.1:4", "backer"], "'x' is no node of the service"],
  [["p2", "client", "nowhere"], "it is an address"],
])("%j is refused in one sentence", async (words, sentence) => {
  const run = start(words, "");
  expect(await run.ended).toBe(2);
  expect(run.stderr).toContain(sentence);
  expect(run.stderr).toMatch(/^kvorum: [^\n]*\n$/);
  expect(run.stdout).toBe("");
});
