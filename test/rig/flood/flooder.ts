import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { utf8 } from "../../../src/base/bytes.ts";
import type { Packable } from "../../../src/base/codec.ts";
import { groupId, serverId, type ServerId } from "../../../src/base/ids.ts";
import { Rng } from "../../../src/base/rng.ts";
import { noTrace } from "../../../src/base/trace.ts";
import { parseAddress } from "../../../src/real/address.ts";
import { RealClock } from "../../../src/real/clock.ts";
import { TcpClientTransport } from "../../../src/real/tcp/client-transport.ts";
import { frameKinds, packFrame } from "../../../src/real/tcp/frame.ts";
import { clientPrefix, encodeHello } from "../../../src/real/tcp/handshake.ts";
import { Turn } from "../../../src/real/turn.ts";
import { type Call, decodeAnswers, encodeCalls, packCall } from "../../../src/rsm/client-wire.ts";
import { encodeRequest } from "../../../src/rsm/session/request.ts";
import { encodeCommand } from "../../../src/shardkv/commands.ts";
import { kvOptions } from "../../../src/shardkv/options.ts";
import { encodeQuery } from "../../../src/shardkv/queries.ts";
import { partitioner } from "../../../src/shardmaster/partitioner.ts";
import { type FloodCounts, type FloodSettings, stockKey } from "./kinds.ts";

/** Asks servers without measure until its parent ends it or is gone, and tells it again and again what it was answered. */
const { kind, addresses, connections } = JSON.parse(process.argv[2] ?? "") as FloodSettings;
const counts: FloodCounts = { asked: 0, results: 0, overloaded: 0, refused: 0, closed: 0, unheard: 0 };

const group = groupId(1);
const { shards, partitioner: spec } = kvOptions();
const shardOf = partitioner(spec, shards);
/** How often more is sent, as far as what was sent before has left. */
const sendMs = 2;
const tellMs = 50;
const waitingBytesMax = 512 * 1024;
/** Calls of one packet. */
const together = { puts: 256, huge: 1, scans: 64, deaf: 64 }[kind];

/** Calls of one client of whom nobody has heard. */
class Calls {
  readonly #client = randomBytes(16);
  readonly #valueBytes = kind === "huge" ? 1024 * 1024 : 100;
  #id = 0;

  packet(): Uint8Array {
    const values: Packable[] = [];
    for (let i = 0; i < together; i += 1) packCall(this.#call(), values);
    counts.asked += together;
    return encodeCalls(group, values);
  }

  #call(): Call {
    this.#id += 1;
    const id = this.#id;
    if (kind === "scans") return { kind: "query", id, bytes: everything };
    const key = utf8(kind === "deaf" ? stockKey(id) : `flood ${id % 1000}`);
    if (kind === "deaf") return { kind: "query", id, bytes: encodeQuery({ op: "get", shard: shardOf(key), key }) };
    const command = encodeCommand({ op: "put", key, value: new Uint8Array(this.#valueBytes) });
    // Nobody waits for what came before, and all is valid for an hour.
    return {
      kind: "request",
      id,
      bytes: encodeRequest({ client: this.#client, number: id, shard: shardOf(key), floor: id, validUntil: 3_600_000, command }),
    };
  }
}

const everything = encodeQuery({ op: "scan", shards: "all", start: undefined, end: undefined, limit: undefined, cursor: undefined });

/** A client that hears its answers, and does not mind them. */
function shout(self: ServerId, rng: Rng): void {
  const turn = new Turn();
  const transport = new TcpClientTransport({ cluster: "kvorum", self, turn, clock: new RealClock(turn, false), rng, trace: noTrace });
  const servers = addresses.map((address) => serverId(address));
  const calls = new Calls();
  transport.onPacket((_, packet) => {
    for (const { answer } of decodeAnswers(packet).answers) {
      if (answer.kind === "result") counts.results += 1;
      else if (answer.kind === "refused" && answer.refusal.why === "overloaded") counts.overloaded += 1;
      else if (answer.kind === "refused") counts.refused += 1;
    }
  });
  setInterval(() => {
    for (const server of servers) if (transport.bytesWaiting(server) < waitingBytesMax) transport.send(server, calls.packet());
  }, sendMs);
}

/** The connections of clients that never read. */
const talks = new Set<{ isUnheard: boolean }>();

/** A client that never reads: after its hello it only asks, for as long as somebody takes it. */
function neverRead(self: ServerId, to: string): void {
  const { host, port } = parseAddress(to) ?? { host: "", port: 0 };
  const calls = new Calls();
  const socket: Socket = connect({ host, port });
  socket.pause();
  const hello = { role: "client", cluster: "kvorum", who: self, incarnation: 0, to: serverId(to) } as const;
  socket.write(packFrame(frameKinds.hello, encodeHello(hello)));
  const talk = { isUnheard: false };
  talks.add(talk);
  const timer = setInterval(() => {
    talk.isUnheard = socket.writableLength >= waitingBytesMax;
    if (!talk.isUnheard) socket.write(packFrame(frameKinds.packet, calls.packet()));
  }, sendMs);
  socket.on("error", () => {});
  socket.on("close", () => {
    clearInterval(timer);
    talks.delete(talk);
    counts.closed += 1;
    // Who was thrown out comes again, as somebody else.
    neverRead(name(), to);
  });
}

function name(): ServerId {
  return serverId(`${clientPrefix}${randomBytes(8).toString("hex")}`);
}

for (let i = 0; i < connections; i += 1) {
  if (kind === "deaf") for (const address of addresses) neverRead(name(), address);
  else shout(name(), new Rng(`flooder ${i}`));
}
setInterval(() => {
  counts.unheard = [...talks].filter(({ isUnheard }) => isUnheard).length;
  process.send?.(counts);
}, tellMs);
process.on("disconnect", () => process.exit(0));
