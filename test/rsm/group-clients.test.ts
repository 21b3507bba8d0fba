import { expect, test } from "vitest";
import { groupId, serverId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { noTrace } from "../../src/base/trace.ts";
import { callerOptions } from "../../src/rsm/caller/caller-options.ts";
import { GroupClients } from "../../src/rsm/caller/group-clients.ts";
import type { Ending } from "../../src/rsm/caller/operation.ts";
import { Host } from "../../src/rsm/host.ts";
import { World } from "../../src/sim/world.ts";

const named = (gid: number, ...servers: string[]) => ({ gid: groupId(gid), creation: 1, servers: servers.map(serverId) });

/** Clients of groups whose servers say nothing, and how what they are asked ends. */
function rig() {
  const world = new World(new Rng("groups"));
  const clock = { now: () => world.now, wallMs: () => 0, after: (ms: number, run: () => void) => world.after(ms, run) };
  const transport = { send: () => {}, onPacket: () => {} };
  const env = { clock, transport, rng: new Rng("calls"), trace: noTrace };
  const groups = new GroupClients(env, new Host(env), callerOptions());
  const endings: string[] = [];
  const ask = (group: ReturnType<typeof named>): void => {
    groups.client(group).query(Uint8Array.of(1), Infinity, (ending: Ending) => {
      endings.push(ending.kind === "barred" ? ending.detail : ending.kind);
    });
  };
  return { world, groups, endings, ask };
}

const sentence = (gid: number, servers: readonly string[]): string => `Group ${gid} at ${servers.join(" and ")} speaks with nobody.`;

test("calls end at once when every server of their group refuses to speak, and those of other groups go on", () => {
  const { world, groups, endings, ask } = rig();
  ask(named(1, "a", "b"));
  ask(named(2, "c"));
  ask(named(2, "d"));
  world.runFor(10);
  groups.barred(serverId("a"), sentence);
  expect(endings).toEqual([]);
  groups.barred(serverId("b"), sentence);
  expect(endings).toEqual(["Group 1 at a and b speaks with nobody."]);
  groups.barred(serverId("d"), sentence);
  expect(endings.slice(1)).toEqual(["Group 2 at d speaks with nobody."]);
});

test("a server that speaks again counts as one that does", () => {
  const { world, groups, endings, ask } = rig();
  ask(named(1, "a", "b"));
  world.runFor(10);
  groups.barred(serverId("a"), sentence);
  groups.welcomed(serverId("a"));
  groups.barred(serverId("b"), sentence);
  expect(endings).toEqual([]);
});
