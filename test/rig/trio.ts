import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../src/real/free-ports.ts";
import { RigServer } from "./server.ts";

/** Folders that have not been removed, and that nobody is to look into. */
const folders = new Set<string>();
process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Three replicas as users run them, each a process with a directory of its own, and a folder for all that is theirs. */
export class Trio {
  /** Their addresses, as clients are told them. */
  readonly addresses: readonly string[];
  readonly servers: readonly RigServer[];
  readonly folder: string;

  /** For `openTrio`. */
  constructor(folder: string, addresses: readonly string[], words: readonly string[]) {
    this.folder = folder;
    this.addresses = addresses;
    this.servers = addresses.map((_, at) => {
      const own = [...words, "--replica", String(at), "--servers", addresses.join(","), "--data", this.data(at), "--create"];
      return new RigServer(own, join(folder, `${at}.log`));
    });
  }

  /** Starts those that do not run, and waits until they take part. */
  async start(which: readonly number[] = [0, 1, 2]): Promise<void> {
    const resting = which.map((at) => this.server(at)).filter((server) => !server.lives);
    for (const server of resting) server.start();
    await Promise.all(resting.map((server) => server.up()));
  }

  /** Ends those. */
  async end(signal: NodeJS.Signals, which: readonly number[] = [0, 1, 2]): Promise<void> {
    await Promise.all(which.map((at) => this.server(at).end(signal)));
  }

  server(at: number): RigServer {
    const server = this.servers[at];
    if (server === undefined) throw new RangeError(`there is no server ${at}`);
    return server;
  }

  /** The data directory of that server. */
  data(at: number): string {
    return join(this.folder, String(at));
  }

  /** The server that leads, by what they say; undefined when none does. */
  get leader(): number | undefined {
    const terms = this.servers.map(({ leadsIn }) => leadsIn);
    const newest = Math.max(...terms);
    return newest === 0 ? undefined : terms.indexOf(newest);
  }

  /** Sets aside what those servers have, which do not run. */
  keep(which: readonly number[]): void {
    for (const at of which) cpSync(this.data(at), this.#kept(at), { recursive: true });
  }

  /** Puts back what was set aside, as somebody does who restores an old copy. */
  restore(which: readonly number[]): void {
    for (const at of which) {
      rmSync(this.data(at), { recursive: true });
      cpSync(this.#kept(at), this.data(at), { recursive: true });
    }
  }

  /** Ends everything; removes the folder unless somebody is to look into it. */
  async close(keepFolder = false): Promise<void> {
    await this.end("SIGKILL");
    folders.delete(this.folder);
    if (!keepFolder) rmSync(this.folder, { recursive: true, force: true });
  }

  #kept(at: number): string {
    return join(this.folder, `kept-${at}`);
  }
}

/** A new group, which does not run yet. `words` say what its servers serve. */
export async function openTrio(name: string, words: readonly string[] = ["kv"]): Promise<Trio> {
  const folder = mkdtempSync(join(tmpdir(), `kvorum-${name}-`));
  folders.add(folder);
  return new Trio(
    folder,
    (await freePorts(3)).map((port) => `127.0.0.1:${port}`),
    words,
  );
}
