import { pathToFileURL } from "node:url";
import { getU64 } from "../../src/base/bytes.ts";
import { Rng } from "../../src/base/rng.ts";
import type { SessionOptions } from "../../src/rsm/caller/caller-options.ts";
import type { ReplicaOptionsGiven } from "../../src/rsm/options.ts";
import type { Shard } from "../../src/rsm/state/state-machine.ts";
import { calmLink, type LinkSettings } from "../../src/sim/network/link.ts";
import { encodeAppend, encodeRead, mirrorsMissing, tokensIn } from "./append-machine.ts";
import { AppendHistory } from "./append-history.ts";
import { RequestWatch } from "./request-watch.ts";
import { isDiskFailure, ownCode, ReplicaWorld, type RsmCode, type WorldClient } from "./replica-world.ts";

/** What became of a seed. */
export interface ReplicaSeed {
  readonly seed: string;
  /** What was not as promised; undefined when all was. */
  readonly fault: string | undefined;
  readonly counts: Readonly<Record<string, number>>;
}

/** Everything that a seed decides before anything runs. */
interface Plan {
  readonly size: number;
  readonly replica: ReplicaOptionsGiven;
  readonly session: Partial<SessionOptions>;
  readonly link: Partial<LinkSettings>;
  readonly clients: number;
  readonly callsEveryMs: number;
  readonly deadlinesMs: readonly number[];
  readonly resultBytes: number;
  readonly strikeEveryMs: number;
  readonly strikes: readonly Strike[];
}

type Strike =
  | "crash"
  | "power cut"
  | "crash leader"
  | "isolate"
  | "isolate leader"
  | "split leader"
  | "pause"
  | "leap"
  | "new client"
  | "crash all";
const strikes: readonly Strike[] = [
  "crash",
  "power cut",
  "crash leader",
  "isolate",
  "isolate leader",
  "split leader",
  "pause",
  "leap",
  "new client",
  "crash all",
];

const shards: ReadonlyMap<Shard, number> = new Map([
  [0, 0],
  [1, 5000],
]);
const faultsMs = 12_000;
const settleMs = 60_000;

function drawPlan(rng: Rng): Plan {
  const doubling = rng.fork("doubling").pick([0, 0.05, 0.3]);
  const validMs = rng.fork("valid").pick([600, 2_000, 60_000]);
  const resultsMax = rng.fork("results").pick([2, 5, 1000, 1000]);
  const maybe = <T>(name: string, values: readonly T[], usual: T): T =>
    rng.fork(name).chance(0.3) ? rng.fork(name).fork("value").pick(values) : usual;
  return {
    size: rng.fork("size").pick([1, 3, 3, 3, 5]),
    replica: {
      member: {
        ...(rng.fork("log").chance(0.5) ? { logBytesMax: rng.fork("log").int(300, 3000), logTailBytes: 0 } : {}),
        raft: { applyBytesMax: maybe("apply", [1, 200], 1 << 20) },
      },
      sessions: {
        validMaxMs: 2 * validMs,
        sessionsMax: maybe("sessions", [3, 6], 1000),
        resultsMax,
        resultBytesMax: maybe("bytes", [4, 20], 1000),
        sessionBytesMax: maybe("session bytes", [1000, 1200], 100_000),
      },
      proposalsMax: maybe("proposals", [2, 10], 4096),
      readsMax: maybe("reads", [2, 10], 4096),
      expireMs: rng.fork("expire").pick([50, 500]),
      expirePageMs: 10,
    },
    session: { validMs, windowMax: Math.min(2 * resultsMax, maybe("window", [1, 2, 4], 64)), mayDouble: doubling > 0 },
    link: {
      duplication: doubling,
      lateCopy: rng.fork("late").pick([0, 0.3, 1]),
      loss: rng.fork("loss").pick([0, 0.02, 0.15]),
      delayMeanMs: rng.fork("delay").pick([0, 5, 60]),
      cutLosesInFlight: rng.fork("cut").chance(0.5),
    },
    clients: rng.fork("clients").int(1, 4),
    callsEveryMs: rng.fork("calls").pick([15, 50, 150]),
    deadlinesMs: rng.fork("deadlines").pick([[Infinity], [300], [50, 2000, Infinity]]),
    resultBytes: rng.fork("result").pick([4, 12, 64]),
    strikeEveryMs: rng.fork("strike").pick([200, 600, 2000]),
    strikes: strikes.filter((name) => rng.fork(name).chance(0.4)),
  };
}

/** Runs one universe, and says what became of it. */
export function runReplicaSeed(seed: string | number, code: RsmCode = ownCode): ReplicaSeed {
  const universe = new Universe(String(seed), code);
  const fault = universe.run();
  return { seed: String(seed), fault, counts: universe.counts };
}

