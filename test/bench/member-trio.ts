import { assert, present } from "../../src/base/assert.ts";
import { concat, getU64, putU64 } from "../../src/base/bytes.ts";
import { groupId, replicaId, serverId } from "../../src/base/ids.ts";
import type { WriteOp } from "../../src/env/storage.ts";
import type { Entry, LogIndex } from "../../src/raft/types.ts";
import type { Machine, ReadRow } from "../../src/rsm/machine.ts";
import type { Member } from "../../src/rsm/member.ts";
import { memberOptions, type MemberOptionsGiven } from "../../src/rsm/options.ts";
import { startMember } from "../../src/rsm/start.ts";
import { MemoryWorld } from "./memory-env.ts";

/** Turns until a leader must be there: some seconds of virtual time. */
const turnsToLeader = 200_000;

export interface TrioOptions {
  readonly member?: MemberOptionsGiven;
  /** Hears of every entry that a replica applies. */
  readonly onApplied?: (replica: number, entry: Entry) => void;
}

/** Three replicas of one group in one thread: everything of a server but its disk, its network and its clock. */
export class MemberTrio {
  readonly members: readonly Member[];
  readonly #world: MemoryWorld;
  readonly #machines: readonly CountingMachine[];

  constructor(options: TrioOptions = {}) {
    const servers = ["a", "b", "c"].map(serverId);
    this.#world = new MemoryWorld(servers, "trio");
    this.#machines = servers.map((_, replica) => new CountingMachine((entry) => options.onApplied?.(replica, entry)));
    this.members = servers.map((server, replica) => {
      const identity = { group: groupId(1), creation: 1, replica: replicaId(replica), servers };
      const machine = present(this.#machines[replica], "each member has a machine");
      return startMember(this.#world.server(server).env, identity, memberOptions(options.member), machine);
    });
  }

  get leader(): Member | undefined {
    return this.members.find((member) => member.raft?.state.role === "leader");
  }

  /** How far all three have applied the log. */
  get applied(): LogIndex {
    return Math.min(...this.#machines.map((machine) => machine.last));
  }

  turn(): void {
    this.#world.turn();
  }

  /** Lets turns pass until there is a leader. */
  elect(): Member {
    for (let turns = 0; this.leader === undefined; turns += 1) {
      assert(turns < turnsToLeader, "three replicas elect a leader");
      this.turn();
    }
    return this.leader;
  }
}

const lastKey = Uint8Array.of(0);

/** A machine that costs next to nothing: it counts, and holds that entries come in order, each once. */
class CountingMachine implements Machine {
  last: LogIndex = 0;
  readonly #applied: (entry: Entry) => void;

  constructor(applied: (entry: Entry) => void) {
    this.#applied = applied;
  }

  apply(entries: readonly Entry[], _: ReadRow, rows: WriteOp[], prefix: Uint8Array): void {
    for (const entry of entries) {
      assert(entry.index === this.last + 1, "entries are applied in order, each once");
      this.last = entry.index;
      this.#applied(entry);
    }
    const value = new Uint8Array(8);
    putU64(value, 0, this.last);
    rows.push({ op: "put", key: concat([prefix, lastKey]), value });
  }

  restored(index: LogIndex, read: ReadRow): void {
    const row = read(lastKey);
    this.last = row === undefined ? 0 : getU64(row, 0);
    assert(this.last === index, "the state is as of the applied index");
  }

  readReady(): void {}

  readDropped(): void {}
}
