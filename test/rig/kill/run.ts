import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Rng } from "../../../src/base/rng.ts";
import type { History } from "../../../src/check/history.ts";
import { jsonLine } from "../../../src/check/json-lines.ts";
import { HistoryRecorder } from "../../../src/check/recorder.ts";
import { within } from "../../real/disk/child.ts";
import { type Aim, demand, isKept, quantile, type RigReport } from "../report.ts";
import { openTrio, type Trio } from "../trio.ts";
import { RigClient, type Shared } from "./client.ts";
import { Eras } from "./draw.ts";
import { judgeHistory } from "./judge.ts";
import { type Kill, silences } from "./silence.ts";

/** How long servers are killed under how many clients. */
export interface KillPlan {
  readonly seed: number;
  readonly seconds: number;
  readonly clients: number;
  /** From one kill to the next. */
  readonly everyMs: number;
  /** SIGKILL, or SIGTERM: then they are told to end, as in a rolling restart, and let others lead first. */
  readonly signal: "SIGKILL" | "SIGTERM";
  /** How long a killed server rests. */
  readonly downMs: number;
  /** Operations after which other keys are used. */
  readonly eraOperations: number;
}

export const killPlan: KillPlan = {
  seed: 1,
  seconds: 120,
  clients: 16,
  everyMs: 2000,
  signal: "SIGKILL",
  downMs: 1000,
  eraOperations: 1500,
};

/** A rolling restart, round and round. */
export const restartPlan: KillPlan = { ...killPlan, seconds: 30, signal: "SIGTERM", downMs: 0 };

/** What is done to the group so that promises are broken: `rollback` puts an old copy of a majority's data in its place. */
export const plants = ["rollback"] as const;
export type Plant = (typeof plants)[number];

/** Only what hangs takes so long. */
const hangMs = 120_000;
/** Calls that read everything in the end, at the same time. */
const readersMax = 256;

/** Kills servers under clients, and judges what these have seen. What is left of a run that broke a promise stays: see `folder`. */
export async function runKills(
  plan: KillPlan,
  progress: (text: string) => void,
  plant?: Plant,
): Promise<RigReport & { readonly folder: string }> {
  const trio = await openTrio("kill");
  let kept = false;
  try {
    const report = await new KillRun(plan, trio, progress, plant).run();
    kept = isKept(report);
    return { ...report, folder: trio.folder };
  } finally {
    await trio.close(!kept);
  }
}

class KillRun {
  readonly #plan: KillPlan;
  readonly #trio: Trio;
  readonly #progress: (text: string) => void;
  readonly #plant: Plant | undefined;
  readonly #rng: Rng;
  readonly #shared: Shared;
  readonly #kills: Kill[] = [];
  /** Servers that were told to end, and did so otherwise; or that led, and let nobody else lead first. */
  readonly #impolite: string[] = [];

  constructor(plan: KillPlan, trio: Trio, progress: (text: string) => void, plant: Plant | undefined) {
    this.#plan = plan;
    this.#trio = trio;
    this.#progress = progress;
    this.#plant = plant;
    this.#rng = new Rng(plan.seed);
    const eras = new Eras(plan.eraOperations);
    this.#shared = { servers: { group: trio.addresses }, scans: true, eras, recorder: new HistoryRecorder(), answers: [], failures: [] };
  }

