import { decode, encode, type Packable } from "../../src/base/codec.ts";
import { chainHash } from "../../src/base/hash.ts";
import { groupId, replicaId } from "../../src/base/ids.ts";
import { prescan } from "../../src/base/prescan.ts";
import type { Entry } from "../../src/raft/types.ts";
import { decodePacket, encodePacket, type Header, type Payload } from "../../src/rsm/wire.ts";
import { type Case, repeated } from "./micro-run.ts";
import { commandBatch, throughputSettings } from "./throughput-run.ts";

const times = 100;
const header: Header = { group: groupId(1), creation: 77, from: replicaId(0), incarnation: 2 ** 44 + 12_345, to: replicaId(1) };
const ends = { from: header.from, to: header.to, term: 7 };
const entries: readonly Entry[] = commandBatch().map((data, at) => ({ index: 100_001 + at, term: 7, data }));

const reply: Payload = { kind: "raft", message: { kind: "append_reply", ...ends, round: 12, accepted: true, match: 100_064 } };
const append: Payload = {
  kind: "raft",
  message: { kind: "append", ...ends, prevIndex: 100_000, prevTerm: 7, commit: 99_936, round: 12, entries },
};

/** Encoding, decoding and the scan before it, of what goes over the wire most: an answer, and a full append. */
export function codecCases(): Case[] {
  const small: Packable = [1, 1, 77, 0, 2 ** 44 + 12_345, 1, 6, 7, 12, 100_064];
  const large: Packable = [
    1,
    1,
    77,
    0,
    2 ** 44 + 12_345,
    1,
    5,
    7,
    100_000,
    7,
    99_936,
    12,
    entries.flatMap(({ term, data }) => [term, data]),
  ];
  return [
    ...valueCases("a small message", small),
    ...valueCases(`an append of ${entries.length} x ${throughputSettings.commandBytes} bytes`, large),
  ];
}

function valueCases(what: string, value: Packable): Case[] {
  const bytes = encode(value);
  return [
    repeated(`encode ${what}`, times, () => void encode(value)),
    repeated(`pre-scan ${what}`, times, () => void prescan(bytes)),
    repeated(`decode ${what}, with its pre-scan`, times, () => void decode(bytes)),
  ];
}

/** The same as typed messages: what a member pays. */
export function packetCases(): Case[] {
  return [...payloadCases("an append reply", reply), ...payloadCases(`an append of ${entries.length} entries`, append)];
}

function payloadCases(what: string, payload: Payload): Case[] {
  const bytes = encodePacket(header, payload);
  return [
    repeated(`packet: encode ${what}`, times, () => void encodePacket(header, payload)),
    repeated(`packet: decode ${what}`, times, () => void decodePacket(bytes)),
  ];
}

export function hashCases(): Case[] {
  return [100, 1024].map((length) => {
    const data = new Uint8Array(length).fill(7);
    let chain = 0;
    return repeated(`chain hash of ${length} bytes`, times, () => {
      chain = chainHash(chain, 7, data);
    });
  });
}