class Universe {
  readonly #plan: Plan;
  readonly #rng: Rng;
  readonly #world: ReplicaWorld;
  readonly #history: AppendHistory;
  readonly #requests = new RequestWatch();
  readonly #clients: WorldClient[] = [];
  #thrown: string | undefined;
  #active = true;
  #snapshots = 0;
  /** What a client heard that had not got its result. */
  #givenUp: string | undefined;

  constructor(seed: string, code: RsmCode) {
    this.#rng = new Rng(seed);
    this.#plan = drawPlan(this.#rng.fork("plan"));
    const { size, replica, link } = this.#plan;
    this.#world = new ReplicaWorld({
      seed,
      size,
      replica,
      network: { link },
      shards,
      code,
      onFailure: (at, error) => {
        if (isDiskFailure(error)) this.#reviveLater(at);
        else this.#thrown ??= `R28: server ${at} has thrown: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      },
    });
    this.#history = new AppendHistory(() => this.#world.world.now);
    this.#world.network.onSend((_, __, packet) => this.#requests.sent(packet));
  }

  get counts(): Record<string, number> {
    return { ...this.#history.counts, snapshots: this.#snapshots, commit: this.#commit() };
  }

  run(): string | undefined {
    const world = this.#world;
    for (const at of world.servers.keys()) world.start(at);
    for (let i = 0; i < this.#plan.clients; i += 1) this.#newClient(i);
    this.#strikeLater();
    world.run(faultsMs);
    this.#active = false;
    this.#heal();
    return this.#thrown ?? this.#settle() ?? this.#thrown ?? this.#faults();
  }

  // ---- clients

  #newClient(at: number): void {
    this.#clients[at]?.process.crash({ powerCut: false });
    const client = this.#world.client(this.#plan.session, { attemptMs: 100, attemptMaxMs: 400, restMaxMs: 200 });
    this.#clients[at] = client;
    this.#callLater(client, this.#rng.fork(`client ${at} ${client.process.id}`));
  }

  #callLater(client: WorldClient, rng: Rng): void {
    this.#world.world.post(rng.exponential(this.#plan.callsEveryMs), () => {
      if (!this.#active || !client.process.alive) return;
      this.#world.inClient(client, () => {
        for (let left = rng.pick([1, 1, 1, 5]); left > 0; left -= 1) this.#call(client, rng);
      });
      this.#callLater(client, rng);
    });
  }

  #call(client: WorldClient, rng: Rng): void {
    const shard = rng.int(0, 1);
    const deadlineMs = rng.pick(this.#plan.deadlinesMs);
    if (rng.chance(0.4)) {
      const read = this.#history.read(shard);
      client.caller.query(encodeRead({ shard, pageRows: rng.pick([0, 3, 100]) }), Math.min(deadlineMs, 5000), (ending) =>
        this.#history.readEnded(read, ending),
      );
      return;
    }
    const append = this.#history.append(shard);
    const command = encodeAppend({ token: append.token, resultBytes: this.#plan.resultBytes });
    const cancel = client.caller.execute(client.session.operation(shard, command), deadlineMs, (outcome) => {
      this.#history.appended(append, outcome);
      if (outcome.kind === "refused" || outcome.kind === "unknown")
        this.#givenUp ??= `the append of ${append.token} came to nothing: ${outcome.detail}`;
    });
    if (!this.#isPatient && rng.chance(0.05)) this.#world.world.post(rng.between(0, 50), () => this.#world.inClient(client, cancel));
  }

  /** Whether clients wait for as long as it takes, and nothing makes the log time leap: then everything that they ask for is done. */
  get #isPatient(): boolean {
    const { deadlinesMs, session, strikes: planned } = this.#plan;
    return deadlinesMs.every((ms) => ms === Infinity) && session.validMs === 60_000 && !planned.includes("leap");
  }

  // ---- what happens to them

  #strikeLater(): void {
    const rng = this.#rng.fork("strikes");
    const next = (): void => {
      this.#world.world.post(rng.exponential(this.#plan.strikeEveryMs), () => {
        if (!this.#active) return;
        if (this.#plan.strikes.length > 0) this.#strike(rng.pick(this.#plan.strikes), rng);
        next();
      });
    };
    next();
  }

  #strike(name: Strike, rng: Rng): void {
    const world = this.#world;
    const any = rng.int(0, world.servers.length - 1);
    const leader = world.leader ?? any;
    const lastsMs = rng.exponential(600);
    switch (name) {
      case "crash":
      case "power cut":
        return this.#crash(any, name === "power cut");
      case "crash leader":
        return this.#crash(leader, rng.chance(0.5));
      case "crash all":
        for (const at of world.servers.keys()) this.#crash(at, rng.chance(0.5));
        return;
      case "isolate":
      case "isolate leader": {
        const { id } = world.server(name === "isolate" ? any : leader);
        world.network.isolate(id, rng.pick(["both", "in", "out"]));
        world.world.post(lastsMs, () => world.network.rejoin(id));
        return;
      }
      case "split leader":
        return this.#split(leader, rng.pick([1, 2]), lastsMs);
      case "pause": {
        const { process } = world.server(any);
        process.pause();
        world.world.post(lastsMs, () => process.resume());
        return;
      }
      case "leap":
        return world.server(any).process.leapClock(rng.int(1, 2000));
      case "new client":
        return this.#newClient(rng.int(0, this.#clients.length - 1));
    }
  }

  /** Cuts a server off from others, one way or both, and not from clients. */
  #split(at: number, ways: number, lastsMs: number): void {
    const { network, servers, world } = this.#world;
    const { id } = this.#world.server(at);
    const cut = (isCut: boolean): void => {
      for (const other of servers) {
        if (other.id === id) continue;
        network.cutOneWay(other.id, id, isCut);
        if (ways === 2) network.cutOneWay(id, other.id, isCut);
      }
    };
    cut(true);
    world.post(lastsMs, () => cut(false));
  }

  #crash(at: number, powerCut: boolean): void {
    if (!this.#world.server(at).process.alive) return;
    this.#world.crash(at, powerCut);
    this.#reviveLater(at);
  }

  #reviveLater(at: number): void {
    this.#world.world.post(this.#active ? this.#rng.fork(`revive ${this.#world.world.now}`).exponential(300) : 1, () => {
      if (!this.#world.server(at).process.alive) this.#world.start(at);
    });
  }

  #heal(): void {
    const { network, servers } = this.#world;
    network.heal();
    network.calm();
    network.configure({ loss: 0, duplication: 0, delayMeanMs: 0 });
    for (const [at, { process }] of servers.entries()) {
      process.resume();
      if (!process.alive) this.#world.start(at);
    }
  }

  // ---- the end

  /** Every call ends, everybody is the same, and sessions whose time is over go. */
  #settle(): string | undefined {
    const { world } = this.#world;
    // Copies of packets arrive very late.
    this.#world.run(calmLink.lateCopyMaxMs + 1000);
    const end = world.now + settleMs;
    const pending = (): number => this.#clients.reduce((sum, { caller }) => sum + caller.pending, 0);
    while (this.#thrown === undefined && (pending() > 0 || !this.#world.isSettled)) {
      if (world.now > end) return pending() > 0 ? `L2: ${pending()} calls have not ended` : "L3: the replicas are not the same";
      this.#world.run(50);
    }
    if (this.#thrown !== undefined) return this.#thrown;
    return this.#plan.replica.sessions?.validMaxMs === 120_000 ? undefined : this.#awaitExpiry();
  }

  #awaitExpiry(): string | undefined {
    const end = this.#world.world.now + settleMs;
    while (!this.#world.isSettled || this.#world.servers.some(({ replica }) => replica === undefined || replica.sessions > 0)) {
      if (this.#world.world.now > end) return "C10: sessions stay although their time is over";
      this.#world.run(100);
    }
    return undefined;
  }

  #faults(): string | undefined {
    const { servers } = this.#world;
    for (const shard of shards.keys()) {
      const read = servers[0]?.replica?.member.read;
      const final = read === undefined ? [] : tokensIn(shard, { get: read }).map((item) => getU64(item, 0));
      const fault = this.#history.fault(shard, final) ?? this.#requests.fault(shard, final);
      if (fault !== undefined) return fault;
      if (read !== undefined && mirrorsMissing(shard, { get: read }).length > 0) return "R11: derived rows are missing";
    }
    if (this.#isPatient && this.#givenUp !== undefined) return `L2: ${this.#givenUp}`;
    const [first, ...others] = servers.map((_, at) => JSON.stringify(this.#world.state(at)));
    this.#snapshots = this.#world.said.filter(({ name }) => name === "snapshot: sent").length;
    return others.every((state) => state === first) ? undefined : "C5: the replicas' states are not the same";
  }

  #commit(): number {
    return Math.max(...this.#world.servers.map(({ replica }) => replica?.member.raft?.state.commit ?? 0));
  }
}

// ---- by hand: tsx test/rsm/replica-fuzz.ts [first] [count]

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [first, count] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 1)];
  const sums: Record<string, number> = {};
  for (let seed = first; seed < first + count; seed += 1) {
    const { fault, counts } = runReplicaSeed(seed);
    for (const [name, value] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + value;
    if (count === 1 || fault !== undefined) process.stdout.write(`${seed}: ${fault ?? "ok"} ${JSON.stringify(counts)}\n`);
  }
  process.stdout.write(`${JSON.stringify(sums)}\n`);
}
