import { present } from "../../src/base/assert.ts";
import { replicaId, groupId } from "../../src/base/ids.ts";
import type { LogIndex } from "../../src/raft/types.ts";
import type { Message } from "../../src/raft/message.ts";
import { decodePacket, encodePacket, type Header } from "../../src/rsm/wire.ts";
import { type Carry, CoreTrio } from "./core-trio.ts";
import { MemberTrio } from "./member-trio.ts";

/**
 * What goes into a throughput run. The log is kept short so that it is being compacted, as in a server that runs for long, soon after
 * the start: while it grows towards the default of 64 MiB, fresh memory is most of what is measured.
 */
export const throughputSettings = { replicas: 3, batch: 64, commandBytes: 100, logBytesMax: 8_388_608 } as const;

/** What came out of one. */
export interface Throughput {
  readonly name: string;
  /** Entries that all three have applied. */
  readonly entries: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly entriesPerSecond: number;
  readonly entriesPerCpuSecond: number;
}

/** Three replicas, as far as a run needs to know. */
interface Trio {
  /** Proposes one batch at the leader. */
  propose(): void;
  turn(): void;
  readonly applied: LogIndex;
}

/** Runs every variant for about `ms` milliseconds each, after a third of that to warm up. */
export function measureThroughput(ms: number): Throughput[] {
  return [run("members: core, log store, codec", members(), ms), run("cores and codec", cores(), ms)];
}

function run(name: string, trio: Trio, ms: number): Throughput {
  turnsFor(trio, ms / 3);
  const before = trio.applied;
  const cpu = process.cpuUsage();
  const start = performance.now();
  turnsFor(trio, ms);
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000;
  const entries = trio.applied - before;
  return { name, entries, wallMs, cpuMs, entriesPerSecond: (entries / wallMs) * 1000, entriesPerCpuSecond: (entries / cpuMs) * 1000 };
}

/** A batch in every turn, until `ms` milliseconds have passed; some turns at least. */
function turnsFor(trio: Trio, ms: number): void {
  const end = performance.now() + ms;
  do {
    for (let turns = 0; turns < 16; turns += 1) {
      trio.propose();
      trio.turn();
    }
  } while (performance.now() < end);
}

/** A batch of commands. Only the bytes' number matters to what is measured. */
export function commandBatch(): Uint8Array[] {
  return Array.from({ length: throughputSettings.batch }, (_, at) => new Uint8Array(throughputSettings.commandBytes).fill(at));
}

function members(): Trio {
  const trio = new MemberTrio({ member: { logBytesMax: throughputSettings.logBytesMax } });
  const leader = trio.elect();
  const commands = commandBatch();
  return {
    propose: () => {
      for (const command of commands) leader.propose(command);
    },
    turn: () => trio.turn(),
    get applied() {
      return trio.applied;
    },
  };
}

function cores(): Trio {
  const trio = new CoreTrio(throughCodec);
  const leader = trio.elect();
  const commands = commandBatch();
  return {
    propose: () => {
      for (const command of commands) leader.propose(command);
    },
    turn: () => trio.turn(),
    get applied() {
      return trio.applied;
    },
  };
}

const headers: readonly (readonly Header[])[] = [0, 1, 2].map((from) =>
  [0, 1, 2].map((to) => ({ group: groupId(1), creation: 1, from: replicaId(from), incarnation: 2 ** 40 + from, to: replicaId(to) })),
);

/** What the receiver gets when the message goes over a wire. */
export const throughCodec: Carry = (message) => {
  if (message.kind === "snapshot") throw new Error("there are no snapshots in here");
  const header = present(headers[message.from]?.[message.to], "a message goes from one of the three to another");
  const { payload } = decodePacket(encodePacket(header, { kind: "raft", message }));
  if (payload.kind !== "raft") throw new Error("a message arrives as what it was");
  return payload.message satisfies Message;
};
