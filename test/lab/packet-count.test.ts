import { expect, test } from "vitest";
import { groupId, replicaId } from "../../src/base/ids.ts";
import { isRequest, PacketCount } from "../../src/lab/packet-count.ts";
import { encodePacket, type Payload } from "../../src/rsm/wire.ts";

function packetOf(payload: Payload): Uint8Array {
  return encodePacket({ group: groupId(1), creation: 1, from: replicaId(0), incarnation: 1, to: replicaId(1) }, payload);
}

const part = { term: 1, transfer: { nonce: 1, count: 1 } };
const chunk = packetOf({ kind: "chunk", ...part, number: 1, finished: 0, rows: [], mark: undefined });
const ack = packetOf({ kind: "chunk_ack", ...part, finished: 1, missing: 0 });
const lost = packetOf({ kind: "chunk_lost", ...part });
const hello = packetOf({ kind: "hello" });

test("a part of a snapshot is a request, and what is said to it is a reply", () => {
  expect([chunk, ack, lost, hello].map(isRequest)).toEqual([true, false, false, false]);
  const count = new PacketCount();
  expect([chunk, ack, lost, hello].map((packet) => count.sent(packet))).toEqual([true, false, false, false]);
  expect([chunk, ack, lost, hello].map((packet) => count.delivered(packet))).toEqual([false, true, true, false]);
  expect([count.requests, count.bytes]).toEqual([1, chunk.length + ack.length + lost.length]);
});
