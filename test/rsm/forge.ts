import { present } from "../../src/base/assert.ts";
import { type ServerId, serverId } from "../../src/base/ids.ts";
import type { RaftState } from "../../src/raft/state.ts";
import { decodePacket, encodePacket, type Header, type Packet, type Payload } from "../../src/rsm/wire.ts";
import type { Group, Traced } from "./group.ts";

/** Counters of ticks: time passes whatever arrives. */
const clockwork = new Set(["electionElapsed", "heartbeatElapsed", "stalled", "snapshotTicks", "trace", "options"]);

/** Sends a group packets that nobody in it has sent. */
export class Forge {
  readonly group: Group;
  /** The newest genuine packets, each with its way. */
  readonly genuine: { readonly from: ServerId; readonly to: ServerId; readonly packet: Uint8Array }[] = [];
  readonly #headers = new Map<string, Header>();

  constructor(group: Group) {
    this.group = group;
    group.cluster.network.onSend((from, to, packet) => {
      this.genuine.push({ from, to, packet: new Uint8Array(packet) });
      if (this.genuine.length > 100) this.genuine.shift();
      this.#headers.set(`${from} ${to}`, decodePacket(packet).header);
    });
  }

  /** What a genuine packet from one server to another begins with. */
  header(from: number, to: number): Header {
    return present(this.#headers.get(`s${from} s${to}`), "such a packet was sent");
  }

  /** A packet that arrives at this moment; what the receiver says to it in its turn. */
  deliver(from: string, to: number, packet: Uint8Array): Traced[] {
    const before = this.group.traces.length;
    this.group.cluster.server(to).process.deliver(serverId(from), packet);
    return this.group.traces.slice(before).filter(({ server }) => server === to);
  }

  /** As `deliver`, from where the header says it comes from. */
  send(from: number, to: number, payload: Payload, changes: Partial<Header> = {}): Traced[] {
    return this.deliver(`s${from}`, to, encodePacket({ ...this.header(from, to), ...changes }, payload));
  }

  state(server: number): Readonly<RaftState> {
    return present(this.group.member(server).raft, "the core is there").state;
  }

  /** Everything that the member, and its disk, hold, but for the ticks that have passed. */
  picture(server: number): string {
    const { phase, damage, refusedBy, logBytes } = this.group.member(server);
    const rows = [...this.group.cluster.server(server).disk.image()].map(({ key, value }) => [[...key], [...value]]);
    return JSON.stringify(
      [phase, damage, refusedBy, logBytes, this.group.states[server], rows, this.state(server)],
      (name, value: unknown) => {
        if (clockwork.has(name)) return undefined;
        return value instanceof Map ? [...value] : value;
      },
    );
  }
}

/** A packet with another message of the same kind in it. */
export function withMessage(packet: Packet, changes: Readonly<Record<string, unknown>>): Payload {
  const { payload } = packet;
  if (payload.kind !== "raft") throw new Error("only the core's messages are changed");
  return { kind: "raft", message: { ...payload.message, ...changes } as typeof payload.message };
}
