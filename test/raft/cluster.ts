import { assert, present } from "../../src/base/assert.ts";
import { type ReplicaId, replicaId } from "../../src/base/ids.ts";
import type { Message } from "../../src/raft/message.ts";
import { membership } from "../../src/raft/membership.ts";
import { openState } from "../../src/raft/open.ts";
import { type RaftOptions, raftOptions } from "../../src/raft/options.ts";
import { type Proposal, Raft, type ReadRequest, type Status } from "../../src/raft/raft.ts";
import type { ReadState, Ready, Write } from "../../src/raft/ready.ts";
import { termAt } from "../../src/raft/log.ts";
import type { Entry, LogIndex, Mark } from "../../src/raft/types.ts";
import { Checker } from "./checker.ts";
import { Disk, emptyImage, type Image } from "./disk.ts";

/** A message on its way; the rows of a snapshot travel beside it. */
export interface Packet {
  readonly message: Message;
  readonly rows: readonly Entry[];
}

/** What happened in a cluster, for those who want to read along. */
export type Happening =
  | { readonly kind: "sent" | "delivered" | "lost"; readonly packet: Packet }
  | { readonly kind: "write"; readonly node: Node; readonly write: Write }
  | { readonly kind: "finished"; readonly node: Node; readonly number: number }
  | { readonly kind: "applied"; readonly node: Node; readonly entries: readonly Entry[] }
  | { readonly kind: "read"; readonly node: Node; readonly read: ReadState }
  | { readonly kind: "read_dropped"; readonly node: Node; readonly context: number }
  | { readonly kind: "offer"; readonly node: Node; readonly to: ReplicaId }
  | { readonly kind: "role"; readonly node: Node; readonly status: Status }
  | { readonly kind: "trace"; readonly node: Node; readonly name: string };

/** One replica: a core, its disk, and the state that its entries were applied to. */
export interface Node {
  readonly id: ReplicaId;
  disk: Disk;
  /** Undefined while it is down. */
  raft: Raft | undefined;
  rows: Entry[];
  /** Rows of snapshots that have arrived, by the index of their mark. */
  readonly arrived: Map<LogIndex, readonly Entry[]>;
  lives: number;
  /** The role that was last reported. */
  role: string;
}

/** Options small enough to be reached by hand. */
export const smallOptions: Partial<RaftOptions> = { electionTicks: 10, heartbeatTicks: 3, stallTicks: 20, snapshotTicks: 15 };

/**
 * Several cores with a network and disks that move only by hand. After every input the core's duties are taken: messages wait
 * in `network`, writes become durable at once unless the disk is paused, entries are applied at once. A `Checker` looks on.
 */
export class Cluster {
  readonly options: RaftOptions;
  readonly nodes: Map<ReplicaId, Node> = new Map();
  /** In the order of sending. */
  readonly network: Packet[] = [];
  readonly offers: { readonly from: ReplicaId; readonly to: ReplicaId }[] = [];
  /** Pairs that do not hear each other, as "1->2". */
  readonly cuts: Set<string> = new Set();
  /** Undefined when a test says what no correct core would. */
  readonly checker: Checker | undefined;
  listener: (happening: Happening) => void = () => {};

  constructor(ids: readonly number[], options: Partial<RaftOptions> = {}, checked = true) {
    this.options = raftOptions({ ...smallOptions, ...options });
    this.checker = checked ? new Checker(this) : undefined;
    const group = membership(ids.map((id) => replicaId(id)));
    for (const id of group.voters) {
      const node = { id, disk: new Disk(emptyImage(group)), raft: undefined, rows: [], arrived: new Map(), lives: 0, role: "follower t0" };
      this.nodes.set(id, node);
      this.open(id);
    }
  }

  node(id: number): Node {
    return present(this.nodes.get(id as ReplicaId), `node ${id} exists`);
  }

  raft(id: number): Raft {
    return present(this.node(id).raft, `node ${id} is up`);
  }

  /** Opens a node from its durable image. */
  open(id: number): void {
    const node = this.node(id);
    assert(node.raft === undefined, "only a node that is down is opened");
    node.lives += 1;
    node.rows = [...node.disk.image.rows];
    const seed = id * 7919 + node.lives;
    const trace = (name: string): void => this.listener({ kind: "trace", node, name });
    node.raft = new Raft(openState(node.id, node.disk.restored(), this.options, seed, trace));
    this.checker?.opened(node);
    this.#pump(node);
  }

  /** Takes a node down and gives it another disk, before it is opened for the first time in a test. */
  replaceImage(id: number, image: Image): void {
    const node = this.node(id);
    node.raft = undefined;
    node.disk = new Disk(image);
    this.open(id);
  }

  /** A power cut; of the unfinished batches the oldest `survivors` are durable all the same. */
  crash(id: number, survivors = 0): void {
    const node = this.node(id);
    assert(node.raft !== undefined, "only a node that is up crashes");
    node.raft = undefined;
    node.disk.crash(survivors);
    node.disk.paused = false;
  }

  tick(id: number, count = 1): void {
    for (let i = 0; i < count; i += 1) this.#input(id, (raft) => raft.tick());
  }

  step(message: Message): void {
    this.#input(message.to, (raft) => raft.step(message));
  }

  propose(id: number, ...texts: readonly string[]): Proposal[] {
    return this.#input(id, (raft) => texts.map((text) => raft.propose(Buffer.from(text))));
  }

  read(id: number, ...contexts: readonly number[]): ReadRequest[] {
    for (const context of contexts) this.checker?.readAsked(id, context);
    return this.#input(id, (raft) => contexts.map((context) => raft.readIndex(context)));
  }

  transfer(id: number, to: number): boolean {
    return this.#input(id, (raft) => raft.transfer(replicaId(to)));
  }

