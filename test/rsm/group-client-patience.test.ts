import { expect, test } from "vitest";
import { groupId, type ServerId, serverId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { noTrace } from "../../src/base/trace.ts";
import { callerOptions } from "../../src/rsm/caller/caller-options.ts";
import { decodeCalls } from "../../src/rsm/client-wire.ts";
import { GroupClient } from "../../src/rsm/caller/group-client.ts";
import { refused } from "../../src/rsm/state/state-machine.ts";
import { World } from "../../src/sim/world.ts";

const servers = ["s0", "s1", "s2"].map(serverId);

/** A client whose calls end at `hear`, and when each was made. */
function asking(hear: (client: GroupClient, to: ServerId, id: number) => void): { world: World; client: GroupClient; times: number[] } {
  const world = new World(new Rng(1));
  const times: number[] = [];
  const transport = {
    send: (to: ServerId, packet: Uint8Array): void => {
      for (const { id } of decodeCalls(packet).calls) {
        times.push(world.now);
        world.post(1, () => hear(client, to, id));
      }
    },
    onPacket: (): void => {},
  };
  const clock = {
    now: (): number => world.now,
    wallMs: (): number => 0,
    after: (ms: number, run: () => void) => world.after(ms, run),
  };
  const env = { clock, transport, rng: new Rng(2), trace: noTrace };
  const client = new GroupClient(env, { group: groupId(1), servers }, callerOptions());
  return { world, client, times };
}

test("an attempt is given up after as long as the first one, however often others were refused before", () => {
  let isSilent = false;
  const { world, client, times } = asking((caller, from, id) => {
    if (!isSilent) caller.receive(from, [{ id, answer: { kind: "refused", refusal: refused("not_leader", "") } }]);
  });
  client.query(new Uint8Array(1), 60_000, () => {});
  world.runFor(2_000);
  expect(times.length).toBeGreaterThan(6);

  isSilent = true;
  const refusedBefore = times.length;
  world.runFor(3_000);
  const [first = 0, second = 0, third = 0] = times.slice(refusedBefore);
  expect(second - first).toBeCloseTo(500, 0);
  expect(third - second).toBeCloseTo(1_000, 0);
});
