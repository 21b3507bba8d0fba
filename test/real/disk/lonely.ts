import { randomBytes } from "node:crypto";
import { groupId, replicaId, serverId } from "../../../src/base/ids.ts";
import { Rng } from "../../../src/base/rng.ts";
import type { Env } from "../../../src/env/env.ts";
import { RealClock } from "../../../src/real/clock.ts";
import type { Disk } from "../../../src/real/disk.ts";
import type { Turn } from "../../../src/real/turn.ts";
import type { MemberOptionsGiven, Identity } from "../../../src/rsm/options.ts";
import { defaultStallMs, type ServerSettings } from "../../../src/server/settings.ts";
import { cluster } from "./own-disk.ts";

/** The one member of a group of one. Who it is must be what `kvorum serve` makes of a list with one member. */
export const lonely: Identity = { group: groupId(1), creation: 1, replica: replicaId(0), servers: [serverId("127.0.0.1:1")] };

/** A group of one has nobody to wait for: it elects itself as soon as it can. */
export const quickMember: MemberOptionsGiven = { tickMs: 2, raft: { electionTicks: 5, heartbeatTicks: 2, stallTicks: 100_000 } };

/** A disk with everything around it that a member needs, and nobody to speak with. */
export function lonelyEnv(disk: Disk, turn: Turn): Env {
  return {
    clock: new RealClock(turn),
    transport: { send: () => {}, onPacket: () => {} },
    storage: disk.storage,
    cell: (name) => disk.cell(name),
    rng: new Rng(randomBytes(16).toString("hex")),
    trace: () => {},
  };
}

/** What a server of a group of one is told: it listens somewhere, for nobody. */
export function lonelySettings(data: string, create: boolean): ServerSettings {
  return {
    cluster,
    self: serverId("127.0.0.1:1"),
    listen: { host: "127.0.0.1", port: 0 },
    peers: [],
    data,
    create,
    stallMs: defaultStallMs,
  };
}
