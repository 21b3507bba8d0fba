import type { Core } from "./core.ts";
import { describeInput } from "./describe.ts";
import { Histories, type History } from "./history.ts";
import { judged, Violation } from "./properties.ts";
import { type Input, type Pump, size } from "./replica.ts";
import { type KnownMessage, type KnownReplica, renamings, type Step, Table } from "./table.ts";

/** What is explored. Messages are never taken off the network: they come in any order, late, again and again, or never. */
export interface Bounds {
  /** No campaign goes beyond this term. */
  readonly terms: number;
  /** At most so many, in all members together and with the start. Crashes are power cuts, with a restart at once. */
  readonly campaigns: number;
  readonly proposals: number;
  readonly crashes: number;
  readonly stepDowns: number;
  readonly pump: Pump;
  /** `all` also asks that a message leaves only when what it promises is durable: a bug may break that long before it does harm. */
  readonly properties: "all" | "safety";
  /** What happens before everything else, line by line as in a trace; `lose` loses all messages sent so far. */
  readonly start: readonly string[];
}

/** A state of the world. Numbers are those of the table and the histories. */
export interface World {
  readonly nodes: readonly number[];
  readonly history: number;
  readonly campaigns: number;
  readonly proposals: number;
  readonly crashes: number;
  readonly stepDowns: number;
  /** In ascending order. */
  readonly messages: readonly number[];
}

/** One thing that can happen in a state. */
export interface Action {
  readonly node: number;
  readonly input: number;
}

/** The explored world: which states there are, what can happen in them, and what becomes of them. */
export class Universe {
  readonly table: Table;
  readonly histories: Histories;
  readonly bounds: Bounds;
  readonly #campaign: number;
  readonly #heartbeat: number;
  readonly #stepDown: number;
  readonly #pump: number;
  readonly #sync: number;
  /** By their number less one. */
  readonly #proposals: readonly number[];

  constructor(core: Core, bounds: Bounds) {
    this.bounds = bounds;
    this.table = new Table(core, bounds.pump);
    this.histories = new Histories(bounds.terms);
    const input = (kind: "campaign" | "heartbeat" | "step_down" | "pump" | "sync"): number => this.table.input({ kind });
    this.#campaign = input("campaign");
    this.#heartbeat = input("heartbeat");
    this.#stepDown = input("step_down");
    this.#pump = input("pump");
    this.#sync = input("sync");
    this.#proposals = Array.from({ length: bounds.proposals }, (_, at) => this.table.input({ kind: "propose", data: at + 1 }));
  }

  /** Before everything: no member was ever started. */
  first(): World {
    const nodes = Array.from({ length: size }, (_, id) => this.table.newReplica(id));
    return { nodes, history: 0, campaigns: 0, proposals: 0, crashes: 0, stepDowns: 0, messages: [] };
  }

  /** Everything that can happen in `world`. */
  actions(world: World): Action[] {
    const { table } = this;
    const found: Action[] = [];
    for (let node = 0; node < size; node += 1) this.#actionsOf(node, world, found);
    for (const number of world.messages) {
      const { message, input } = table.messages[number] as KnownMessage;
      found.push({ node: message.to, input });
    }
    return found;
  }

