import { join } from "node:path";
import type { Admin } from "../client/admin.ts";
import type { Client } from "../client/client.ts";
import { KvorumError } from "../client/errors.ts";
import { connectAdmin } from "../real/connect-admin.ts";
import { connect } from "../real/connect.ts";
import type { LogLevel } from "../real/log.ts";
import { LocalCluster } from "../server/local-cluster.ts";
import type { LocalPlan } from "../server/local-plan.ts";
import type { LocalServer, ServerEnd } from "../server/local-server.ts";
import { listed } from "./shell/command.ts";
import { openShell } from "./shell/open.ts";
import { Patience } from "./shell/patience.ts";
import { endText, serversText } from "./shell/server-commands.ts";
import type { Shell } from "./shell/shell.ts";
import { Beginning, NeverBegins, sharesText } from "./up-begin.ts";

/** One Ctrl-C can be heard more than once: what comes within this time is the same one. */
const againMs = 500;

/** A cluster on this machine from its start to its end. */
export class Up {
  readonly #cluster: LocalCluster;
  readonly #client: Client;
  readonly #admin: Admin;
  /** Aborted when it was told to end. */
  readonly #told = new AbortController();
  #toldAt = Infinity;
  #shell: Shell | undefined;

  constructor(plan: LocalPlan, directory: string, logLevel: LogLevel) {
    // The servers are this very program.
    const program = [process.execPath, ...process.execArgv, process.argv[1] ?? ""] as const;
    this.#cluster = new LocalCluster(plan, { directory, program, logLevel, onEnd: (server, how) => this.#mourn(server, how) });
    const options = { masters: plan.masters.servers };
    this.#client = connect(options);
    this.#admin = connectAdmin(options);
  }

  /** Runs it until it is told to end, or its shell ends; whether all went well. No server outlives it. */
  async run(withShell: boolean): Promise<boolean> {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => this.#end());
    // A terminal that was closed takes no more words.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => this.#end());
    const { directory, servers } = this.#cluster;
    say(`Starting ${servers.length} servers, with their data in ${directory}.`);
    try {
      this.#cluster.start();
      const isServed = await new Beginning(this.#cluster, this.#admin, this.#told.signal).run();
      await this.#introduce(withShell);
      if (!isServed) say("Not every shard is served yet; status says why.");
      return withShell ? await this.#runShell() : await this.#idle();
    } catch (error) {
      if (this.#told.signal.aborted) return true;
      if (!(error instanceof NeverBegins || error instanceof KvorumError || (error instanceof Error && "syscall" in error))) throw error;
      process.stderr.write(`kvorum: ${error.message}\n`);
      return false;
    } finally {
      await this.#close();
    }
  }

  async #runShell(): Promise<boolean> {
    const world = { client: this.#client, admin: this.#admin, local: this.#cluster };
    this.#shell = openShell(world, join(this.#cluster.directory, "history"));
    return this.#shell.run();
  }

  /** Until it is told to end. */
  #idle(): Promise<boolean> {
    const { signal } = this.#told;
    return new Promise((resolve) => {
      // Nothing but servers may be left to wait for.
      if (signal.aborted) resolve(true);
      else signal.addEventListener("abort", () => resolve(true));
    });
  }

  async #introduce(withShell: boolean): Promise<void> {
    const { plan } = this.#cluster;
    const config = await this.#admin.query(undefined, { signal: this.#told.signal });
    say(`\n${serversText(this.#cluster)}\n\n${sharesText(config)} Logs are in ${join(this.#cluster.directory, "logs")}.\n`);
    say(`From another terminal:\n\n  export KVORUM_MASTERS=${plan.masters.servers.join(",")}\n  npx kvorum status`);
    say(
      withShell
        ? `\nThis is its shell: put a 1, get a, help. Ctrl-C ends everything; the data stays.`
        : "\nCtrl-C ends it; the data stays.",
    );
  }

  /** Ends it by and by; who is asked again, after a while, does not wait. */
  #end(): void {
    const now = performance.now();
    if (now - this.#toldAt > againMs) this.#cluster.kill();
    this.#toldAt = Math.min(this.#toldAt, now);
    this.#told.abort(new Error("it was told to end"));
    this.#shell?.end();
  }

  async #close(): Promise<void> {
    this.#toldAt = Math.min(this.#toldAt, performance.now());
    this.#told.abort(new Error("it ends"));
    await Promise.all([this.#client.close(), this.#admin.close()]);
    const running = (): readonly LocalServer[] => this.#cluster.servers.filter(({ pid }) => pid !== undefined);
    if (running().length > 0) say(`Ending ${running().length} servers.`);
    const patience = new Patience(
      () =>
        Promise.resolve(
          `Not ended yet: ${listed(
            running().map(({ name }) => name),
            "and",
          )}.`,
        ),
      (why) => process.stderr.write(`Waiting. ${why} Ctrl-C kills them.\n`),
    );
    await this.#cluster.end();
    patience.stop();
    say(`All servers have ended; their data stays in ${this.#cluster.directory}.`);
  }

  #mourn(server: LocalServer, how: ServerEnd): void {
    const words = typeof how === "number" ? ` It said: ${server.lastWords()}` : "";
    const text = `${endText(server, how)}${words}`;
    if (this.#shell === undefined) say(text);
    else this.#shell.say(`${text} "start ${server.name}" starts it again.`);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