  compact(id: number, index: LogIndex): void {
    const node = this.node(id);
    const raft = this.raft(id);
    const mark: Mark = { index, term: present(termAt(raft.state.log, index), "retained"), chain: 0, membership: raft.state.membership };
    raft.compact(index, 0);
    node.disk.compact(mark);
    this.#pump(node);
  }

  /** Sends a snapshot of the state as it was at some index, by default as it is. */
  snapshot(from: number, to: number, at?: LogIndex): void {
    const { rows, id } = this.node(from);
    const index = at ?? rows.length;
    const { term, membership: group } = this.raft(from).state;
    const mark: Mark = { index, term: rows[index - 1]?.term ?? 0, chain: 0, membership: group };
    const offer = this.offers.findIndex((each) => each.from === id && each.to === to);
    if (offer !== -1) this.offers.splice(offer, 1);
    this.#send({ message: { kind: "snapshot", from: id, to: replicaId(to), term, mark }, rows: rows.slice(0, index) });
  }

  /** Sends the snapshot that was offered, unless its sender leads no more. */
  answerOffer(at = 0): void {
    const [offer] = this.offers.splice(at, 1);
    if (offer !== undefined && this.node(offer.from).raft?.state.role === "leader") this.snapshot(offer.from, offer.to);
  }

  /** Hands one packet over, wherever it came from. What is cut off or down loses it. */
  deliver(packet: Packet): void {
    const { message, rows } = packet;
    const node = this.node(message.to);
    if (node.raft === undefined || this.cuts.has(`${message.from}->${message.to}`)) {
      this.listener({ kind: "lost", packet });
      return;
    }
    this.listener({ kind: "delivered", packet });
    if (message.kind === "snapshot") node.arrived.set(message.mark.index, rows);
    this.#input(node.id, (raft) => raft.step(message));
  }

  /** Delivers, and sends offered snapshots, until nothing moves; only between `only`. False when it did not end. */
  stabilize(only?: readonly number[]): boolean {
    const among = only ?? [...this.nodes.keys()];
    const inside = (a: number, b: number): boolean => among.includes(a) && among.includes(b);
    for (let steps = 0; steps < 10_000; steps += 1) {
      const offer = this.offers.findIndex(({ from, to }) => inside(from, to));
      const next = this.network.findIndex(({ message }) => inside(message.from, message.to));
      if (offer !== -1) {
        this.answerOffer(offer);
      } else if (next !== -1) {
        for (const packet of this.network.splice(next, 1)) this.deliver(packet);
      } else return true;
    }
    return false;
  }

  /** Makes the oldest unfinished batches of a node durable; the core hears of each, or `together` of the last only. */
  finish(id: number, most?: number, together = false): void {
    const node = this.node(id);
    const count = most ?? node.disk.unfinished;
    let number: number | undefined;
    for (let i = 0; i < count && node.disk.unfinished > 0; i += 1) {
      number = node.disk.finish() ?? number;
      if (!together || i === count - 1 || node.disk.unfinished === 0) this.#persisted(node, number);
      if (!together) number = undefined;
    }
  }

  #persisted(node: Node, number: number | undefined): void {
    if (number !== undefined) {
      if (node.disk.paused) this.listener({ kind: "finished", node, number });
      node.raft?.persisted(number);
    }
    this.#pump(node);
  }

  #input<T>(id: number, run: (raft: Raft) => T): T {
    const result = run(this.raft(id));
    this.#pump(this.node(id));
    return result;
  }

  /** Does what the core asks for, until it asks for nothing. */
  #pump(node: Node): void {
    for (let rounds = 0; ; rounds += 1) {
      assert(rounds < 100_000, "a core's duties end");
      if (node.raft?.hasReady() === true) this.#perform(node, node.raft.ready());
      else if (!node.disk.paused && node.disk.unfinished > 0) this.#finishQuietly(node);
      else break;
    }
    this.#report(node);
    this.checker?.looked(node);
  }

  #finishQuietly(node: Node): void {
    const number = node.disk.finish();
    if (number !== undefined) node.raft?.persisted(number);
  }

  #perform(node: Node, ready: Ready): void {
    const { write, committed } = ready;
    this.#report(node);
    for (const message of ready.messages) this.#send({ message, rows: [] });
    if (write !== undefined) {
      this.checker?.wrote(write);
      if (node.disk.paused) this.listener({ kind: "write", node, write });
    }
    const installed = write?.install === undefined ? [] : present(node.arrived.get(write.install.index), "the rows have arrived");
    if (write?.install !== undefined) node.rows = [...installed];
    node.disk.accept(ready, installed);
    if (committed.length > 0) this.#apply(node, committed);
    for (const read of ready.reads) {
      this.checker?.readAnswered(node, read);
      this.listener({ kind: "read", node, read });
    }
    for (const context of ready.droppedReads) this.listener({ kind: "read_dropped", node, context });
    for (const to of ready.offers) {
      this.offers.push({ from: node.id, to });
      this.listener({ kind: "offer", node, to });
    }
  }

  #apply(node: Node, entries: readonly Entry[]): void {
    this.checker?.applied(node, entries);
    node.rows.push(...entries);
    this.listener({ kind: "applied", node, entries });
    node.raft?.applied(node.rows.length);
  }

  #send(packet: Packet): void {
    this.checker?.sent(this.node(packet.message.from), packet.message);
    this.network.push(packet);
    this.listener({ kind: "sent", packet });
  }

  #report(node: Node): void {
    if (node.raft === undefined) return;
    const status = node.raft.status();
    const role = `${status.role} t${status.term} of ${status.leader}`;
    if (role === node.role) return;
    node.role = role;
    this.listener({ kind: "role", node, status });
  }
}
