import { groupId } from "../../src/base/ids.ts";
import type { KvCaller } from "../../src/client/kv-caller.ts";
import type { ReplicaOptionsGiven } from "../../src/rsm/options.ts";
import type { StateView } from "../../src/rsm/state/state.ts";
import type { Config } from "../../src/shardmaster/config.ts";
import { claimBirths } from "../../src/shardmaster/births.ts";
import type { Claim } from "../../src/shardkv/migration/answer.ts";
import { encodeGroupCommand, type GroupCommand } from "../../src/shardkv/migration/commands.ts";
import { Mover } from "../../src/shardkv/migration/mover.ts";
import type { Picture } from "../../src/shardkv/migration/picture.ts";
import type { Ask, Heard } from "../../src/shardkv/migration/plan.ts";
import type { AnyReplica } from "../../src/sim/group/group-kind.ts";
import { GroupCluster } from "../../src/sim/group/group-cluster.ts";
import { kvGroup } from "../../src/sim/kv/kv-group.ts";
import { newUniverse, type Universe } from "../../src/sim/universe.ts";
import { configsOf, groupOf, knownUpTo, lettersIn, type Owners } from "../explore/moves/configs.ts";
import { MemoryState } from "../shardkv/memory-state.ts";

/** Short logs: who was away for a while needs a snapshot. */
const shortLogs: ReplicaOptionsGiven = { member: { logBytesMax: 1000, logTailBytes: 100 } };
const limits = { chunkRowsMax: 3, chunkBytesMax: 10_000 };

/** A group of three real replicas, and what decides about its shards. */
export interface MovingGroup {
  readonly letter: string;
  readonly cluster: GroupCluster<KvCaller>;
  readonly mover: Mover;
  readonly heard: Map<string, Heard>;
}

/**
 * Groups whose leaders ask each other by word of mouth: the logs, disks and networks of the groups are simulated, and nothing stands
 * between one group's leader and another's.
 */
export class MovingGroups {
  readonly universe: Universe;
  readonly groups: readonly MovingGroup[];
  readonly configs: readonly Config[];
  readonly #births = new MemoryState();

  constructor(seed: number, letters: string, shards: readonly Owners[]) {
    this.universe = newUniverse(seed);
    this.configs = configsOf(shards);
    this.groups = lettersIn(letters).map((letter) => this.#group(letter, shards.length));
  }

  of(letter: string): MovingGroup {
    return this.groups.find((group) => group.letter === letter) as MovingGroup;
  }

  /** Time passes; the leaders go round every 100 ms, knowing the configurations up to a number. */
  run(ms: number, latest: number): void {
    for (let left = ms; left > 0; left -= 100) {
      this.universe.world.runFor(100);
      for (const group of this.groups) this.#round(group, latest);
    }
  }

  /** The rows of the state on a server's disk, as texts. */
  rows({ cluster }: MovingGroup, at: number): string[] {
    const rows = [...cluster.sim.server(at).process.disk.image()];
    return rows.flatMap(({ key, value }) =>
      key[4] === 0x73 ? [`${Buffer.from(key.subarray(9)).toString("hex")} ${Buffer.from(value).toString("hex")}`] : [],
    );
  }

  /** The replica that leads a group and knows all that was committed before. */
  leader({ cluster }: MovingGroup): AnyReplica | undefined {
    const at = cluster.leader;
    const replica = at === undefined ? undefined : cluster.replica(at);
    return replica?.leading === undefined ? undefined : replica;
  }

  #group(letter: string, shards: number): MovingGroup {
    const { gid, creation } = groupOf(letter);
    const kind = kvGroup(shortLogs, {
      shards,
      partitioner: { kind: "integer" },
      ownership: "configured",
      group: { gid, creation },
      ...limits,
    });
    const name = { group: groupId(gid), creation, servers: `${letter}-s` };
    const cluster = new GroupCluster(this.universe, kind, { size: 3, name, clients: `${letter}-c` });
    cluster.startAll();
    return { letter, cluster, mover: new Mover({ gid, creation }, limits), heard: new Map() };
  }

  #round(group: MovingGroup, latest: number): void {
    const { mover, heard } = group;
    const known = knownUpTo(this.configs, latest);
    this.#see(group, (picture) => {
      this.#propose(group, mover.due(picture, known));
      const plan = mover.plan(picture, known, (shard, since, { left }) => heard.get(`${shard} ${since} ${left}`));
      for (const ask of plan.asks) this.#ask(group, ask, latest);
      if (plan.births.length > 0) {
        const own = groupOf(group.letter);
        const answer = claimBirths(
          this.#births,
          own,
          plan.births,
          ({ shard, since }) => this.configs[since]?.shards[shard]?.gid === own.gid,
        );
        this.#propose(group, mover.births(answer, picture));
      }
      for (const [shard, { dead }] of picture.shards) for (const epoch of dead) this.#clear(group, shard, epoch);
    });
  }

  #ask(group: MovingGroup, ask: Ask, latest: number): void {
    const { question } = ask;
    const source = this.groups.find(({ mover }) => mover.self.gid === ask.to.gid) as MovingGroup;
    this.#look(source, (view, done) => {
      source.mover.answer(question, view, (reply, claim) => {
        done();
        if (question.op === "pull") {
          group.heard.set(`${question.shard} ${question.since} ${question.left}`, reply.kind === "no_page" ? reply.why.kind : "page");
        }
        if (claim !== undefined) this.#settle(source, claim, latest);
        this.#see(group, (picture) => this.#propose(group, group.mover.consequences(ask, reply, picture)));
      });
    });
  }

  #settle(source: MovingGroup, claim: Claim, latest: number): void {
    this.#see(source, (picture) => {
      const command = source.mover.settlement(claim, picture, knownUpTo(this.configs, latest));
      if (command !== undefined) this.#propose(source, [command]);
    });
  }

  #clear(group: MovingGroup, shard: number, epoch: number): void {
    this.#look(group, (view, done) => {
      group.mover.clearing(view, shard, epoch, (command) => {
        done();
        this.#propose(group, [command]);
      });
    });
  }

  #see(group: MovingGroup, use: (picture: Picture) => void): void {
    this.#look(group, (view, done) => {
      group.mover.picture(view, (picture) => {
        done();
        use(picture);
      });
    });
  }

  #look(group: MovingGroup, use: (view: StateView, done: () => void) => void): void {
    this.leader(group)?.look(use);
  }

  #propose(group: MovingGroup, commands: readonly GroupCommand[]): void {
    for (const command of commands) this.leader(group)?.proposeOwn(encodeGroupCommand(command));
  }
}
