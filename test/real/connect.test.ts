import { afterEach, describe, expect, test } from "vitest";
import type { Packable } from "../../src/base/codec.ts";
import { serverId } from "../../src/base/ids.ts";
import { KvorumError } from "../../src/client/errors.ts";
import { type Address, parseAddress } from "../../src/real/address.ts";
import { connect } from "../../src/real/connect.ts";
import { callLimits, type ConnectOptions, connectSettings } from "../../src/real/connect-options.ts";
import { freePorts } from "../../src/real/free-ports.ts";
import { type Answer, decodeCalls, encodeAnswers, packAnswer } from "../../src/rsm/client-wire.ts";
import { encodeShardTimes } from "../../src/rsm/shard-times.ts";
import { refused } from "../../src/rsm/state/state-machine.ts";
import { TcpRig } from "./tcp/rig.ts";

const group = ["127.0.0.1:7001"];

test("what is not said has a default", () => {
  expect(connectSettings({ group: ["127.0.0.1:7001", " [::1]:7002 "] })).toEqual({
    cluster: "kvorum",
    group: 1,
    groupName: "group 1",
    limits: callLimits,
    servers: ["127.0.0.1:7001", "[::1]:7002"],
    as: "text",
    isSharded: false,
    timeoutMs: Infinity,
    onTrouble: undefined,
  });
});

describe("refused at once with a sentence that says what is allowed", () => {
  test.each<[string, unknown]>([
    ["The options of connect were given as undefined; an object is allowed.", undefined],
    ["A group was given as undefined; it is a list of 1 to 64 addresses, each as host:port.", {}],
    ["A group was given as a list; it is a list of 1 to 64 addresses, each as host:port.", { group: [] }],
    ["A group was given as the text '127.0.0.1:1'; it is a list of 1 to 64 addresses, each as host:port.", { group: "127.0.0.1:1" }],
    ["A server was given as the text 'localhost'; it is an address, host:port, such as 127.0.0.1:7001.", { group: ["localhost"] }],
    ["A server was given as 7001; it is an address, host:port, such as 127.0.0.1:7001.", { group: [7001] }],
    ["A group and masters were given; one or the other is allowed.", { group, masters: group }],
    ["The masters were given as a list; it is a list of 1 to 64 addresses, each as host:port.", { masters: [] }],
    ["The server 127.0.0.1:7001 is listed twice.", { group: [...group, ...group] }],
    ["A cluster was given as the text ''; it is a name of 1 to 255 printable characters.", { group, cluster: "" }],
    ["A groupNumber was given as 0; it is a whole number from 1 to 4294967295.", { group, groupNumber: 0 }],
    ["The kind of keys and values (as) was given as the text 'json'; it is 'text', 'latin1' or 'bytes'.", { group, as: "json" }],
    ["A timeoutMs was given as -1; it is a number of milliseconds above 0.", { group, timeoutMs: -1 }],
    ["An onTrouble was given as the text 'log'; it is a function.", { group, onTrouble: "log" }],
  ])("%s", (sentence, options) => {
    let error: unknown;
    try {
      connect(options as ConnectOptions & { as: "bytes" });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(KvorumError);
    expect(error).toMatchObject({ code: "invalid", message: sentence });
  });
});

test("a client that nobody answers can be closed", async () => {
  const client = connect({ group: ["127.0.0.1:1"] });
  const call = client.get("a");
  await client.close();
  await expect(call).rejects.toMatchObject({ code: "closed", outcome: "not_done" });
});

describe("servers that will never speak with a client", () => {
  const rig = new TcpRig();
  afterEach(() => rig.close());

  test("end its calls at once, whatever time they have; nothing was sent", async () => {
    const self = serverId("127.0.0.1:0");
    const { address } = await rig.open(self, { cluster: "green" });
    const client = connect({ group: [`127.0.0.1:${address.port}`] });
    const error: unknown = await client.put("a", "b").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "refused", outcome: "not_done", retryable: true });
    expect((error as Error).message).toContain('You belong to cluster "kvorum", and server 127.0.0.1:0 to cluster "green"');
    await expect(client.get("a")).rejects.toMatchObject({ code: "refused", outcome: "not_done" });
    await client.close();
  });
});

describe("a group without a leader", () => {
  const rig = new TcpRig();
  afterEach(() => rig.close());

  test("has not done what it refused every time: TCP brings no attempt twice", async () => {
    const address = `127.0.0.1:${(await freePorts(1))[0]}`;
    const server = await rig.open(address, { cluster: "kvorum", listen: parseAddress(address) as Address });
    let refusals = 0;
    server.onPacket((from, packet) => {
      const { group: asked, calls } = decodeCalls(packet);
      const values: Packable[] = [];
      for (const { kind, id } of calls) {
        const time: Answer = { kind: "result", bytes: encodeShardTimes({ first: 0, times: Array.from({ length: 256 }, () => 1) }) };
        if (kind === "request") refusals += 1;
        packAnswer(id, kind === "time" ? time : { kind: "refused", refusal: refused("not_leader", "") }, values);
      }
      server.send(from, encodeAnswers(asked, values));
    });
    const client = connect({ group: [address] });
    await expect(client.put("a", "b", { timeoutMs: 300 })).rejects.toMatchObject({ code: "timeout", outcome: "not_done" });
    expect(refusals).toBeGreaterThan(0);
    await client.close();
  });
});
