import { describe, expect, test } from "vitest";
import { encode, type Packable } from "../../src/base/codec.ts";
import { groupId, type ServerId, serverId } from "../../src/base/ids.ts";
import type { TraceFields } from "../../src/base/trace.ts";
import { encodeAnswers, encodeCalls, packAnswer, packCall } from "../../src/rsm/client-wire.ts";
import { Host } from "../../src/rsm/host.ts";

const from = serverId("somebody");

/** A host without replicas, and what it does with a packet. */
class HostRig {
  readonly host: Host;
  readonly heard: string[] = [];
  #arrive: (from: ServerId, packet: Uint8Array) => void = () => {};

  constructor() {
    const onPacket = (receive: (from: ServerId, packet: Uint8Array) => void): void => {
      this.#arrive = receive;
    };
    const trace = (name: string, fields?: TraceFields): void => void this.heard.push(`${name}: ${String(fields?.["why"])}`);
    this.host = new Host({ transport: { send: () => {}, onPacket }, trace });
    this.host.addCaller(groupId(1), { receive: (who, all) => this.heard.push(`${who} answers ${all.map(({ id }) => id).join()}`) });
  }

  arrives(packet: Uint8Array): string[] {
    this.#arrive(from, packet);
    return this.heard.splice(0);
  }
}

function calls(group: number): Uint8Array {
  const values: Packable[] = [];
  packCall({ kind: "time", id: 7, shard: 0 }, values);
  return encodeCalls(groupId(group), values);
}

function answers(group: number): Uint8Array {
  const values: Packable[] = [];
  packAnswer(7, { kind: "lost" }, values);
  return encodeAnswers(groupId(group), values);
}

describe("a packet of clients", () => {
  test("goes to whoever asks that group", () => {
    expect(new HostRig().arrives(answers(1))).toEqual(["somebody answers 7"]);
  });

  test.each([
    ["an answer of a group that nobody asks", answers(2), "nobody here asks group 2"],
    ["a call for a group that is not served here", calls(1), "no replica of group 1 serves clients here"],
    ["a call that cannot be read", encode([0x21, 1, [1, 1]]), "calls and answers have three values each"],
    ["an answer that cannot be read", encode([0x22, 1, [1, 99, null]]), "an unknown kind of answer"],
  ])("is refused with a trace: %s", (_, packet, why) => {
    expect(new HostRig().arrives(packet)).toEqual([`host: refused a packet: ${why}`]);
  });

  test("finds one caller for each group", () => {
    const { host } = new HostRig();
    expect(() => host.addCaller(groupId(1), { receive: () => {} })).toThrow("in one place");
  });
});