  /** What `node` can do, or can happen to it, without a message. */
  #actionsOf(node: number, world: World, found: Action[]): void {
    const { bounds, table } = this;
    const { owes, writes, role, term, batches } = table.replicas[world.nodes[node] as number] as KnownReplica;
    if (owes) found.push({ node, input: this.#pump });
    if (writes > 0) found.push({ node, input: this.#sync });
    if (role === "leader") {
      found.push({ node, input: this.#heartbeat });
      if (world.proposals < bounds.proposals) found.push({ node, input: this.#proposals[world.proposals] as number });
      if (world.stepDowns < bounds.stepDowns) found.push({ node, input: this.#stepDown });
    } else if (term < bounds.terms && world.campaigns < bounds.campaigns) found.push({ node, input: this.#campaign });
    if (world.crashes === bounds.crashes) return;
    for (let survive = 0; survive <= batches; survive += 1) found.push({ node, input: table.input({ kind: "crash", survive }) });
  }

  /** The state after `action` alone; undefined when nothing changes but the budget. Throws a `Violation`. */
  after(world: World, { node, input }: Action): World | undefined {
    const { table, histories, bounds } = this;
    const { replicas } = table;
    const number = world.nodes[node] as number;
    const step = table.step(number, input);
    if (step.failure !== undefined) throw new Violation(`the core refuses to go on: ${step.failure}`);
    if (step.to === number && step.sent.every((message) => world.messages.includes(message))) return undefined;
    const nodes = world.nodes.with(node, step.to);
    const members = nodes.map((member) => replicas[member] as KnownReplica);
    const { history } = histories.known[world.history] as { history: History };
    const now = judged(history, step.facts, node, members);
    if (bounds.properties === "all" && step.facts.brokenPromise !== undefined) throw new Violation(`promise: ${step.facts.brokenPromise}`);
    const { kind } = table.inputs[input] as Input;
    return {
      nodes,
      history: now === history ? world.history : histories.number(now),
      campaigns: world.campaigns + (kind === "campaign" ? 1 : 0),
      proposals: world.proposals + (kind === "propose" ? 1 : 0),
      crashes: world.crashes + (kind === "crash" ? 1 : 0),
      stepDowns: world.stepDowns + (kind === "step_down" ? 1 : 0),
      messages: this.#onTheWay(world.messages, step, node, nodes),
    };
  }

  /**
   * The state after everything has happened that costs nothing: what leaves its member as it is, or merely takes out of its hands
   * what it has to send. Whatever can happen without these messages can happen with them, because the network loses, so the state
   * without them need not be explored. `costless` is told what is tried. Throws a `Violation`.
   */
  settled(world: World, costless?: (action: Action) => void): World {
    let settled = world;
    const act = (action: Action): void => {
      costless?.(action);
      settled = this.after(settled, action) ?? settled;
    };
    for (let before = -1; before !== settled.messages.length;) {
      before = settled.messages.length;
      for (let node = 0; node < size; node += 1) {
        const member = this.table.replicas[settled.nodes[node] as number] as KnownReplica;
        if (member.owes && this.table.onlySends(settled.nodes[node] as number, this.#pump)) act({ node, input: this.#pump });
        if (member.role === "leader") this.#actCostless(settled, node, this.#heartbeat, act);
      }
      for (const number of settled.messages) {
        const { message, input } = this.table.messages[number] as KnownMessage;
        this.#actCostless(settled, message.to, input, act);
      }
    }
    return settled;
  }

  /** Lets `input`, and the duties that follow from it, happen to `node` if they leave it as it is and send anything new. */
  #actCostless(world: World, node: number, input: number, act: (action: Action) => void): void {
    const number = world.nodes[node] as number;
    const { to, sent } = this.table.step(number, input);
    const duties = to === number || this.bounds.pump === "at_once" ? undefined : this.table.step(to, this.#pump);
    if ((duties?.to ?? to) !== number || [...sent, ...(duties?.sent ?? [])].every((message) => world.messages.includes(message))) return;
    act({ node, input });
    if (duties !== undefined) act({ node, input: this.#pump });
  }

  /** The messages on the network after a step of `node`. */
  #onTheWay(messages: readonly number[], { sent }: Step, node: number, nodes: readonly number[]): number[] {
    const left: number[] = [];
    for (const message of messages) {
      const { to } = (this.table.messages[message] as KnownMessage).message;
      if (to !== node || !this.#isDead(message, nodes)) left.push(message);
    }
    for (const message of sent) if (!left.includes(message) && !this.#isDead(message, nodes)) left.push(message);
    return left.toSorted((a, b) => a - b);
  }

  /**
   * Whether a reply can have no effect any more, now or later: its receiver's term on disk is at least the reply's, so that it
   * will not campaign in the reply's term again, and it is not the candidate or leader in that term that would listen. Such a
   * reply is as good as lost. That the core really does not listen now is tried, in case of a core that should not be trusted.
   */
  #isDead(number: number, nodes: readonly number[]): boolean {
    const { message, input } = this.table.messages[number] as KnownMessage;
    if (message.kind !== "vote_reply" && message.kind !== "append_reply") return false;
    const receiver = nodes[message.to] as number;
    const { role, term, durableTerm } = this.table.replicas[receiver] as KnownReplica;
    if (message.term > durableTerm) return false;
    if (message.term === term && (role === "candidate" || (role === "leader" && message.kind === "append_reply"))) return false;
    return this.table.step(receiver, input).to === receiver;
  }

  /** `action` after the members were renamed. */
  renamed({ node, input }: Action, renaming: number): Action {
    return { node: (renamings[renaming] as readonly number[])[node] as number, input: this.table.renamedInput(input, renaming) };
  }

  /** The line of a trace for `action`. */
  describe({ node, input }: Action): string {
    return describeInput(node, this.table.inputs[input] as Input);
  }

  /** The state after what `line` says, as in a trace; `lose` loses all messages sent so far. */
  happens(world: World, line: string): World | Violation | "impossible" {
    if (line === "lose") return { ...world, messages: [] };
    const action = this.actions(world).find((possible) => this.describe(possible) === line);
    if (action === undefined) return "impossible";
    try {
      return this.after(world, action) ?? world;
    } catch (error) {
      if (error instanceof Violation) return error;
      throw error;
    }
  }

  /** The state after the bounds' start, in which duties are done at once. `note` is told what happens. Throws a `Violation`. */
  start(note?: (line: string) => void): World {
    let world = this.first();
    for (const line of this.bounds.start) {
      world = this.#mustHappen(world, line, note);
      for (const [node, number] of world.nodes.entries()) {
        const { owes } = this.table.replicas[number] as KnownReplica;
        if (owes) world = this.#mustHappen(world, this.describe({ node, input: this.#pump }), note);
      }
    }
    return world;
  }

  #mustHappen(world: World, line: string, note?: (line: string) => void): World {
    note?.(line);
    const next = this.happens(world, line);
    if (next === "impossible") throw new Error(`this cannot happen at the start: ${line}`);
    if (next instanceof Violation) throw next;
    return next;
  }
}
