import { assert, present } from "../../src/base/assert.ts";
import { type ReplicaId, replicaId } from "../../src/base/ids.ts";
import { membership } from "../../src/raft/membership.ts";
import type { Message } from "../../src/raft/message.ts";
import { openState } from "../../src/raft/open.ts";
import { raftOptions } from "../../src/raft/options.ts";
import { Raft } from "../../src/raft/raft.ts";
import type { Write } from "../../src/raft/ready.ts";
import type { LogIndex } from "../../src/raft/types.ts";

/** What becomes of a message on its way: itself, or what comes out of the codec. */
export type Carry = (message: Message) => Message;

/** Logs are compacted when they hold so many entries, so that a long run does not fill the memory. */
const entriesMax = 20_000;

/** Three cores and nothing else. Messages arrive, and writes are durable, in the next turn. */
export class CoreTrio {
  readonly nodes: readonly Node[];

  constructor(carry: Carry = (message) => message, seed = 1) {
    const voters = [0, 1, 2].map(replicaId);
    const group = membership(voters);
    const options = raftOptions();
    const mark = { index: 0, term: 0, chain: 0, membership: group };
    this.nodes = voters.map((id) => {
      const restored = { hardState: { term: 0, vote: undefined }, mark, entries: [], applied: 0 };
      return new Node(new Raft(openState(id, restored, options, Math.imul(seed, 2654435761) + id * 12345)), (message) =>
        this.#node(message.to).inbox.push(carry(message)),
      );
    });
  }

  get leader(): Raft | undefined {
    return this.nodes.find(({ raft }) => raft.state.role === "leader")?.raft;
  }

  /** How far all three have applied the log. */
  get applied(): LogIndex {
    return Math.min(...this.nodes.map(({ raft }) => raft.state.applied));
  }

  turn(): void {
    for (const node of this.nodes) node.turn();
  }

  tick(): void {
    for (const { raft } of this.nodes) raft.tick();
  }

  /** Lets time pass until there is a leader. */
  elect(): Raft {
    for (let ticks = 0; this.leader === undefined; ticks += 1) {
      assert(ticks < 10_000, "three replicas elect a leader");
      this.tick();
      // A round trip takes less than a tick.
      for (let turns = 0; turns < 4; turns += 1) this.turn();
    }
    return this.leader;
  }

  #node(id: ReplicaId): Node {
    return present(this.nodes[id], "a message goes to one of the three");
  }
}

/** A core with what waits for its next turn. */
class Node {
  readonly raft: Raft;
  inbox: Message[] = [];
  #write: Write | undefined;
  readonly #send: (message: Message) => void;

  constructor(raft: Raft, send: (message: Message) => void) {
    this.raft = raft;
    this.#send = send;
  }

  turn(): void {
    const { raft } = this;
    const write = this.#write;
    this.#write = undefined;
    if (write !== undefined) raft.persisted(write.number);
    const inbox = this.inbox;
    this.inbox = [];
    for (const message of inbox) raft.step(message);
    while (raft.hasReady()) this.#perform();
  }

  #perform(): void {
    const { raft } = this;
    const { messages, write, committed } = raft.ready();
    for (const message of messages) this.#send(message);
    if (write !== undefined) this.#write = write;
    const last = committed.at(-1);
    if (last === undefined) return;
    raft.applied(last.index);
    const { log } = raft.state;
    if (log.entries.length > entriesMax && last.index <= log.stable) raft.compact(last.index, 0);
  }
}
