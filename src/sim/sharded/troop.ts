import type { Rng } from "../../base/rng.ts";
import type { ServerId } from "../../base/ids.ts";
import type { TraceFields } from "../../base/trace.ts";
import type { Member } from "../../rsm/member.ts";
import { memberOptions } from "../../rsm/options.ts";
import type { Group } from "../../shardmaster/config.ts";
import { type AnyReplica, type GroupKind, groupProgram } from "../group/group-kind.ts";
import { GroupOracle } from "../group/oracle/group-oracle.ts";
import type { ReferenceMachine } from "../group/oracle/reference.ts";
import type { SessionLaw } from "../group/oracle/session-law.ts";
import { Lives } from "../lives.ts";
import { Nemesis } from "../nemesis.ts";
import { type Asker, Settling } from "../settle.ts";
import type { Universe } from "../universe.ts";
import { WatchedCluster } from "../watched-cluster.ts";
import type { TroopPlan } from "./plan.ts";

export interface TroopParts {
  readonly universe: Universe;
  readonly plan: TroopPlan;
  readonly kind: GroupKind<unknown>;
  readonly reference: ReferenceMachine;
  /** Of groups that share their clients' sessions. */
  readonly law?: SessionLaw;
  readonly rng: Rng;
  readonly onTrace: (server: ServerId, name: string, fields: TraceFields | undefined) => void;
}

/** One group of a whole cluster: its servers, what happens to them, and the oracle that looks on. */
export class Troop {
  readonly plan: TroopPlan;
  readonly cluster: WatchedCluster;
  readonly oracle: GroupOracle;
  readonly lives: Lives;
  readonly nemesis: Nemesis;
  readonly #rng: Rng;
  readonly #replicas = new WeakMap<Member, AnyReplica>();
  #snapshots = 0;

  constructor({ universe, plan, kind, reference, law, rng, onTrace }: TroopParts) {
    const { size, disk, process, lives } = plan.servers;
    this.plan = plan;
    this.#rng = rng;
    this.cluster = new WatchedCluster(
      rng.fork("cluster"),
      {
        universe,
        name: plan.name,
        size,
        disk,
        process,
        member: plan.replica.member ?? {},
        program: groupProgram(kind, (at, started) => {
          this.#replicas.set(started.member, started);
          this.oracle.watch(at, started);
        }),
      },
      {
        started: (at) => this.oracle.started(at),
        diskFailed: (at) => this.lives.reviveLater(at),
        trace: (at, name, fields) => {
          if (name === "snapshot: sent") this.#snapshots += 1;
          onTrace(this.cluster.sim.server(at).id, name, fields);
        },
        clientPacket: (from, to, packet) => this.oracle.sent(from, to, packet),
      },
    );
    this.oracle = new GroupOracle(this.cluster, reference, law);
    this.lives = new Lives(this.cluster, lives, rng.fork("lives"));
    this.nemesis = new Nemesis(this.cluster, this.lives, plan.servers, rng.fork("nemesis"));
  }

  get servers(): readonly ServerId[] {
    return this.cluster.sim.servers.map(({ id }) => id);
  }

  /** As configurations name it. */
  get group(): Group {
    const { group, creation } = this.plan.name;
    return { gid: group, creation, servers: this.servers };
  }

  /** How often a leader has sent a snapshot. */
  get snapshots(): number {
    return this.#snapshots;
  }

  /** Its servers start, one after the other. */
  start(): void {
    const rng = this.#rng.fork("starts");
    const { sim } = this.cluster;
    for (let at = 0; at < sim.size; at += 1) {
      sim.world.post(rng.between(0, this.plan.servers.staggerMs), () => {
        if (!sim.server(at).process.alive) sim.start(at);
      });
    }
    this.nemesis.start();
  }

  /** Has whoever leads log a command of the machine's own. */
  log(command: Uint8Array): void {
    const { sim } = this.cluster;
    const { leader } = sim;
    if (leader === undefined) return;
    sim
      .server(leader)
      .process.env()
      ?.clock.after(0, () => {
        const member = sim.member(leader);
        if (member !== undefined) this.#replicas.get(member)?.proposeOwn(command);
      });
  }

  /** Everything is healed: from now on it has to get on. */
  settling(asker: Asker): Settling {
    const { raft, tickMs } = memberOptions(this.plan.replica.member);
    const electionMs = (2 * raft.electionTicks * tickMs) / (this.plan.servers.process.rateMin ?? 0.9);
    return new Settling(this.cluster, this.lives, asker, electionMs);
  }
}
