import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { equalBytes } from "../../src/base/bytes.ts";
import { serverId, type ServerId } from "../../src/base/ids.ts";
import type { Transport } from "../../src/env/transport.ts";
import type { Time } from "./harness.ts";
import { bytesOf } from "./storage-harness.ts";

export interface TransportHarness extends Time {
  /** Two servers that know each other, and a name that nobody bears. */
  readonly a: { readonly id: ServerId; readonly transport: Transport };
  readonly b: { readonly id: ServerId; readonly transport: Transport };
  readonly nobody: ServerId;
  close(): Promise<void>;
}

/** What every `Transport` promises, over a network that is in good health. */
export function transportContract(name: string, open: () => Promise<TransportHarness>): void {
  describe(`${name}: transport`, () => {
    let harness: TransportHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness.close());
    transportTests(() => harness);
  });
}

function transportTests(current: () => TransportHarness): void {
  /** Sends until it is heard: a packet may be lost, even by a network in good health. */
  async function sendUntil(send: () => void, heard: () => boolean): Promise<void> {
    for (let attempt = 0; attempt < 50 && !heard(); attempt += 1) {
      send();
      for (let wait = 0; wait < 20 && !heard(); wait += 1) await current().pass(5);
    }
    await current().until(heard);
  }

  test("a packet arrives as it was sent, with the sender's name", async () => {
    const { a, b } = current();
    for (const length of [0, 1, 100, 70_000, 1 << 20]) {
      const heard: (readonly [ServerId, Uint8Array])[] = [];
      b.transport.onPacket((from, packet) => heard.push([from, packet]));
      await sendUntil(
        () => a.transport.send(b.id, bytesOf(length, length)),
        () => heard.length > 0,
      );
      expect(heard[0]?.[0]).toBe(a.id);
      expect(equalBytes(heard[0]?.[1] ?? Uint8Array.of(0, 0), bytesOf(length, length))).toBe(true);
    }
  });

  test("a packet never arrives from inside send", async () => {
    const { a, b } = current();
    let heard = 0;
    let inside = false;
    let wrong = 0;
    b.transport.onPacket(() => {
      heard += 1;
      if (inside) wrong += 1;
    });
    const send = (): void => {
      inside = true;
      a.transport.send(b.id, Uint8Array.of(1));
      inside = false;
    };
    await sendUntil(send, () => heard > 20);
    expect(wrong).toBe(0);
  });

  test("both directions work, and a server can answer from its receiver", async () => {
    const { a, b } = current();
    const heard: number[] = [];
    b.transport.onPacket((from, packet) => b.transport.send(from, Uint8Array.of((packet[0] ?? 0) + 1)));
    a.transport.onPacket((_, packet) => heard.push(packet[0] ?? 0));
    await sendUntil(
      () => a.transport.send(b.id, Uint8Array.of(7)),
      () => heard.length > 0,
    );
    expect(heard[0]).toBe(8);
  });

  test("nothing is thrown for a server that nobody knows", async () => {
    const { a, nobody } = current();
    for (let i = 0; i < 10; i += 1) expect(() => a.transport.send(nobody, bytesOf(1_000, i))).not.toThrow();
    expect(() => a.transport.send(serverId("no address"), Uint8Array.of(1))).not.toThrow();
    await current().pass(20);
  });

  test("a new receiver takes the place of the old one", async () => {
    const { a, b } = current();
    let old = 0;
    let fresh = 0;
    b.transport.onPacket(() => (old += 1));
    b.transport.onPacket(() => (fresh += 1));
    await sendUntil(
      () => a.transport.send(b.id, Uint8Array.of(1)),
      () => fresh > 0,
    );
    expect(old).toBe(0);
  });
}
