import { describe, expect, test, vi } from "vitest";
import { decode, encode, type Packable } from "../../src/base/codec.ts";
import { groupId, replicaId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { membership } from "../../src/raft/membership.ts";
import type { Message } from "../../src/raft/message.ts";
import { encodePacket, type Payload } from "../../src/rsm/wire.ts";
import { Forge } from "./forge.ts";
import { Group, type Traced } from "./group.ts";
import { broken, changed } from "./packet-fuzz.ts";

vi.setConfig({ testTimeout: 60_000 });

function busyGroup(seed: number | string): Forge {
  const group = new Group({ seed });
  const forge = new Forge(group);
  group.begin();
  for (let i = 0; i < 3; i += 1) group.commit(`command ${i}`);
  group.run(300);
  return forge;
}

/** A forged packet: to `to`, as if from `from`. */
type Attack = (forge: Forge, from: number, to: number) => Traced[];

function raft(message: Record<string, unknown>): Attack {
  return (forge, from, to) =>
    forge.send(from, to, { kind: "raft", message: { from, to, ...message } as unknown as Exclude<Message, { kind: "snapshot" }> });
}

function values(change: (values: Packable[]) => Packable): Attack {
  return (forge, from, to) => {
    const genuine = decode(encodePacket(forge.header(from, to), heartbeat(forge, from, to))) as Packable[];
    return forge.deliver(`s${from}`, to, encode(change([...genuine])));
  };
}

function heartbeat(forge: Forge, from: number, to: number): Payload {
  const { term } = forge.state(to);
  const ends = { from: replicaId(from), to: replicaId(to), term };
  return { kind: "raft", message: { kind: "append", ...ends, prevIndex: 0, prevTerm: 0, commit: 0, round: 0, entries: [] } };
}

const hello: Payload = { kind: "hello" };
const data = new Uint8Array(3);
const refused = "host: refused a packet";

const attacks: readonly (readonly [name: string, said: string, why: RegExp, attack: Attack])[] = [
  ["no bytes", refused, /^The bytes end/, (f, from, to) => f.deliver(`s${from}`, to, new Uint8Array(0))],
  [
    "a truncated packet",
    refused,
    /\.$/,
    (f, from, to) => f.deliver(`s${from}`, to, encodePacket(f.header(from, to), heartbeat(f, from, to)).slice(0, -1)),
  ],
  [
    "a packet with bytes behind it",
    refused,
    /^There are bytes behind/,
    (f, from, to) => f.deliver(`s${from}`, to, Uint8Array.of(...encodePacket(f.header(from, to), hello), 1)),
  ],
  ["five megabytes of garbage", refused, /\.$/, (f, from, to) => f.deliver(`s${from}`, to, new Uint8Array(5 * 1024 * 1024).fill(0x93))],
  ["more elements than there may be", refused, /too many elements/, (f, from, to) => f.deliver(`s${from}`, to, crowd())],
  [
    "an HTTP request",
    refused,
    /\.$|^a packet/,
    (f, from, to) => f.deliver(`s${from}`, to, new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")),
  ],
  ["a map", refused, /^There is a map/, (f, from, to) => f.deliver(`s${from}`, to, Uint8Array.of(0x81, 1, 1))],
  ["another protocol version", refused, /^a packet of protocol version 2, not 1$/, values((v) => v.with(0, 2))],
  ["no protocol version", refused, /^a packet of protocol version of type string/, values((v) => v.with(0, "1"))],
  ["an unknown kind", refused, /^an unknown kind of packet: 99$/, values((v) => v.with(6, 99))],
  ["a value too few", refused, /^a packet of kind 5 has 7 values, not 6$/, values((v) => v.slice(0, -1))],
  ["a header alone", refused, /^a packet is a list with a header$/, values((v) => v.slice(0, 6))],
  ["a negative term", refused, /^a number is whole/, values((v) => v.with(7, -1))],
  ["a term that is text", refused, /^a number is whole/, values((v) => v.with(7, "7"))],
  ["the term 2^53", refused, /beyond 53 bits/, (f, from, to) => f.deliver(`s${from}`, to, hugeTerm(f, from, to))],
  ["an index that leaves no room", refused, /^a place in a log/, values((v) => v.with(8, Number.MAX_SAFE_INTEGER).with(9, 1))],
  ["a term before the log's beginning", refused, /impossible term$/, values((v) => v.with(9, 1))],
  ["an entry without a term", refused, /^an entry has a term$/, values((v) => v.with(12, [0, data]))],
  ["an entry of a newer term than its message", refused, /^terms of entries/, values((v) => v.with(12, [1_000_000, data]))],
  ["another group", refused, /^no replica of group 2 is here$/, (f, from, to) => f.send(from, to, hello, { group: groupId(2) })],
  ["another creation id", refused, /^another group with the number 1$/, (f, from, to) => f.send(from, to, hello, { creation: 2 })],
  [
    "another receiver",
    refused,
    /^for replica \d, and this is replica \d$/,
    (f, from, to) => f.send(from, to, hello, { to: replicaId(from) }),
  ],
  [
    "the receiver's own id",
    refused,
    /^replica \d is not another member of group 1$/,
    (f, from, to) => f.send(from, to, hello, { from: replicaId(to) }),
  ],
  [
    "a replica that the group does not have",
    refused,
    /^replica 3 is not another member of group 1$/,
    (f, from, to) => f.send(from, to, hello, { from: replicaId(3) }),
  ],
  [
    "an unknown server",
    refused,
    /^replica \d does not live at stranger$/,
    (f, from, to) => f.deliver("stranger", to, encodePacket(f.header(from, to), hello)),
  ],
  [
    "a member's name from another member's address",
    refused,
    /^replica \d does not live at s\d$/,
    (f, from, to) => f.deliver(`s${3 - from - to}`, to, encodePacket(f.header(from, to), hello)),
  ],
  [
    "another incarnation",
    "member: refused a message of another incarnation",
    /^$/,
    (f, from, to) => f.send(from, to, heartbeat(f, from, to), { incarnation: 5 }),
  ],
  [
    "the hello of another incarnation",
    "admission: refused an unknown incarnation",
    /^$/,
    (f, from, to) => f.send(from, to, hello, { incarnation: 5 }),
  ],
  [
    "an answer to an earlier life",
    "admission: an answer to an earlier life",
    /^$/,
    (f, from, to) => f.send(from, to, { kind: "pinned", incarnation: 5 }),
  ],
  [
    "a term 1,000,001 ahead",
    "raft: refused an impossible term",
    /^$/,
    (f, from, to) => raft({ kind: "vote", term: f.state(to).term + 1_000_001, lastIndex: 99, lastTerm: 99 })(f, from, to),
  ],
  [
    "the largest term",
    "raft: refused an impossible term",
    /^$/,
    raft({ kind: "append_reply", term: Number.MAX_SAFE_INTEGER, round: 0, accepted: true, match: 1 }),
  ],
  ["a vote without a term", "raft: refused a message without a term", /^$/, raft({ kind: "vote", term: 0, lastIndex: 99, lastTerm: 99 })],
  ["a snapshot for members that the group does not have", "member: refused a snapshot of other members", /^$/, snapshotFor(0, 1, 5)],
  [
    "a snapshot whose mark leaves no room",
    refused,
    /^a place in a log/,
    (f, from, to) => f.send(from, to, snapshot(f, to, Number.MAX_SAFE_INTEGER, [0, 1, 2])),
  ],
];

function crowd(): Uint8Array {
  return encode(
    Array.from({ length: 70_000 }, () => 0),
    { depthMax: 8, elementsMax: 100_000 },
  );
}

/** A heartbeat whose term is an unsigned integer of 64 bits. */
function hugeTerm(forge: Forge, from: number, to: number): Uint8Array {
  const packet = encodePacket({ ...forge.header(from, to), incarnation: 1 }, heartbeat(forge, from, to));
  // Everything before the term takes one byte.
  return Uint8Array.of(...packet.subarray(0, 8), 0xcf, 0, 0x20, 0, 0, 0, 0, 0, 0, ...packet.subarray(9));
}

/** A snapshot of one chunk. */
function snapshot(forge: Forge, to: number, index: number, voters: readonly number[]): Payload {
  const { term } = forge.state(to);
  const mark = { index, term, chain: 1, membership: membership(voters.map(replicaId)) };
  return { kind: "chunk", term, transfer: { nonce: 1, count: 1 }, number: 1, finished: 0, rows: [], mark };
}

function snapshotFor(...voters: readonly number[]): Attack {
  return (forge, from, to) => forge.send(from, to, snapshot(forge, to, 1_000, voters));
}

describe("bad input is refused with one sentence, and nothing is disturbed", () => {
  const forge = busyGroup("bad input");
  const { group } = forge;

  test.each(attacks)("%s", (_, said, why, attack) => {
    const leader = group.elected();
    const [a, b] = [0, 1, 2].filter((at) => at !== leader) as [number, number];
    // At the leader, at a follower from the leader, and from the other one.
    for (const [from, to] of [
      [a, leader],
      [leader, a],
      [b, a],
    ] as const) {
      const before = forge.picture(to);
      const traces = attack(forge, from, to);
      expect(traces.map(({ name }) => name)).toEqual([said]);
      expect(String(traces[0]?.fields["why"] ?? "")).toMatch(why);
      expect(forge.picture(to)).toBe(before);
    }
  });

  test("and the group goes on as before", () => {
    const term = group.status(group.elected()).term;
    group.commit("afterwards");
    expect(group.status(group.elected()).term).toBe(term);
    expect(group.agrees).toBe(true);
    expect(group.running).toEqual([0, 1, 2]);
  });
});

/** Changes of a packet that leave its first values alone, up to the one at `from`. */
function changedFrom(rng: Rng, packet: Uint8Array, from: number): Uint8Array {
  const all = decode(packet) as Packable[];
  return encode([...all.slice(0, from), ...changed(rng, all.slice(from))]);
}

describe("thousands of changed packets", () => {
  test("of those who are no members: nothing is disturbed", () => {
    const forge = busyGroup("strangers");
    const { group } = forge;
    const rng = new Rng("strangers");
    const before = group.cluster.world.now;
    const terms = group.status(group.elected()).term;
    for (let i = 0; i < 4_000; i += 1) {
      if (i % 20 === 0) group.run(5);
      if (i % 400 === 0) group.commit(`command at ${i}`);
      const { from, to, packet } = rng.pick(forge.genuine);
      const target = Number(to.slice(1));
      const kind = rng.int(0, 2);
      const all = decode(changedFrom(rng, packet, 6)) as Packable[];
      // Another creation id, another incarnation, another address.
      if (kind === 0) forge.deliver(from, target, encode(all.with(2, 77)));
      else if (kind === 1) forge.deliver(from, target, encode(all.with(4, 77)));
      else forge.deliver(`s${3 - target - Number(from.slice(1))}`, target, encode(all));
    }
    expect(group.agrees).toBe(true);
    expect(group.running).toEqual([0, 1, 2]);
    expect(group.status(group.elected()).term).toBe(terms);
    expect(group.cluster.world.now - before).toBeLessThan(3_000);
  });

  // What a member says counts, and one that lies can do harm; but it cannot stop another.
  test("in a member's name: nobody dies", () => {
    const deaths: string[] = [];
    let sent = 0;
    for (const seed of ["lies 1", "lies 2", "lies 3"]) {
      const rng = new Rng(seed);
      const group = new Group({
        seed,
        member: { logBytesMax: 1_000, logTailBytes: 100 },
        onFailure: (_, error) => deaths.push(String(error)),
      });
      const forge = new Forge(group);
      group.begin();
      for (let i = 0; i < 1_500; i += 1) {
        if (i % 5 === 0) group.run(rng.between(1, 10));
        if (group.leader !== undefined && rng.chance(0.2)) group.flood(rng.int(1, 3), rng.int(1, 40));
        for (const at of [0, 1, 2]) if (group.cluster.member(at) === undefined) group.restart(at);
        const { from, to, packet } = rng.pick(forge.genuine);
        forge.deliver(
          from,
          Number(to.slice(1)),
          rng.chance(0.8) ? changedFrom(rng, packet, rng.pick([0, 6, 7, 7, 7])) : broken(rng, packet),
        );
        sent += 1;
      }
    }
    expect(sent).toBe(4_500);
    expect(deaths).toEqual([]);
  });
});
