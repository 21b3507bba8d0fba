import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { serverId } from "../../../src/base/ids.ts";
import { frameKinds, packFrame } from "../../../src/real/tcp/frame.ts";
import { bytesOf } from "../../contract/storage-harness.ts";
import { framesIn, helloFrame, pass, TcpRig, until } from "./rig.ts";

let rig: TcpRig;
beforeEach(() => {
  rig = new TcpRig();
});
afterEach(() => rig.close());

const [b, client] = [serverId("b"), serverId("client/7")];
const hello = helloFrame({ to: b, who: client, role: "client" });

describe("a client", () => {
  test("is answered on the connection that it has begun", async () => {
    const tb = await rig.open("b");
    tb.onPacket((from, packet) => tb.send(from, Uint8Array.of(...packet, 9)));
    const socket = rig.stranger(tb, hello, packFrame(frameKinds.packet, Uint8Array.of(7)));
    await until(() => framesIn(socket.received).length >= 2);
    expect(framesIn(socket.received).map(({ kind, body }) => [kind, body.length > 2 ? undefined : [...body]])).toEqual([
      [frameKinds.welcome, undefined],
      [frameKinds.packet, [7, 9]],
    ]);
  });

  test("who is not there any more is nobody, and is dialled by nobody", async () => {
    const tb = await rig.open("b");
    tb.send(client, Uint8Array.of(1));
    expect(tb.counters()).toMatchObject({ droppedUndeliverable: 1, dialled: 0 });
  });

  test("who does not read loses the connection, and the answers", async () => {
    const tb = await rig.open("b", { limits: { clientBytesMax: 1 << 20 } });
    const socket = rig.stranger(tb, hello);
    await until(() => tb.counters().settled === 1);
    socket.socket.pause();
    await until(() => {
      tb.send(client, bytesOf(200_000, 1));
      return tb.connections === 0;
    });
    expect(tb.counters().droppedOverBudget).toBe(1);
  });

  test.each([
    ["a client without its prefix", helloFrame({ to: b, role: "client" })],
    ["a server with a client's prefix", helloFrame({ to: b, who: client })],
  ])("has a client's name: %s is not let in", async (_, bytes) => {
    const tb = await rig.open("b");
    await rig.stranger(tb, bytes).closed();
    expect(tb.counters()).toMatchObject({ badFrames: 1, settled: 0 });
  });

  test("gets the answers of one turn in one write", async () => {
    const tb = await rig.open("b");
    const socket = rig.stranger(tb, hello);
    await until(() => tb.counters().settled === 1);
    await pass(0);
    for (let i = 0; i < 100; i += 1) tb.send(client, bytesOf(10, i));
    await until(() => framesIn(socket.received).length >= 101);
    expect(tb.counters().writes).toBe(1);
  });
});
