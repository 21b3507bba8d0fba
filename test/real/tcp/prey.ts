import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../../src/real/free-ports.ts";
import type { Client } from "../../../src/client/client.ts";
import { connect } from "../../../src/real/connect.ts";
import type { Prey } from "./hostile-run.ts";
import { until } from "./rig.ts";

/** A process that is nothing but a transport, and sends back what it hears. */
export async function barePrey(): Promise<Prey> {
  const [port = 0] = await freePorts(1);
  const program = fileURLToPath(new URL("victim.ts", import.meta.url));
  const command = [process.execPath, "--import", "tsx", program, `127.0.0.1:${port}`];
  return { cluster: "test", port, command, canary: "echo", ready: async () => {}, serves: async () => {}, complaints: async () => [] };
}

/** The words that start `kvorum` from what was built. */
export const builtKvorum: readonly string[] = [process.execPath, fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url))];

/**
 * A server of a live group of three, each of them `kvorum serve kv` with a directory of its own. The two others live in the midst of it
 * all as any two servers would; in the end they, too, have to be there and to end in good order.
 */
export class LiveGroup implements Prey {
  readonly cluster: string = "kvorum";
  readonly canary = "probe";
  readonly port: number;
  readonly command: readonly string[];
  readonly #scratch: string;
  readonly #others: readonly Companion[];
  readonly #client: Client;
  #songs = 0;

  private constructor(scratch: string, ports: readonly number[], kvorum: readonly string[]) {
    const servers = ports.map((port) => `127.0.0.1:${port}`).join(",");
    const commands = ports.map((_, at) => {
      const own = ["serve", "kv", "--replica", String(at), "--servers", servers, "--data", join(scratch, String(at)), "--create"];
      return [...kvorum, ...own];
    });
    const [command = [], ...others] = commands;
    this.#scratch = scratch;
    this.port = ports[0] as number;
    this.command = command;
    this.#client = connect({ group: servers.split(","), timeoutMs: 30_000 });
    this.#others = others.map((words) => new Companion(words, `127.0.0.1:${this.port}`));
  }

  static async open(kvorum: readonly string[] = builtKvorum): Promise<LiveGroup> {
    const ports = await freePorts(3);
    return new LiveGroup(mkdtempSync(join(tmpdir(), "kvorum-hostile-")), ports, kvorum);
  }

  /** How often one of the others has lost its way to the victim. */
  get partings(): number {
    return this.#others.reduce((sum, { partings }) => sum + partings, 0);
  }

  /** All three have admitted each other: the group lives. */
  async ready(): Promise<void> {
    await Promise.all(this.#others.map((other) => other.says("admission: admitted")));
    for (const other of this.#others) other.partings = 0;
  }

  /** A client's writes are acknowledged, and read again. */
  async serves(): Promise<void> {
    this.#songs += 1;
    const song = `song ${this.#songs}`;
    await this.#client.put("canary", song);
    const heard = await this.#client.get("canary");
    if (heard !== song) throw new Error(`the store holds ${JSON.stringify(heard)} where "${song}" was put`);
  }

  async complaints(): Promise<readonly string[]> {
    const ends = await Promise.all(this.#others.map((other) => other.end()));
    return ends.filter((end) => end !== 0).map((end) => `another member of the group has ended with ${String(end)}`);
  }

  async close(): Promise<void> {
    await this.#client.close();
    await Promise.all(this.#others.map((other) => other.end()));
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** One of the servers that nobody attacks. */
class Companion {
  /** How often it has lost its way to the victim. */
  partings = 0;
  readonly #child: ChildProcess;
  #said = "";

  constructor([program = "", ...words]: readonly string[], victim: string) {
    this.#child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"] });
    if (this.#child.stderr === null) throw new Error("a server's log can be read");
    createInterface(this.#child.stderr).on("line", (line) => {
      if (line.includes("tcp: no connection to a peer") && line.includes(`"peer":"${victim}"`)) this.partings += 1;
      this.#said = (this.#said + line).slice(-10_000);
    });
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async says(text: string): Promise<void> {
    await until(() => this.#said.includes(text) || this.#hasEnded, `"${text}"`);
    if (this.#hasEnded) throw new Error(`another member of the group has ended: ${this.#said}`);
  }

  /** Tells it to end; how it has ended. */
  async end(): Promise<number | NodeJS.Signals | null> {
    if (!this.#hasEnded) this.#child.kill("SIGTERM");
    await until(() => this.#hasEnded, "a server's end");
    return this.#child.exitCode ?? this.#child.signalCode;
  }
}
