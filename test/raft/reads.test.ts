import fc from "fast-check";
import { expect, test } from "vitest";
import { Cluster, type Happening, type Packet } from "./cluster.ts";

/**
 * The slow oracle of ReadIndex (dissertation 6.4): a read may be answered once a quorum has answered messages that were sent
 * after it was asked. It knows nothing of rounds: it follows every single packet.
 */
class Oracle {
  readonly #quorum: number;
  readonly #asked = new Map<number, Set<number>>();
  /** Reads that were waiting when a packet was sent: its answer speaks for those. */
  readonly #covers = new Map<Packet, readonly number[]>();
  #delivering: Packet | undefined;
  readonly answered: number[] = [];
  readonly tooEarly: number[] = [];

  constructor(replicas: number) {
    this.#quorum = Math.floor(replicas / 2) + 1;
  }

  ask(context: number): void {
    this.#asked.set(context, new Set([1]));
  }

  hear(happening: Happening): void {
    if (happening.kind === "sent") this.#sent(happening.packet);
    if (happening.kind === "delivered") this.#delivered(happening.packet);
    if (happening.kind === "read") {
      const { context } = happening.read;
      this.answered.push(context);
      if ((this.#asked.get(context)?.size ?? 0) < this.#quorum) this.tooEarly.push(context);
    }
  }

  #sent(packet: Packet): void {
    if (packet.message.kind === "append") this.#covers.set(packet, [...this.#asked.keys()]);
    // What is sent while an append is handled is its answer.
    else if (this.#delivering !== undefined) this.#covers.set(packet, this.#covers.get(this.#delivering) ?? []);
  }

  #delivered(packet: Packet): void {
    this.#delivering = packet;
    if (packet.message.kind !== "append_reply") return;
    for (const context of this.#covers.get(packet) ?? []) this.#asked.get(context)?.add(packet.message.from);
  }
}

type Step = readonly ["read" | "deliver" | "lose" | "double" | "tick" | "propose", number];

const steps = fc.array(
  fc.tuple(fc.constantFrom("read", "read", "deliver", "deliver", "deliver", "lose", "double", "tick", "propose"), fc.nat(50)),
  { maxLength: 60 },
);

function perform(cluster: Cluster, oracle: Oracle, [kind, at]: Step, context: number): void {
  const { network } = cluster;
  const place = network.length > 0 ? at % network.length : 0;
  if (kind === "read") {
    oracle.ask(context);
    cluster.read(1, context);
  } else if (kind === "deliver") for (const packet of network.splice(place, 1)) cluster.deliver(packet);
  else if (kind === "lose") network.splice(place, 1);
  else if (kind === "double") network.push(...network.slice(place, place + 1));
  else if (kind === "tick") cluster.tick(1);
  else cluster.propose(1, `${context}`);
}

test.each([1, 3, 5])("6.4 with %i replicas a read is answered once, never before a quorum heard of it, and in the end", (replicas) => {
  fc.assert(
    fc.property(steps, (taken) => {
      const cluster = new Cluster([1, 2, 3, 4, 5].slice(0, replicas), { checkQuorum: false });
      cluster.tick(1, cluster.raft(1).ticksToSleep());
      cluster.stabilize();
      const oracle = new Oracle(replicas);
      cluster.listener = (happening) => oracle.hear(happening);
      let asked = 0;
      taken.forEach((step, context) => {
        asked += step[0] === "read" ? 1 : 0;
        perform(cluster, oracle, step, context);
      });
      expect(oracle.tooEarly).toEqual([]);
      cluster.propose(1, "last");
      for (let tick = 0; tick < 12; tick += 1) {
        cluster.tick(1);
        cluster.stabilize();
      }
      expect([oracle.tooEarly, oracle.answered.length, new Set(oracle.answered).size]).toEqual([[], asked, asked]);
    }),
    { numRuns: 200 },
  );
});

test("6.4 reads that wait together share one round", () => {
  const cluster = new Cluster([1, 2, 3]);
  cluster.tick(1, cluster.raft(1).ticksToSleep());
  cluster.propose(1, "a");
  cluster.stabilize();
  cluster.propose(1, "a");
  cluster.stabilize();
  cluster.read(1, 1);
  for (let context = 2; context <= 100; context += 1) cluster.read(1, context);
  cluster.stabilize();
  expect([cluster.raft(1).state.round, cluster.raft(1).state.reads]).toEqual([2, []]);
});
