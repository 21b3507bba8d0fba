import { assert } from "../../../base/assert.ts";
import type { ServerId } from "../../../base/ids.ts";
import { packetKind } from "../../../rsm/client-wire.ts";
import { Keys } from "../../../rsm/log/rows.ts";
import type { WatchedCluster } from "../../watched-cluster.ts";
import type { AnyReplica } from "../group-kind.ts";
import { Calls } from "./calls.ts";
import { Reference, type ReferenceMachine } from "./reference.ts";
import { SessionLaw } from "./session-law.ts";
import { States } from "./states.ts";

/**
 * What is promised of a group beyond its log. It looks on beside the oracle of the log, which still sees everything, and throws a
 * `Violation` when a promise is broken.
 *
 * | id | promise | where |
 * | --- | --- | --- |
 * | C1, C7 | a command is executed once at most, in whatever order attempts arrive, and no answer says else | `session-law.ts`, `calls.ts` |
 * | C2 | every retry has the same answer, to the byte | `session-law.ts`, `calls.ts` |
 * | C3 | sessions are in every state, and in every snapshot | `states.ts`: R5, R11 |
 * | C4 | what its client gave up is not executed | `session-law.ts` |
 * | C5 | validity and expiry are decided in the log, alike everywhere | `session-law.ts`, `states.ts` |
 * | C6 | no two clients share an id | `session-law.ts` |
 * | C8 | "not executed" is said of nothing that is | `session-law.ts` |
 * | C9 | a client reads what it wrote, and nothing older than it has read | LIN |
 * | C10 | sessions and their results are bounded | `session-law.ts` |
 * | R5 | every replica has the same state at the same index | `states.ts` |
 * | R11 | so it has after a restart, and after a snapshot | `states.ts` |
 * | R16 | a read sees all that was committed before it was asked | `calls.ts` for each, and `../../oracle/reads.ts` for each round |
 * | LIN | what clients saw is linearizable | whoever knows what they ask, when all is over |
 */
export class GroupOracle {
  readonly law: SessionLaw;
  readonly states: States;
  readonly calls: Calls;
  readonly reference: Reference;
  readonly #cluster: WatchedCluster;
  #reads = 0;

  /** `law`: of groups that share their clients' sessions, since shards move between them. */
  constructor(cluster: WatchedCluster, machine: ReferenceMachine, law?: SessionLaw) {
    this.#cluster = cluster;
    const { ledger } = cluster.oracle;
    const names = cluster.sim.servers.map(({ id }) => id);
    this.law = law ?? new SessionLaw(() => cluster.sim.world.now);
    this.reference = new Reference(ledger, machine, this.law);
    this.states = new States(this.reference, ledger, new Keys(cluster.sim.name.group), names);
    this.calls = new Calls(ledger, this.law, machine.onRead);
    for (const [at, { disk }] of cluster.sim.servers.entries()) {
      disk.observe({ onAccepted: (ops) => this.states.accepted(at, ops) });
    }
  }

  /** A server begins a life. */
  started(at: number): void {
    this.states.started(at, this.#cluster.sim.server(at).disk.image());
  }

  /** A packet between clients and servers leaves; other groups' servers are clients too. */
  sent(from: ServerId, to: ServerId, packet: Uint8Array): void {
    const at = this.#cluster.placeOf(from);
    const state = at < 0 ? undefined : this.#cluster.sim.member(at)?.raft?.state;
    if (at >= 0) this.#cluster.oracle.look(at);
    this.reference.catchUp();
    const isOurs = packetKind(packet) === "calls" ? this.#cluster.placeOf(to) >= 0 : at >= 0;
    if (isOurs) this.calls.sent(from, to, packet, state?.applied);
  }

  /** Overhears everything that a new life's replica is told. */
  watch(at: number, replica: AnyReplica): void {
    const { member } = replica;
    assert(member.phase === "opening", "it takes time to read a disk");
    this.#watchState(at, replica);
    this.#watchReads(at, replica);
    const { id } = this.#cluster.sim.server(at);
    const receive = replica.receive.bind(replica);
    replica.receive = (from, calls) => {
      this.#cluster.oracle.look(at);
      this.calls.arrived(id, from, calls);
      receive(from, calls);
    };
  }

  #watchState(at: number, replica: AnyReplica): void {
    const apply = replica.apply.bind(replica);
    replica.apply = (entries, ...rest) => {
      for (const entry of entries) this.#cluster.applied(at, entry);
      apply(entries, ...rest);
    };
    const restored = replica.restored.bind(replica);
    replica.restored = (index, read) => {
      this.#cluster.oracle.restored(at, index);
      restored(index, read);
    };
  }

  /** Rounds of reads get ids that no other life's have. */
  #watchReads(at: number, replica: AnyReplica): void {
    const { member } = replica;
    const { oracle } = this.#cluster;
    const ids = new Map<number, number>();
    const idOf = (context: number): number => ids.get(context) ?? -1;
    const readIndex = member.readIndex.bind(member);
    member.readIndex = (context) => {
      this.#reads += 1;
      ids.set(context, this.#reads);
      oracle.readBegan(at, this.#reads);
      return readIndex(context);
    };
    const readReady = replica.readReady.bind(replica);
    replica.readReady = (context) => {
      oracle.readReady(at, idOf(context), member.raft?.state.applied ?? 0);
      readReady(context);
    };
    const readDropped = replica.readDropped.bind(replica);
    replica.readDropped = (context) => {
      oracle.readDropped(at, idOf(context));
      readDropped(context);
    };
  }
}
