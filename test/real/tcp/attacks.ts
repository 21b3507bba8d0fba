import { concat, putU32, utf8 } from "../../../src/base/bytes.ts";
import { encode, type Packable } from "../../../src/base/codec.ts";
import { groupId, replicaId, type ServerId, serverId } from "../../../src/base/ids.ts";
import type { Rng } from "../../../src/base/rng.ts";
import { frameKinds, packFrame, packFrames } from "../../../src/real/tcp/frame.ts";
import { clientPrefix, encodeHello, encodeRefusal, encodeWelcome, type Role } from "../../../src/real/tcp/handshake.ts";
import { encodeCalls, packCall } from "../../../src/rsm/client-wire.ts";
import { encodeRequest } from "../../../src/rsm/session/request.ts";
import { encodePacket } from "../../../src/rsm/wire.ts";

/** What one connection does to its victim: it sends the parts one after another, and then ends as it says. */
export interface Attack {
  readonly name: string;
  readonly parts: readonly Uint8Array[];
  /** Between two parts; 0 for the next turn. */
  readonly pauseMs: number;
  /** `linger`: it stays until the victim ends it, or for a while. */
  readonly end: "reset" | "finish" | "linger";
}

/** Draws attacks on the server `to` of the cluster. */
export class Attacks {
  readonly #rng: Rng;
  readonly #cluster: string;
  readonly #to: ServerId;
  /** What a healthy peer sends, to be damaged. */
  readonly #honest: readonly Uint8Array[];

  constructor(rng: Rng, cluster: string, to: ServerId) {
    this.#rng = rng;
    this.#cluster = cluster;
    this.#to = to;
    this.#honest = [this.#hello(), this.#hello("probe"), ...honestPackets(), packFrame(frameKinds.ping), ...answers(to)];
  }

