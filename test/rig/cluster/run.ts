import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Rng } from "../../../src/base/rng.ts";
import type { History } from "../../../src/check/history.ts";
import { jsonLine } from "../../../src/check/json-lines.ts";
import { HistoryRecorder } from "../../../src/check/recorder.ts";
import { connect } from "../../../src/real/connect.ts";
import { connectAdmin } from "../../../src/real/connect-admin.ts";
import { partitioner } from "../../../src/shardmaster/partitioner.ts";
import { within } from "../../real/disk/child.ts";
import { RigClient, type Shared } from "../kill/client.ts";
import { Eras } from "../kill/draw.ts";
import { judgeHistory } from "../kill/judge.ts";
import { Keys } from "../million/keys.ts";
import { writeAll } from "../million/load.ts";
import { type Aim, demand, isKept, quantile, type RigReport } from "../report.ts";
import { type Pauses, pausesOf } from "./pauses.ts";
import { openCluster, type RigCluster } from "./servers.ts";
import { Changer, Killer } from "./storm.ts";

/** How large the store is, and what is done to it for how long. */
export interface ClusterPlan {
  readonly seed: number;
  readonly seconds: number;
  readonly shards: number;
  readonly groups: number;
  readonly clients: number;
  /** Rows of 100 bytes that lie there besides, and move with their shards. */
  readonly rows: number;
  /** From one join or leave to the next. */
  readonly changeMs: number;
  /** From one kill to the next, and how long a killed server rests. */
  readonly killMs: number;
  readonly downMs: number;
  /** Operations after which other keys are used. */
  readonly eraOperations: number;
}

export const clusterPlan: ClusterPlan = {
  seed: 1,
  seconds: 180,
  shards: 12,
  groups: 3,
  clients: 16,
  rows: 24_000,
  changeMs: 3000,
  killMs: 2000,
  downMs: 1000,
  eraOperations: 1500,
};

/** Only what hangs takes so long. */
const hangMs = 180_000;
/** A shard counts as on its way for so long after a change at least. */
const settledMs = 3000;
const readersMax = 256;

/** Storms over a whole store under clients, and judges what these have seen. What is left of a run that broke a promise stays. */
export async function runCluster(plan: ClusterPlan, progress: (text: string) => void): Promise<RigReport & { readonly folder: string }> {
  const cluster = await openCluster("cluster", plan.shards, plan.groups);
  let kept = false;
  try {
    const report = await new ClusterRun(plan, cluster, progress).run();
    kept = isKept(report);
    return { ...report, folder: cluster.masters.folder };
  } finally {
    await cluster.close(!kept);
  }
}

class ClusterRun {
  readonly #plan: ClusterPlan;
  readonly #cluster: RigCluster;
  readonly #progress: (text: string) => void;
  readonly #rng: Rng;
  readonly #shared: Shared;
  readonly #keys: Keys;

