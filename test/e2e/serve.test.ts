import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

let scratch: string;
let children: ServerProcess[];
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "kvorum-serve-"));
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map((child) => child.kill("SIGKILL")));
  rmSync(scratch, { recursive: true, force: true });
});

/** A server's process, and what it has said so far. */
class ServerProcess {
  readonly #child: ChildProcess;
  #stderr = "";
  readonly ended: Promise<number | NodeJS.Signals | null>;

  constructor(words: readonly string[]) {
    this.#child = spawn(process.execPath, [program, "serve", ...words], { stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.ended = new Promise((resolve) => this.#child.on("close", (code, signal) => resolve(code ?? signal)));
    children.push(this);
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Waits until the log says `text`; rejects when the process ends before. */
  async says(text: string): Promise<void> {
    const over = this.ended.then((code) => {
      if (!this.#stderr.includes(text)) throw new Error(`it ended with ${String(code)} and has said: ${this.#stderr}`);
    });
    while (!this.#stderr.includes(text)) await Promise.race([new Promise((resolve) => this.#child.stderr?.once("data", resolve)), over]);
  }

  kill(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    this.#child.kill(signal);
    return this.ended;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** The words that start each of three servers. */
async function trio(): Promise<string[][]> {
  const ports = await freePorts(3);
  const members = ports.map((port) => `127.0.0.1:${port}`).join(",");
  return ports.map((port, at) => ["--listen", String(port), "--members", members, "--data", join(scratch, String(at)), "--create"]);
}

/** Starts a server that is expected to refuse: its exit code and what it says. */
async function refused(words: readonly string[]): Promise<readonly [unknown, string]> {
  const child = new ServerProcess(words);
  const code = await child.ended;
  return [code, child.stderr];
}

describe("servers", () => {
  test("admit each other, end with 0 when told to, and find their data again", async () => {
    const words = await trio();
    for (const life of ["the first", "a second"]) {
      const servers = words.map((each) => new ServerProcess(each));
      await Promise.all(servers.map((server) => server.says("The server is up.")));
      if (life === "the first") await Promise.all(servers.map((server) => server.says("admission: admitted")));
      else await Promise.all(servers.map((server) => server.says('"admitted":true')));
      expect(await Promise.all(servers.map((server) => server.kill("SIGTERM")))).toEqual([0, 0, 0]);
    }
  });

  test("refuse one whose directory was emptied, by name, and say what to do", async () => {
    const words = await trio();
    const servers = words.map((each) => new ServerProcess(each));
    await Promise.all(servers.map((server) => server.says("admission: admitted")));
    await servers[0]?.kill("SIGKILL");
    rmSync(join(scratch, "0"), { recursive: true });
    const emptied = new ServerProcess(words[0] as string[]);
    await emptied.says("this replica's directory is not the one its group knows");
    expect(emptied.stderr).toMatch(/"server":"127\.0\.0\.1:\d+"/);
    expect(emptied.stderr).toContain("Put the old directory back.");
    expect(emptied.stderr).not.toContain("admission: admitted");
  });

  test("say that there is no authentication when others can reach them", async () => {
    const [port] = await freePorts(1);
    const open = new ServerProcess(["--listen", `0.0.0.0:${port}`, "--as", `127.0.0.1:${port}`, "--members", `127.0.0.1:${port}`]);
    await open.says("There is no authentication yet");
    await open.says("The server is up.");
    expect(await open.kill("SIGTERM")).toBe(0);
  });
});

describe("refused with one sentence and a code of its own", () => {
  test("a directory that is missing: 10, and nothing is made", async () => {
    const words = (await trio())[0]?.filter((word) => word !== "--create") ?? [];
    const [code, stderr] = await refused(words);
    expect(code).toBe(10);
    expect(stderr).toBe(
      `kvorum: The data directory ${join(scratch, "0")} does not exist; make it, or ask for it to be made with --create.\n`,
    );
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("a directory that is in use: 11", async () => {
    const [first = [], second = []] = await trio();
    const holder = new ServerProcess(first);
    await holder.says("The server is up.");
    const [code, stderr] = await refused(second.map((word) => (word === join(scratch, "1") ? join(scratch, "0") : word)));
    expect([code, stderr]).toEqual([11, expect.stringMatching(/^kvorum: .* is in use by another process.*\n$/)]);
  });

  test("another replica's directory: 10", async () => {
    const [first = [], second = []] = await trio();
    const holder = new ServerProcess(first);
    await holder.says("The server is up.");
    await holder.kill("SIGTERM");
    const [code, stderr] = await refused(second.map((word) => (word === join(scratch, "1") ? join(scratch, "0") : word)));
    expect([code, stderr]).toEqual([10, expect.stringContaining("belongs to replica 0 of group 1, not to replica 1 of group 1")]);
  });

  test("a marker that is damaged: 12", async () => {
    const [first = []] = await trio();
    const holder = new ServerProcess(first);
    await holder.says("The server is up.");
    await holder.kill("SIGTERM");
    const marker = join(scratch, "0", "kvorum.json");
    writeFileSync(marker, readFileSync(marker, "utf8").replace('"format":1', '"format":0'));
    expect(await refused(first)).toEqual([12, expect.stringMatching(/^kvorum: The marker .* is damaged; .*\n$/)]);
  });

  test("a port in use: 14, and nothing is written", async () => {
    const [first = []] = await trio();
    const blocker = createServer().listen(Number(first[1]), "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const [code, stderr] = await refused(first);
    await new Promise((resolve) => blocker.close(resolve));
    expect([code, stderr]).toEqual([14, expect.stringMatching(/^kvorum: .*127\.0\.0\.1.*\n$/)]);
    expect(readdirSync(scratch)).toEqual([]);
  });

  test("an address that is not this machine's: 14", async () => {
    const [code, stderr] = await refused(["--listen", "192.0.2.1:7001", "--members", "192.0.2.1:7001"]);
    expect([code, stderr]).toEqual([14, expect.stringMatching(/^kvorum: .*192\.0\.2\.1.*\n$/)]);
  });

  test("peers of another cluster: 15, both are named, and nothing is written", async () => {
    const [first = [], second = []] = await trio();
    const blue = new ServerProcess([...first, "--cluster", "blue"]);
    await blue.says("The server is up.");
    const [code, stderr] = await refused([...second, "--cluster", "green"]);
    expect([code, stderr]).toEqual([15, expect.stringMatching(/^kvorum: The peer .* refuses this server: .*blue.*\n$/)]);
    expect(stderr).toContain("green");
    expect(readdirSync(scratch)).toEqual(["0"]);
  });

  test("an address that is none: 2", async () => {
    const [code, stderr] = await refused(["--listen", "nonsense", "--members", "127.0.0.1:1"]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^kvorum: 'nonsense' is no address to listen on; .*\n$/)]);
  });
});
