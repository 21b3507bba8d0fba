import type { Rng } from "../../base/rng.ts";
import type { ServerId } from "../../base/ids.ts";
import type { TraceFields } from "../../base/trace.ts";
import type { Member } from "../../rsm/member.ts";
import type { Group } from "../../shardmaster/config.ts";
import { Lives } from "../lives.ts";
import { Nemesis } from "../nemesis.ts";
import { type Asker, electionMsOf, Settling } from "../settle.ts";
import type { Universe } from "../universe.ts";
import { WatchedCluster } from "../watched-cluster.ts";
import { type AnyReplica, type GroupKind, groupProgram } from "./group-kind.ts";
import { GroupOracle } from "./oracle/group-oracle.ts";
import type { ReferenceMachine } from "./oracle/reference.ts";
import type { SessionLaw } from "./oracle/session-law.ts";
import type { TroopPlan } from "./plan.ts";

export interface TroopParts {
  /** Where it stands beside others; without it, in a universe of its own. */
  readonly universe?: Universe;
  readonly plan: TroopPlan;
  readonly kind: GroupKind<unknown>;
  readonly reference: ReferenceMachine;
  /** Of groups that share their clients' sessions. */
  readonly law?: SessionLaw;
  readonly rng: Rng;
  /** Whether its servers prepare their ends when they are told to end. */
  readonly drains: boolean;
  readonly onTrace: (server: ServerId, name: string, fields: TraceFields | undefined) => void;
}

/** One group, alone or of a whole cluster: its servers, what happens to them, and the oracle that looks on. */
export class Troop {
  readonly plan: TroopPlan;
  readonly cluster: WatchedCluster;
  readonly oracle: GroupOracle;
  readonly lives: Lives;
  readonly nemesis: Nemesis;
  readonly #rng: Rng;
  readonly #replicas = new WeakMap<Member, AnyReplica>();
  #snapshots = 0;

  constructor({ universe, plan, kind, reference, law, rng, drains, onTrace }: TroopParts) {
    const { size, disk, process, link, lives } = plan.servers;
    this.plan = plan;
    this.#rng = rng;
    this.cluster = new WatchedCluster(
      rng.fork("cluster"),
      {
        ...(universe === undefined ? { network: { link } } : { universe }),
        name: plan.name,
        size,
        disk,
        process,
        member: plan.replica.member ?? {},
        program: groupProgram(kind, (at, started) => {
          this.#replicas.set(started.member, started);
          this.oracle.watch(at, started);
          if (drains) this.cluster.sim.server(at).drain = (done) => started.drain(done);
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
    this.cluster.sim.startWithin(this.plan.servers.staggerMs, this.#rng.fork("starts"));
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
    const { servers, replica } = this.plan;
    return new Settling(this.cluster, this.lives, asker, electionMsOf(replica.member, servers.process));
  }
}