  constructor(plan: ClusterPlan, cluster: RigCluster, progress: (text: string) => void) {
    this.#plan = plan;
    this.#cluster = cluster;
    this.#progress = progress;
    this.#rng = new Rng(plan.seed);
    const servers = { masters: cluster.masters.addresses };
    this.#shared = {
      servers,
      scans: false,
      eras: new Eras(plan.eraOperations),
      recorder: new HistoryRecorder(),
      answers: [],
      failures: [],
    };
    this.#keys = new Keys(plan.rows, 100);
  }

  async run(): Promise<RigReport> {
    const { groups } = this.#cluster;
    await this.#cluster.start();
    const admin = connectAdmin(this.#shared.servers as { readonly masters: readonly string[] });
    await within(hangMs, "the first join", admin.join(groups.map(({ joined }) => joined)));
    await this.#fill();
    const changer = new Changer(admin, groups, await admin.query(), this.#rng.fork("changes"));
    const killer = new Killer(this.#cluster.trios, this.#rng.fork("kills"));
    const { begin, end } = await this.#storm(changer, killer);
    this.#progress(`${this.#shared.recorder.size} operations; every key is read`);
    await this.#readAll();
    const rows = await this.#badRow();
    await admin.close();
    this.#progress("the history is judged");
    const history = this.#shared.recorder.history();
    const demands = [
      demand("every operation ends with a result", some(this.#shared.failures)),
      demand("every join and leave ends with a result", some(changer.failures)),
      ...judgeHistory(history),
      demand("every row that lay there is there, once", rows),
    ];
    const pauses = this.#pauses(history, changer, begin, end);
    const figures = { ...this.#figures(begin, end, pauses), changes: changer.changes.length, kills: killer.kills };
    const report = { demands, aims: aims(pauses), figures: { ...figures, "kills of leaders": killer.killsOfLeaders } };
    if (!isKept(report)) this.#write(history);
    return report;
  }

  async #fill(): Promise<void> {
    const client = connect(this.#shared.servers);
    let next = 0;
    const failures: string[] = [];
    const numbers = (): number | undefined => (next < this.#keys.count ? next++ : undefined);
    await within(hangMs, "filling", writeAll(client, this.#keys, { inFlight: 128, failures }, numbers));
    await client.close();
    if (failures.length > 0) throw new Error(`rows were not written: ${failures[0]}`);
    this.#progress(`${this.#keys.count} rows are there`);
  }

  /** Clients ask, shards move, and servers are killed. */
  async #storm(changer: Changer, killer: Killer): Promise<{ readonly begin: number; readonly end: number }> {
    const { clients: count, seconds, changeMs, killMs, downMs } = this.#plan;
    const clients = Array.from({ length: count }, (_, number) => new RigClient(`c${number}`, this.#shared));
    const begin = performance.now();
    const over = (): boolean => performance.now() >= begin + seconds * 1000;
    const said = setInterval(
      () => this.#progress(`${this.#shared.recorder.size} operations, ${changer.changes.length} changes, ${killer.kills} kills`),
      10_000,
    );
    const asking = clients.map((client, number) => client.run(this.#rng.fork(`client ${number}`), over));
    const all = [...asking, changer.run(changeMs, over), killer.run({ everyMs: killMs, downMs }, over)];
    await within(seconds * 1000 + hangMs, "the storm", Promise.all(all));
    clearInterval(said);
    const end = performance.now();
    await Promise.all(clients.map((client) => client.close()));
    return { begin, end };
  }

  /** A client that has not been there before reads every key. */
  async #readAll(): Promise<void> {
    const client = new RigClient("reader", this.#shared);
    const keys = this.#shared.eras.all;
    for (let first = 0; first < keys.length; first += readersMax) {
      const asked = keys.slice(first, first + readersMax).map((key) => client.ask({ op: "get", key }));
      // oxlint-disable-next-line no-await-in-loop
      await within(hangMs, "reading", Promise.all(asked));
    }
    await client.close();
  }

  /** What is wrong with the rows that nobody has touched since. */
  async #badRow(): Promise<string | undefined> {
    const client = connect(this.#shared.servers);
    let [place, fault]: [number, string | undefined] = [0, undefined];
    const scan = async (): Promise<void> => {
      for await (const { key, value, version } of client.scan({ prefix: "key " })) {
        fault ??= this.#keys.fault(place, key, value, version);
        place += 1;
      }
    };
    await within(hangMs, "the scan", scan());
    await client.close();
    return fault ?? (place === this.#keys.count ? undefined : `${place} rows are there, and not ${this.#keys.count}`);
  }

  // ---- what came of it

  #pauses({ operations }: History, { changes }: Changer, begin: number, end: number): Pauses {
    const shardOf = partitioner({ kind: "hash" }, this.#plan.shards);
    const waits = operations.flatMap(({ command, call, returned }) =>
      returned === undefined || !("key" in command) || call < begin || call > end
        ? []
        : [{ shard: shardOf(Buffer.from(command.key, "latin1")), call, returned }],
    );
    return pausesOf(waits, changes, settledMs);
  }

  #figures(begin: number, end: number, { moved, stayed }: Pauses): Readonly<Record<string, number>> {
    const during = this.#shared.answers.filter((at) => at >= begin && at <= end).length;
    return {
      "operations answered": during,
      "operations per second": (during * 1000) / (end - begin),
      "operations on shards that moved": moved.length,
      "shards that stayed: p50 ms": quantile(stayed, 0.5),
      "shards that stayed: p99 ms": quantile(stayed, 0.99),
      "shards that stayed: longest ms": quantile(stayed, 1),
      "shards that moved: p50 ms": quantile(moved, 0.5),
      "shards that moved: p99 ms": quantile(moved, 0.99),
      "shards that moved: longest ms": quantile(moved, 1),
    };
  }

  #write({ operations }: History): void {
    const file = join(this.#cluster.masters.folder, "history.jsonl");
    writeFileSync(file, operations.map((operation) => `${jsonLine(operation)}\n`).join(""));
    this.#progress(`what clients saw is in ${file}; npx kvorum check says what is wrong with it`);
  }
}

/** Both include kills: an election takes 0.3 to 0.6 s by the clock, and may fail once. */
function aims({ moved, stayed }: Pauses): Aim[] {
  return [
    { aim: "longest pause of a key whose shard stayed", limit: 1500, measured: quantile(stayed, 1), unit: "ms" },
    { aim: "longest pause of a key whose shard moved", limit: 2500, measured: quantile(moved, 1), unit: "ms" },
  ];
}

function some(failures: readonly string[]): string | undefined {
  return failures.length === 0 ? undefined : `${failures.length} did not: ${failures[0]}`;
}