  draw(): Attack {
    const rng = this.#rng;
    const end = rng.pick(["reset", "reset", "reset", "finish"] as const);
    const quick = (name: string, ...parts: readonly Uint8Array[]): Attack => ({ name, parts, pauseMs: 0, end });
    const kind = rng.unit();
    if (kind < 0.1) return quick("nothing");
    if (kind < 0.2) return quick("noise", this.#noise(rng.int(1, 3_000)));
    if (kind < 0.25) return quick("another protocol", rng.pick(otherProtocols));
    if (kind < 0.35) return quick("a lie about a length", this.#lie());
    if (kind < 0.55) return quick("a damaged stream", ...this.#cutUp(this.#damaged(this.#stream())));
    if (kind < 0.65) return quick("a bomb", packFrame(rng.pick([1, 2, 3, 4]), this.#bomb()));
    if (kind < 0.8) return quick("a proper hello, and then a damaged stream", this.#hello(), this.#damaged(this.#stream()));
    if (kind < 0.9) return quick("a proper hello, and then strange packets", this.#hello(), ...this.#strangePackets());
    if (kind < 0.95) return quick("half a stream", ...this.#cutUp(this.#stream()).slice(0, 2));
    return this.#patient();
  }

  /** Attacks that take their time, and as much memory as they get. */
  #patient(): Attack {
    const rng = this.#rng;
    const kind = rng.unit();
    const hello = this.#hello();
    if (kind < 0.2) return { name: "an idle connection", parts: [], pauseMs: 0, end: "linger" };
    if (kind < 0.4)
      return { name: "a dripped hello", parts: Array.from(hello, (_, i) => hello.subarray(i, i + 1)), pauseMs: 50, end: "linger" };
    if (kind < 0.6) return { name: "a settled idler", parts: [hello], pauseMs: 0, end: "linger" };
    if (kind < 0.8)
      return {
        name: "a flood of pings",
        parts: [hello, concat(Array.from({ length: 5_000 }, () => packFrame(frameKinds.ping)))],
        pauseMs: 0,
        end: "linger",
      };
    const long = rng.chance(0.3) ? 4_000_000 : 200_000;
    const begun = packFrames(frameKinds.packet, [new Uint8Array(5_000_000)])[0] as Uint8Array;
    return { name: "a long frame that never ends", parts: [hello, begun, new Uint8Array(long)], pauseMs: 0, end: "linger" };
  }

  /** As a server, or as a client, of whom there are most. */
  #hello(role: Role = this.#rng.pick(["peer", "client"])): Uint8Array {
    // Nobody's address: a victim that answers must not dial anybody.
    const who = serverId(`${role === "client" ? clientPrefix : ""}guest ${this.#rng.int(0, 2 ** 32)}`);
    return packFrame(
      frameKinds.hello,
      encodeHello({ role, cluster: this.#cluster, who, incarnation: this.#rng.int(0, Number.MAX_SAFE_INTEGER), to: this.#to }),
    );
  }

  /** Honest frames in any order, the hello first as often as not. */
  #stream(): Uint8Array {
    const rng = this.#rng;
    const frames = Array.from({ length: rng.int(1, 6) }, () => rng.pick(this.#honest));
    return concat(rng.chance(0.5) ? [this.#hello(), ...frames] : frames);
  }

  #damaged(stream: Uint8Array): Uint8Array {
    const rng = this.#rng;
    let bytes = Uint8Array.from(stream);
    for (let blows = rng.int(1, 3); blows > 0 && bytes.length > 0; blows -= 1) {
      const at = rng.int(0, bytes.length - 1);
      const kind = rng.unit();
      if (kind < 0.5) bytes[at] = rng.int(0, 255);
      else if (kind < 0.7) bytes = bytes.slice(0, at);
      else if (kind < 0.85) bytes = concat([bytes.subarray(0, at), bytes.subarray(rng.int(0, at))]) as typeof bytes;
      else bytes = concat([bytes.subarray(0, at), this.#noise(rng.int(1, 20)), bytes.subarray(at)]) as typeof bytes;
    }
    return bytes;
  }

  /** Frames with proper checksums and bodies that are not. */
  #strangePackets(): Uint8Array[] {
    const rng = this.#rng;
    const kind = rng.chance(0.8) ? frameKinds.packet : rng.int(0, 255);
    const body = (): Uint8Array => (rng.chance(0.5) ? this.#noise(rng.int(0, 500)) : this.#damaged(rng.pick(honestBodies())));
    return packFrames(
      kind,
      Array.from({ length: rng.int(1, 20) }, () => (rng.chance(0.1) ? this.#bomb() : body())),
    );
  }

  #lie(): Uint8Array {
    const rng = this.#rng;
    const bytes = this.#noise(rng.int(4, 100));
    putU32(bytes, 0, rng.pick([0, 1, 2, 8, 9, 4_095, 4_096, 4_097, 65_535, 5_308_416, 5_308_417, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]));
    return bytes;
  }

  /** MessagePack that claims more than it holds, or nests deeper than is healthy. */
  #bomb(): Uint8Array {
    const head = this.#rng.pick([
      [0xdd, 0x02, 0, 0, 0],
      [0xdc, 0xff, 0xff],
      [0x91],
      [0x80],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0xc6, 0x7f, 0xff, 0xff, 0xff],
      [0xd4, 0x72, 0x40],
    ]);
    return concat(Array.from({ length: this.#rng.int(1, 500) }, () => Uint8Array.from(head)));
  }

  #noise(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#rng.int(0, 255));
  }

  #cutUp(bytes: Uint8Array): Uint8Array[] {
    const at = this.#rng.int(0, bytes.length);
    return [bytes.subarray(0, at), bytes.subarray(at)];
  }
}

const otherProtocols: readonly Uint8Array[] = [
  utf8("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  utf8("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  utf8("SSH-2.0-OpenSSH_9.6\r\n"),
  utf8("*1\r\n$4\r\nPING\r\n"),
  Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3),
];

function honestBodies(): Uint8Array[] {
  const header = { group: groupId(1), creation: 1, from: replicaId(1), incarnation: 1, to: replicaId(0) };
  const [from, to] = [replicaId(1), replicaId(0)];
  return [
    honestCalls(),
    encodePacket(header, { kind: "hello" }),
    encodePacket(header, { kind: "pinned", incarnation: 5 }),
    encodePacket(header, { kind: "raft", message: { kind: "vote", from, to, term: 2 ** 40, lastIndex: 10, lastTerm: 3, transfer: false } }),
    encodePacket(header, { kind: "raft", message: { kind: "append_reply", from, to, term: 9, round: 1, accepted: true, match: 7 } }),
  ];
}

/** What a client asks of a group. */
function honestCalls(): Uint8Array {
  const request = { client: new Uint8Array(16).fill(7), number: 1, shard: 0, floor: 1, validUntil: 2 ** 40, command: utf8("put") };
  const values: Packable[] = [];
  packCall({ kind: "request", id: 1, bytes: encodeRequest(request) }, values);
  packCall({ kind: "query", id: 2, bytes: utf8("get") }, values);
  packCall({ kind: "time", id: 3, shard: 0 }, values);
  return encodeCalls(groupId(1), values);
}

function honestPackets(): Uint8Array[] {
  return packFrames(frameKinds.packet, [...honestBodies(), encode([1, "x".repeat(3_000)])]);
}

function answers(to: ServerId): Uint8Array[] {
  return [
    packFrame(frameKinds.welcome, encodeWelcome({ cluster: "test", self: to, incarnation: 1 })),
    packFrame(frameKinds.refusal, encodeRefusal("No.", false)),
  ];
}
