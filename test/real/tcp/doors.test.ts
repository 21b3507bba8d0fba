import { afterEach, beforeEach, expect, test } from "vitest";
import { serverId } from "../../../src/base/ids.ts";
import type { Address } from "../../../src/real/address.ts";
import { freePorts } from "../../../src/real/free-ports.ts";
import { TcpRig, until } from "./rig.ts";

let rig: TcpRig;
beforeEach(() => {
  rig = new TcpRig();
});
afterEach(() => rig.close());

const [b, other] = [serverId("b"), serverId("127.0.0.1:1")];

async function freeAddress(): Promise<Address> {
  const [port = 0] = await freePorts(1);
  return { host: "127.0.0.1", port };
}

test("a server is reached by its second door as by its first", async () => {
  const listenAlso = await freeAddress();
  const tb = await rig.open("b", { listenAlso });
  const heard: string[] = [];
  tb.onPacket((from) => heard.push(from));
  const near = await rig.open("near");
  const far = await rig.open("far", { addressOf: () => listenAlso });
  near.send(b, Uint8Array.of(1));
  far.send(b, Uint8Array.of(2));
  await until(() => heard.length === 2);
  expect(heard.toSorted()).toEqual(["far", "near"]);
});

test("a second door that cannot be opened leaves the first one closed", async () => {
  const listenAlso = await freeAddress();
  await rig.open("there", { listen: listenAlso });
  const listen = await freeAddress();
  await expect(rig.open("b", { listen, listenAlso })).rejects.toMatchObject({ reason: "address_unusable" });
  await expect(rig.open("c", { listen })).resolves.toMatchObject({ address: listen });
});

test("clients reach a server by any name that leads there, if it says so, and are answered by that name", async () => {
  const tb = await rig.echo("b", { anyName: true });
  rig.addresses.set(other, tb.address);
  const client = rig.client();
  const heard: unknown[] = [];
  client.onPacket((from, packet) => heard.push([from, ...packet]));
  client.send(other, Uint8Array.of(7));
  await until(() => heard.length === 1);
  expect(heard).toEqual([[other, 7, 9]]);
});

test("servers know it by its own name alone, and so do clients of one that does not say so", async () => {
  const [open, strict] = [await rig.echo("b", { anyName: true }), await rig.echo("c")];
  rig.addresses.set(other, open.address);
  const peer = await rig.open("a");
  peer.send(other, Uint8Array.of(7));
  await until(() => rig.names("tcp: no connection to a peer").length === 1);
  rig.addresses.set(other, strict.address);
  rig.client().send(other, Uint8Array.of(7));
  await until(() => rig.refusals.length === 1);
  expect(rig.refusals[0]).toContain("You want to reach server 127.0.0.1:1, and this is server c.");
});
