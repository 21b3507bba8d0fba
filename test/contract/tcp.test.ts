import { serverId } from "../../src/base/ids.ts";
import { pass, TcpRig, until } from "../real/tcp/rig.ts";
import { transportContract, type TransportHarness } from "./transport.ts";

async function openTransport(): Promise<TransportHarness> {
  const rig = new TcpRig();
  const a = { id: serverId("a"), transport: await rig.open("a") };
  const b = { id: serverId("b"), transport: await rig.open("b") };
  return { a, b, nobody: serverId("nobody"), until, pass, close: () => rig.close() };
}

transportContract("tcp", openTransport);

/** The same with a client on one side, which its server answers and never calls. */
async function openClient(): Promise<TransportHarness> {
  const rig = new TcpRig();
  const b = { id: serverId("b"), transport: await rig.open("b") };
  return { a: { id: serverId("client/7"), transport: rig.client() }, b, nobody: serverId("nobody"), until, pass, close: () => rig.close() };
}

transportContract("tcp client", openClient);
