import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode, Malformed, type Packable } from "../../src/base/codec.ts";
import { groupId, replicaId, type ServerId, serverId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import type { Transport } from "../../src/env/transport.ts";
import { Inquirer, type Told } from "../../src/rsm/caller/inquirer.ts";
import { packetKind } from "../../src/rsm/client-wire.ts";
import { Host } from "../../src/rsm/host.ts";
import {
  decodeInquiry,
  decodeReports,
  encodeInquiry,
  encodeReports,
  inquiryKind,
  type ReplicaReport,
  type Reports,
  reportsKind,
} from "../../src/rsm/inquiry.ts";
import { replica, wholeNumber } from "./arbitraries.ts";
import { Group } from "./group.ts";
import { HandClock } from "./ticker-rig.ts";

const report: ReplicaReport = {
  group: groupId(7),
  creation: 3,
  replica: replicaId(1),
  servers: ["a:1", "b:1"].map(serverId),
  phase: "running",
  role: "leader",
  term: 4,
  leader: replicaId(1),
  commit: 9,
  applied: 8,
};

const reports: fc.Arbitrary<ReplicaReport> = fc.record({
  group: fc.nat(2 ** 32 - 1).map(groupId),
  creation: wholeNumber,
  replica,
  servers: fc.array(fc.stringMatching(/^[a-z0-9.:]{1,20}$/).map(serverId), { minLength: 1, maxLength: 9 }),
  phase: fc.constantFrom("opening", "waiting", "running", "damaged", "stopped"),
  role: fc.constantFrom("follower", "pre_candidate", "candidate", "leader"),
  term: wholeNumber,
  leader: fc.option(replica, { nil: undefined }),
  commit: wholeNumber,
  applied: wholeNumber,
});

describe("the bytes", () => {
  test("of inquiries and reports are read as they were written, and told from others", () => {
    fc.assert(
      fc.property(wholeNumber, fc.array(reports, { maxLength: 5 }), (id, all) => {
        const [asking, telling] = [encodeInquiry(id), encodeReports({ id, reports: all })];
        expect([packetKind(asking), packetKind(telling)]).toEqual(["inquiry", "reports"]);
        expect([decodeInquiry(asking), decodeReports(telling)]).toEqual([id, { id, reports: all }]);
      }),
    );
  });

  test("of a host with more replicas than one may tell of are those of the first ones", () => {
    const { reports: told } = decodeReports(encodeReports({ id: 1, reports: Array.from({ length: 5000 }, () => report) }));
    expect(told.length).toBe(4096);
  });

  const packed = [7, 3, 1, "a:1\nb:1", "running", "leader", 4, 1, 9, 8];

  test("are read as a report", () => {
    expect(decodeReports(encode([reportsKind, 1, [packed]]))).toEqual({ id: 1, reports: [report] });
  });

  test.each<[string, Packable]>([
    ["no list", 7],
    ["too few", packed.slice(1)],
    ["no group", packed.with(0, -1)],
    ["no creation id", packed.with(1, "1")],
    ["a replica beyond all", packed.with(2, 64)],
    ["no servers", packed.with(3, "")],
    ["a server without a name", packed.with(3, "a:1\n\nb:1")],
    ["an unknown phase", packed.with(4, "dreaming")],
    ["an unknown role", packed.with(5, "learner")],
    ["a negative term", packed.with(6, -1)],
    ["a leader beyond all", packed.with(7, 64)],
    ["no index", packed.with(9, "x")],
  ])("that are no report are refused: %s", (_, given) => {
    expect(() => decodeReports(encode([reportsKind, 1, [given]]))).toThrow(Malformed);
  });

  test.each<[string, Packable]>([
    ["a body", [inquiryKind, 1, []]],
    ["no number", [inquiryKind, -1, null]],
    ["four values", [inquiryKind, 1, null, null]],
  ])("that are no inquiry are refused: %s", (_, given) => {
    expect(() => decodeInquiry(encode(given))).toThrow(Malformed);
  });
});

test("a server tells anybody what its replicas are and do", () => {
  const group = new Group({ seed: 1 });
  const told: Reports[] = [];
  group.cluster.network.onSend((_, to, packet) => {
    if (to === "anybody") told.push(decodeReports(packet));
  });
  group.begin();
  group.commit("command");
  group.run(300);
  for (const at of [0, 1, 2]) group.cluster.server(at).process.deliver(serverId("anybody"), encodeInquiry(at));
  group.run(300);
  const leader = group.elected();
  const { term } = group.status(leader);
  const servers = ["s0", "s1", "s2"];
  expect(told).toEqual(
    [0, 1, 2].map((at) => {
      const role = at === leader ? "leader" : "follower";
      const { commit, applied } = group.status(at);
      const what = { group: 1, creation: 1, replica: at, servers, phase: "running", role, term, leader, commit, applied };
      return { id: at, reports: [what] };
    }),
  );
  expect(term).toBeGreaterThan(0);
});

/** An inquirer whose servers are played by a test. */
class InquiryRig {
  readonly clock: HandClock = new HandClock();
  readonly sent: { readonly to: ServerId; readonly id: number; readonly at: number }[] = [];
  readonly inquirer: Inquirer;
  readonly ended: Told[] = [];

  constructor() {
    const send = (to: ServerId, packet: Uint8Array): void => void this.sent.push({ to, id: decodeInquiry(packet), at: this.clock.now() });
    this.inquirer = new Inquirer({ clock: this.clock, transport: { send, onPacket: () => {} }, rng: new Rng(1) });
  }

  ask(...servers: string[]): () => void {
    return this.inquirer.ask(servers.map(serverId), 3000, (told) => this.ended.push(told));
  }

  answer(server: string, id = this.sent[0]?.id ?? 0): void {
    this.inquirer.receive(serverId(server), { id, reports: [report] });
  }
}

describe("who is asked", () => {
  test("is asked again until he answers, and then the inquiry is over", () => {
    const rig = new InquiryRig();
    rig.ask("a", "b");
    rig.clock.runUntil(600);
    rig.answer("a");
    rig.clock.runUntil(1100);
    expect(rig.sent.map(({ to, at }) => `${to} ${at}`)).toEqual(["a 0", "b 0", "a 500", "b 500", "b 1000"]);
    expect(rig.ended).toEqual([]);
    rig.answer("b");
    rig.clock.runUntil(60_000);
    expect(rig.ended).toEqual([
      new Map([
        ["a", [report]],
        ["b", [report]],
      ]),
    ]);
    expect(rig.sent.length).toBe(5);
  });

  test("and says nothing is waited for until the deadline", () => {
    const rig = new InquiryRig();
    rig.ask("a", "b");
    rig.answer("a");
    rig.clock.runUntil(2999);
    expect(rig.ended).toEqual([]);
    rig.clock.runUntil(3000);
    expect(rig.ended.map((told) => [...told.keys()])).toEqual([["a"]]);
    expect(rig.clock.waiting).toBe(0);
  });

  test("and will never answer is not waited for", () => {
    const rig = new InquiryRig();
    rig.ask("a", "b");
    rig.answer("a");
    rig.inquirer.giveUp(serverId("b"));
    expect(rig.ended.map((told) => [...told.keys()])).toEqual([["a"]]);
  });

  test("is nobody: it ends, but not from inside the call", () => {
    const rig = new InquiryRig();
    rig.ask();
    expect(rig.ended).toEqual([]);
    rig.clock.runUntil(1);
    expect(rig.ended).toEqual([new Map()]);
  });

  test("answers once: doubles, strangers and answers to other questions say nothing", () => {
    const rig = new InquiryRig();
    rig.ask("a", "b");
    rig.answer("a");
    rig.answer("a");
    rig.answer("c");
    rig.answer("b", (rig.sent[0]?.id ?? 0) + 1);
    expect(rig.ended).toEqual([]);
  });

  test("can be asked no more: cancelling ends it once", () => {
    const rig = new InquiryRig();
    const cancel = rig.ask("a");
    cancel();
    cancel();
    expect([rig.ended.length, rig.clock.waiting]).toEqual([1, 0]);
  });
});

describe("a host", () => {
  test("without replicas answers with none, and hands on what it is answered", () => {
    const sent: [ServerId, Uint8Array][] = [];
    const heard: unknown[] = [];
    const arriving: ((from: ServerId, packet: Uint8Array) => void)[] = [];
    const transport: Transport = {
      send: (to, packet) => void sent.push([to, packet]),
      onPacket: (receive) => void arriving.push(receive),
    };
    const arrive = (from: string, packet: Uint8Array): void => arriving[0]?.(serverId(from), packet);
    const host = new Host({ transport, trace: (name, fields) => heard.push(`${name}: ${String(fields?.["why"])}`) });
    host.setAsker({ receive: (from, told) => heard.push([from, told]) });
    arrive("x", encodeInquiry(5));
    expect(sent).toEqual([["x", encodeReports({ id: 5, reports: [] })]]);
    arrive("y", encodeReports({ id: 6, reports: [report] }));
    arrive("z", encode([reportsKind, 1, 1]));
    expect(heard).toEqual([["y", { id: 6, reports: [report] }], "host: refused a packet: reports are their kind, a number and a list"]);
  });
});