  async run(): Promise<RigReport> {
    await this.#trio.start();
    await this.#readAll();
    if (this.#plant === "rollback") await this.#setAside();
    const { begin, end } = await this.#underKills();
    this.#progress(`${this.#shared.recorder.size} operations; every key is read`);
    if (this.#plant === "rollback") await this.#putBack();
    await this.#readAll();
    const emptied = this.#plant === undefined ? await this.#empty() : undefined;
    this.#progress("the history is judged");
    const history = this.#shared.recorder.history();
    const { failures } = this.#shared;
    const isPolite = this.#plan.signal === "SIGTERM";
    const demands = [
      ...(isPolite ? [demand("who is told to end lets another lead, and ends with 0", this.#impolite[0])] : []),
      demand("every operation ends with a result", failures.length === 0 ? undefined : `${failures.length} did not: ${failures[0]}`),
      ...judgeHistory(history),
      demand("an emptied directory is refused", emptied),
    ];
    const report = { demands, ...this.#measured(begin, end) };
    if (!isKept(report)) this.#write(history);
    return report;
  }

  /** Clients ask, and servers are killed. */
  async #underKills(): Promise<{ readonly begin: number; readonly end: number }> {
    const { clients: count, seconds } = this.#plan;
    const clients = Array.from({ length: count }, (_, number) => new RigClient(`c${number}`, this.#shared));
    const begin = performance.now();
    const over = (): boolean => performance.now() >= begin + seconds * 1000;
    const asking = clients.map((client, number) => client.run(this.#rng.fork(`client ${number}`), over));
    // Should the killing fail, the clients still come to their end.
    const [killed] = await Promise.allSettled([this.#kill(over), within(seconds * 1000 + hangMs, "asking", Promise.all(asking))]);
    if (killed.status === "rejected") throw killed.reason;
    await within(hangMs, "asking", Promise.all(asking));
    const end = performance.now();
    await Promise.all(clients.map((client) => client.close()));
    return { begin, end };
  }

  /** Never two at once: the next one is killed when the last one is back. Every other time it is the one that leads. */
  async #kill(over: () => boolean): Promise<void> {
    const { everyMs, downMs } = this.#plan;
    const rng = this.#rng.fork("kills");
    while (!over()) {
      const at = performance.now();
      const { leader } = this.#trio;
      const any = rng.int(0, 2);
      const isTurn = this.#plan.signal === "SIGTERM";
      const replica = isTurn ? this.#kills.length % 3 : this.#kills.length % 2 === 0 ? (leader ?? any) : any;
      this.#kills.push({ at, replica, led: replica === leader });
      // oxlint-disable no-await-in-loop -- one after the other
      await this.#end(replica);
      await sleep(downMs);
      await this.#trio.start([replica]);
      await sleep(Math.max(0, everyMs - (performance.now() - at)));
      // oxlint-enable no-await-in-loop
      this.#progress(`${this.#kills.length} servers killed, ${this.#shared.recorder.size} operations`);
    }
  }

  async #end(replica: number): Promise<void> {
    const { signal } = this.#plan;
    const server = this.#trio.server(replica);
    const leads = server.leadsIn > 0;
    const code = await within(hangMs, "the end of a server", server.end(signal));
    if (signal === "SIGKILL") return;
    if (code !== 0) this.#impolite.push(`a server ended with ${String(code)}`);
    if (leads && !server.hasSaid("raft: gives its place to another")) this.#impolite.push("a leader has left without a word");
  }

  /** A client that has not been there before reads every key, one by one and in one go. */
  async #readAll(): Promise<void> {
    const client = new RigClient(`reader ${this.#shared.recorder.size}`, this.#shared);
    const keys = this.#shared.eras.all;
    for (let first = 0; first < keys.length; first += readersMax) {
      const some = keys.slice(first, first + readersMax).map((key) => client.ask({ op: "get", key }));
      // oxlint-disable-next-line no-await-in-loop
      await within(hangMs, "reading", Promise.all(some));
    }
    await within(hangMs, "reading", client.ask({ op: "scan", prefix: "era " }));
    await client.close();
  }

  /** Whether a server with an emptied directory is let in; why that is so. */
  async #empty(): Promise<string | undefined> {
    const replica = this.#rng.fork("emptied").int(0, 2);
    await this.#trio.end("SIGKILL", [replica]);
    rmSync(this.#trio.data(replica), { recursive: true });
    await this.#trio.start([replica]);
    const server = this.#trio.server(replica);
    const refused = await within(hangMs, "admission", server.saysEither("not the one its group knows", "admission: admitted"));
    const { length } = this.#shared.failures;
    // The others go on without it.
    await this.#readAll();
    if (this.#shared.failures.length > length) return "the group does not go on without it";
    return refused && !server.hasSaid("admission: admitted") ? undefined : "it was admitted";
  }

  // ---- plants

  async #setAside(): Promise<void> {
    await this.#trio.end("SIGTERM");
    this.#trio.keep([0, 1]);
    await this.#trio.start();
  }

  async #putBack(): Promise<void> {
    await this.#trio.end("SIGTERM");
    this.#trio.restore([0, 1]);
    await this.#trio.start([0, 1]);
  }

  // ---- what came of it

  #measured(begin: number, end: number): Pick<RigReport, "aims" | "figures"> {
    const { answers } = this.#shared;
    const all = silences(answers, this.#kills, end);
    const led = all.filter((_, number) => this.#kills[number]?.led === true);
    const during = answers.filter((at) => at >= begin && at <= end).length;
    return {
      aims: this.#plan.signal === "SIGTERM" ? politeAims(led) : killAims(led),
      figures: {
        kills: all.length,
        "kills of leaders": led.length,
        "operations answered": during,
        "operations per second": (during * 1000) / (end - begin),
        "keys read in the end": this.#shared.eras.all.length,
        "no answer after any kill, p50 s": quantileS(all, 0.5),
        "no answer after any kill, max s": quantileS(all, 1),
      },
    };
  }

  #write({ operations }: History): void {
    const file = join(this.#trio.folder, "history.jsonl");
    writeFileSync(file, operations.map((operation) => `${jsonLine(operation)}\n`).join(""));
    this.#progress(`what clients saw is in ${file}; npx kvorum check says what is wrong with it`);
  }
}

function killAims(led: readonly number[]): Aim[] {
  return [
    { aim: "no answer after a leader's kill, p50", limit: 0.6, measured: quantileS(led, 0.5), unit: "s" },
    { aim: "no answer after a leader's kill, p99", limit: 1.5, measured: quantileS(led, 0.99), unit: "s" },
    { aim: "no answer after a leader's kill, max", limit: 3, measured: quantileS(led, 1), unit: "s" },
  ];
}

/** An election by the clock takes 0.3 s at least. */
function politeAims(led: readonly number[]): Aim[] {
  return [
    { aim: "no answer while a leader leaves, p50", limit: 0.1, measured: quantileS(led, 0.5), unit: "s" },
    { aim: "no answer while a leader leaves, max", limit: 0.3, measured: quantileS(led, 1), unit: "s" },
  ];
}

function quantileS(silence: readonly number[], share: number): number {
  return quantile(silence, share) / 1000;
}
