import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serverId } from "../../../src/base/ids.ts";
import { probePeer } from "../../../src/real/tcp/probe.ts";
import { sendUntil, TcpRig, until } from "./rig.ts";

let rig: TcpRig;
beforeEach(() => {
  rig = new TcpRig();
});
afterEach(() => rig.close());

const [a, b] = [serverId("a"), serverId("b")];

describe("a probe", () => {
  const me = { cluster: "test", self: a, incarnation: 0, to: b };

  test("of a server that would speak with us is accepted, and disturbs no connection", async () => {
    const [ta, tb] = [await rig.open("a"), await rig.open("b")];
    let heard = 0;
    tb.onPacket(() => (heard += 1));
    await sendUntil(ta, b, () => heard > 0);
    expect(await probePeer({ ...me, address: tb.address })).toBe("accepted");
    await until(() => tb.connections === 1);
    expect(ta.counters().dialled).toBe(1);
    expect(tb.counters()).toMatchObject({ settled: 1, badFrames: 0, late: 0 });
  });

  test("of another cluster's server, or another server, says why not", async () => {
    const { address } = await rig.open("b");
    expect(await probePeer({ ...me, cluster: "prod", address })).toEqual({
      refused: 'You belong to cluster "prod", and server b to cluster "test".',
    });
    expect(await probePeer({ ...me, to: serverId("c"), address })).toEqual({
      refused: "You want to reach server c, and this is server b.",
    });
  });

  test("of what is no kvorum server says so", async () => {
    const address = await rig.listen((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await probePeer({ ...me, address })).toEqual({
      refused: "What listens there is not a kvorum server. A frame claims 1213486160 bytes; 4096 are allowed.",
    });
  });

  test("of nobody finds nobody", async () => {
    const { address } = await rig.open("b");
    await rig.close();
    expect(await probePeer({ ...me, address })).toBe("unreachable");
    expect(await probePeer({ ...me, address: { host: "nobody.invalid", port: 1 } })).toBe("unreachable");
    expect(await probePeer({ ...me, address: { host: "127.0.0.1", port: 99_999 } })).toBe("unreachable");
    const silent = await rig.listen(() => {});
    expect(await probePeer({ ...me, address: silent, probeMs: 50 })).toBe("unreachable");
  });
});

test("a peer that refuses is not dialled at full speed, and the reason is traced once", async () => {
  const [ta, tb] = [await rig.open("a", { cluster: "prod" }), await rig.open("b")];
  await until(() => {
    ta.send(b, Uint8Array.of(1));
    return ta.counters().refused >= 3;
  });
  expect(tb.counters()).toMatchObject({ settled: 0, packetsReceived: 0 });
  expect(rig.names("tcp: no connection to a peer").map(({ fields }) => fields)).toEqual([
    { peer: "b", why: 'You belong to cluster "prod", and server b to cluster "test".' },
  ]);
});
