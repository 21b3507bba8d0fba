import { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { expect, test } from "vitest";
import { noCounts } from "../../../src/real/tcp/counters.ts";
import { frameKinds, packFrame } from "../../../src/real/tcp/frame.ts";
import { SocketWriter } from "../../../src/real/tcp/socket-writer.ts";
import { naiveFrames } from "./naive-frames.ts";

/** A socket that takes a write when it is told to. */
class BusySocket extends Duplex {
  readonly taken: number[][] = [];
  #done: (() => void) | undefined;

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.taken.push(naiveFrames(chunk, 1 << 20).frames.map(({ kind }) => kind));
    this.#done = done;
  }

  override _read(): void {}

  async finish(): Promise<void> {
    this.#done?.();
    await new Promise(setImmediate);
  }
}

const { packet, ping } = frameKinds;

test("one write is on its way at a time, and what came meanwhile follows as one, also behind a sign of life", async () => {
  const socket = new BusySocket();
  const counters = noCounts();
  const writer = new SocketWriter(counters);
  const send = (): void => {
    writer.queue.push(Uint8Array.of(1), 0);
    writer.write();
  };
  send();
  expect(writer.say(packFrame(ping))).toBe(false);
  writer.open(socket as unknown as Socket);
  expect(writer.say(packFrame(ping))).toBe(true);
  expect(writer.say(packFrame(ping))).toBe(false);
  send();
  expect(socket.taken).toEqual([[ping]]);
  await socket.finish();
  expect(socket.taken).toEqual([[ping], [packet, packet]]);
  for (let i = 0; i < 3; i += 1) send();
  expect(socket.taken).toHaveLength(2);
  await socket.finish();
  await socket.finish();
  expect(socket.taken).toEqual([[ping], [packet, packet], [packet, packet, packet]]);
  expect([counters.writes, writer.bytesWaiting]).toEqual([2, 0]);
  writer.shut();
  send();
  expect(writer.queue.length).toBe(1);
});
