import { describe, expect, test } from "vitest";
import { type ServerId, serverId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { noTrace } from "../../src/base/trace.ts";
import type { Env } from "../../src/env/env.ts";
import { withLoopback } from "../../src/rsm/loopback.ts";

const [self, other] = [serverId("self"), serverId("other")];
const packet = Uint8Array.of(7);

/** An environment whose transport loses what a server sends to itself, as a real one does. */
class Rig {
  readonly sent: ServerId[] = [];
  readonly got: string[] = [];
  readonly env: Env;
  arrive: (from: ServerId, packet: Uint8Array) => void = () => {};
  #soon: (() => void)[] = [];

  constructor() {
    this.env = withLoopback(
      {
        clock: { now: () => 0, wallMs: () => 0, after: (_, run) => this.#after(run) },
        transport: {
          send: (to) => void this.sent.push(to),
          onPacket: (receive) => {
            this.arrive = receive;
          },
        },
        storage: undefined as never,
        cell: () => undefined as never,
        rng: new Rng("loopback"),
        trace: noTrace,
      },
      self,
    );
    this.env.transport.onPacket((from, bytes) => this.got.push(`${from}: ${bytes.join()}`));
  }

  turn(): void {
    const soon = this.#soon;
    this.#soon = [];
    for (const run of soon) run();
  }

  #after(run: () => void): () => void {
    this.#soon.push(run);
    return () => {};
  }
}

describe("what a server sends to itself", () => {
  test("arrives, once, and not from inside the call", () => {
    const rig = new Rig();
    rig.env.transport.send(self, packet);
    expect(rig.got).toEqual([]);
    rig.turn();
    rig.turn();
    expect(rig.got).toEqual(["self: 7"]);
    expect(rig.sent).toEqual([]);
  });

  test("does not disturb what goes to others, and comes from them", () => {
    const rig = new Rig();
    rig.env.transport.send(other, packet);
    rig.arrive(other, packet);
    rig.turn();
    expect(rig.sent).toEqual([other]);
    expect(rig.got).toEqual(["other: 7"]);
  });
});
