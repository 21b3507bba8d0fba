import { decodeCalls, packetKind } from "../../src/rsm/client-wire.ts";
import { decodeRequest } from "../../src/rsm/session/request.ts";
import type { Shard } from "../../src/rsm/state/state-machine.ts";
import { decodeAppendToken } from "./append-machine.ts";

/** What all attempts of one append have in common. */
interface Sent {
  readonly client: string;
  readonly number: number;
  readonly validUntil: number;
  /** The lowest that an attempt has told. */
  floor: number;
}

/** Listens to what clients send, and knows in the end whether what was executed was executed by the rules of sessions. */
export class RequestWatch {
  readonly #sent = new Map<number, Sent>();
  #changed: string | undefined;

  sent(packet: Uint8Array): void {
    if (packetKind(packet) !== "calls") return;
    for (const call of decodeCalls(packet).calls) if (call.kind === "request") this.#request(call.bytes);
  }

  #request(bytes: Uint8Array): void {
    const { client, number, floor, validUntil, command } = decodeRequest(bytes);
    const token = decodeAppendToken(command);
    const before = this.#sent.get(token);
    if (before === undefined) {
      this.#sent.set(token, { client: Buffer.from(client).toString("hex"), number, validUntil, floor });
      return;
    }
    if (before.number !== number || before.validUntil !== validUntil)
      this.#changed ??= `S1: two attempts of token ${token} are not the same`;
    before.floor = Math.min(before.floor, floor);
  }

  /** The first thing that no session allows, given the final list of a shard. */
  fault(shard: Shard, final: readonly number[]): string | undefined {
    const floors = new Map<string, number>();
    for (const token of final) {
      const sent = this.#sent.get(token);
      if (sent === undefined) return `S1: token ${token} of shard ${shard} was never asked for`;
      const floor = floors.get(sent.client) ?? 0;
      if (sent.number < floor) return `S2: token ${token} has number ${sent.number}, and was executed behind floor ${floor} of its client`;
      floors.set(sent.client, Math.max(floor, sent.floor));
    }
    return this.#changed;
  }
}
