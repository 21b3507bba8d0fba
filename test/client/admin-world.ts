import { groupId, type ServerId, serverId } from "../../src/base/ids.ts";
import type { Admin } from "../../src/client/admin.ts";
import { AdminClient } from "../../src/client/admin-client.ts";
import type { CallsContext } from "../../src/client/calls.ts";
import type { KvorumError } from "../../src/client/errors.ts";
import { invalid } from "../../src/client/input.ts";
import { MasterCaller } from "../../src/client/master-caller.ts";
import { ReportCaller } from "../../src/client/report-caller.ts";
import { callerOptions } from "../../src/rsm/caller/caller-options.ts";
import { GroupClient } from "../../src/rsm/caller/group-client.ts";
import { GroupClients } from "../../src/rsm/caller/group-clients.ts";
import { Inquirer } from "../../src/rsm/caller/inquirer.ts";
import { ClientSession } from "../../src/rsm/caller/operation.ts";
import { Host } from "../../src/rsm/host.ts";
import { replicaOptions } from "../../src/rsm/options.ts";
import { startReplica } from "../../src/rsm/start.ts";
import { MasterMachine } from "../../src/shardmaster/master-machine.ts";
import { type ShardMaster, startShardMaster } from "../../src/shardmaster/start.ts";
import { SimCluster } from "../../src/sim/cluster.ts";
import { SimDisk } from "../../src/sim/disk/disk.ts";
import { SimProcess } from "../../src/sim/process.ts";
import { failure, settled } from "./settled.ts";

const shape = { cluster: "test", shards: 10, partitioner: { kind: "hash" } } as const;

export interface AdminWorldOptions {
  /** Whether the shardmaster's servers give the cluster its shape; default: yes. */
  readonly begins?: boolean;
}

/** Three servers of a shardmaster with ten shards in simulated time, called s0, s1 and s2, and administrators' clients. */
export class AdminWorld {
  readonly sim: SimCluster;
  readonly masters: (ShardMaster | undefined)[] = [];
  /** Of the clients, in the order in which they were made. */
  readonly #callers: MasterCaller[] = [];

  constructor({ begins = true }: AdminWorldOptions = {}) {
    this.sim = new SimCluster("admin", {
      size: 3,
      program: (env, identity) => {
        if (!begins) return startReplica(env, identity, replicaOptions(), new MasterMachine()).member;
        const master = startShardMaster(env, identity, { replica: replicaOptions(), shape });
        this.masters[identity.replica] = master;
        return master.replica.member;
      },
      onFailure: (at, error) => {
        throw new Error(`server ${at} failed`, { cause: error });
      },
    });
    this.sim.startAll();
  }

  /** A client, in a process of its own. */
  admin(given: { readonly timeoutMs?: number; readonly whySilent?: (server: ServerId) => string } = {}): Admin {
    const { world, network, servers } = this.sim;
    const id = serverId(`admin ${this.#callers.length}`);
    const process = new SimProcess(world, network, id, new SimDisk(world, id), { onFailure }, {});
    const made: Admin[] = [];
    process.start((env) => {
      const called = { group: groupId(1), servers: servers.map((server) => server.id) };
      const asked = new GroupClient(env, called, callerOptions());
      const inquirer = new Inquirer(env);
      const host = new Host(env);
      host.addCaller(called.group, asked);
      host.setAsker(inquirer);
      const calls: CallsContext = {
        clock: env.clock,
        limits: { inFlightMax: 10, inFlightBytesMax: 1 << 20, callsMax: 100 },
        timeoutMs: given.timeoutMs ?? Infinity,
        busy: () => {},
        answered: () => {},
        trouble: () => "Nobody is there.",
      };
      const caller = new MasterCaller(asked, new ClientSession(Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255))));
      this.#callers.push(caller);
      const admin = new AdminClient({
        caller,
        inquirer,
        reports: new ReportCaller(env.clock, new GroupClients(env, host, callerOptions())),
        masters: called.servers,
        serversOf: namesOf,
        whySilent: given.whySilent ?? ((server) => `${server} sleeps`),
        calls,
        inquiries: { ...calls, trouble: () => undefined },
        close: () => {},
      });
      made.push(admin);
    });
    const [admin] = made;
    if (admin === undefined) throw new Error("a process runs its program");
    return admin;
  }

  /** Lets time pass until a promise is settled: what it came to. */
  settled<R>(promise: Promise<R>): Promise<R> {
    return settled(promise, () => this.run(5));
  }

  /** The error that a promise is rejected with. */
  failure(promise: Promise<unknown>): Promise<KvorumError> {
    return failure(promise, () => this.run(5));
  }

  /** Gives the cluster its shape, where its servers do not. There is a client. */
  begin(): void {
    this.#callers[0]?.execute({ op: "init", ...shape }, Infinity, () => {});
  }

  run(ms: number): void {
    this.sim.world.runFor(ms);
  }

  killAll(): void {
    for (let at = 0; at < this.sim.size; at += 1) this.sim.crash(at, { powerCut: false });
  }
}

function onFailure(_: SimProcess, error: unknown): void {
  throw new Error("a client failed", { cause: error });
}

/** Servers by names that need be no addresses. */
function namesOf(given: unknown, what: string): readonly ServerId[] {
  if (Array.isArray(given) && given.length > 0 && given.every((name) => typeof name === "string")) return given.map(serverId);
  throw invalid(`${what} given wrongly.`);
}
