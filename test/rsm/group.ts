import { present } from "../../src/base/assert.ts";
import { utf8, utf8Text } from "../../src/base/bytes.ts";
import type { TraceFields } from "../../src/base/trace.ts";
import type { Status } from "../../src/raft/raft.ts";
import type { Member } from "../../src/rsm/member.ts";
import type { MemberOptionsGiven } from "../../src/rsm/options.ts";
import { type ClusterOptions, memberProgram, SimCluster } from "../../src/sim/cluster.ts";
import { Recorder } from "../../src/rsm/recorder.ts";

export interface GroupOptions {
  readonly seed?: string | number;
  readonly size?: number;
  readonly member?: MemberOptionsGiven;
  readonly network?: ClusterOptions["network"];
  readonly disk?: ClusterOptions["disk"];
  /** A server's code threw: the test fails at once unless this takes it. */
  readonly onFailure?: (server: number, error: unknown) => void;
}

/** Something that a server said in passing. */
export interface Traced {
  readonly server: number;
  readonly name: string;
  readonly fields: TraceFields;
}

/** A simulated group whose machines record what they are told. */
export class Group {
  readonly cluster: SimCluster;
  readonly traces: Traced[] = [];
  /** What each server's state holds. */
  readonly states: string[][];
  /** How often each server's state was replaced as a whole: at its starts, and by snapshots. */
  readonly restored: number[][];
  /** Reads that were answered and dropped, and what the state held then. */
  readonly answered: { server: number; context: number; applied: number }[] = [];
  readonly dropped: { server: number; context: number }[] = [];

  constructor(options: GroupOptions = {}) {
    const { seed = 1, size = 3, member, network, disk, onFailure } = options;
    this.states = Array.from({ length: size }, () => []);
    this.restored = Array.from({ length: size }, () => []);
    this.cluster = new SimCluster(seed, {
      size,
      network: { checkBytes: true, ...network },
      disk: { checkBytes: true, ...disk },
      program: memberProgram(member, (server) => this.#machine(server)),
      onFailure: (server, error) => {
        if (onFailure === undefined) throw error;
        onFailure(server, error);
      },
      onTrace: (server, name, fields) => this.traces.push({ server, name, fields: fields ?? {} }),
    });
  }

  #machine(server: number): Recorder {
    return new Recorder({
      applied: (entry) => this.#state(server).push(utf8Text(entry.data)),
      restored: (index, command) => {
        const state = Array.from({ length: index }, (_, i) => utf8Text(command(i + 1)));
        this.states[server] = state;
        this.restored[server]?.push(index);
      },
      readReady: (context, applied) => this.answered.push({ server, context, applied }),
      readDropped: (context) => this.dropped.push({ server, context }),
    });
  }

  #state(server: number): string[] {
    return present(this.states[server], `there is a server ${server}`);
  }

  /** Starts all servers and waits for a leader that has committed. */
  begin(): this {
    this.cluster.startAll();
    this.commit("first");
    return this;
  }

  run(ms: number): void {
    this.cluster.world.runFor(ms);
  }

  /** Runs until `condition` holds; says so in `what` when it does not in time. */
  until(condition: () => boolean, what: string, ms = 20_000): void {
    const end = this.cluster.world.now + ms;
    while (!condition()) {
      if (this.cluster.world.now > end) throw new Error(`not within ${ms} ms: ${what}`);
      this.run(5);
    }
  }

  member(server: number): Member {
    return present(this.cluster.member(server), `server ${server} is alive`);
  }

  status(server: number): Status {
    return present(this.member(server).status(), `server ${server} has read its disk`);
  }

  /** The server that leads the newest term among those that live, if any does. */
  get leader(): number | undefined {
    let leader: number | undefined;
    for (const [at, { member }] of this.cluster.servers.entries()) {
      const status = member?.status();
      if (member?.phase !== "running" || status?.role !== "leader") continue;
      if (leader === undefined || status.term > this.status(leader).term) leader = at;
    }
    return leader;
  }

  /** Waits for a leader, and gives it. */
  elected(): number {
    this.until(() => this.leader !== undefined, "a leader is elected");
    return present(this.leader, "a leader");
  }

  /** Everybody who lives and runs. */
  get running(): number[] {
    return [...this.states.keys()].filter((at) => this.cluster.member(at)?.phase === "running");
  }

  /** Has a command committed and applied by everybody who runs, or by those that are named. */
  commit(command: string, by: readonly number[] = []): void {
    const servers = (): readonly number[] => (by.length > 0 ? by : this.running);
    const has = (): boolean => servers().length > 0 && servers().every((at) => this.#state(at).includes(command));
    let asked = -Infinity;
    this.until(() => {
      const { now } = this.cluster.world;
      const leader = this.leader;
      if (leader !== undefined && now - asked > 1_500) {
        this.member(leader).propose(utf8(command));
        asked = now;
      }
      return has();
    }, `"${command}" is applied`);
  }

  /** Has the leader propose so many commands of a size at once; how many it took. */
  flood(count: number, bytes: number, name = "flood"): number {
    const member = this.member(this.elected());
    let taken = 0;
    for (let i = 0; i < count; i += 1) {
      if (member.propose(utf8(`${name} ${i} `.padEnd(bytes, "."))).ok) taken += 1;
    }
    return taken;
  }

  crash(server: number, powerCut = false): void {
    this.cluster.crash(server, { powerCut });
  }

  restart(server: number): void {
    this.cluster.start(server);
  }

  /** Cuts a server off from all others. */
  isolate(server: number): void {
    this.cluster.network.isolate(this.cluster.server(server).id);
  }

  heal(): void {
    this.cluster.network.heal();
  }

  /** What was said under that name, by that server or by all. */
  said(name: string, server?: number): Traced[] {
    return this.traces.filter((trace) => trace.name === name && (server === undefined || trace.server === server));
  }

  /** Whether all states are prefixes of one another: nothing committed was lost or doubled. */
  get agrees(): boolean {
    const longest = this.states.reduce((a, b) => (b.length > a.length ? b : a));
    return this.states.every((state) => state.every((command, at) => command === longest[at]));
  }
}
