import { Rng } from "../../../src/base/rng.ts";
import { openLog } from "../../../src/real/log.ts";
import type { Stop } from "../../../src/real/stop.ts";
import { Turn } from "../../../src/real/turn.ts";
import type { MemberOptionsGiven } from "../../../src/rsm/options.ts";
import type { Env } from "../../../src/env/env.ts";
import { serve } from "../../../src/server/serve.ts";
import { endWithRig } from "./child.ts";
import { BusyMember, type Load } from "./load.ts";
import { lonelyEnv, lonelySettings, quickMember } from "./lonely.ts";
import { Notebook } from "./notes.ts";
import { openOwnDisk } from "./own-disk.ts";

// Makes a data directory as a server with a past leaves it: several lives of a group of one, some of them with a LevelDB that writes
// table files early, and an end of a kind of its own. Its one argument is a `MakeSettings` as JSON.

export interface MakeSettings {
  readonly path: string;
  readonly notes: string;
  readonly seed: string;
}

/**
 * How a life ends: in order; forgetting what was not on disk; with the process; the same as soon as it has voted and leads; or in
 * order, before anything was done in it.
 */
type End = "closed" | "abandoned" | "killed" | "elected" | "idle";

interface LifePlan {
  /** Undefined for the disk as a server opens it. */
  readonly writeBufferBytes: number | undefined;
  readonly load: Load;
  readonly member: MemberOptionsGiven;
  readonly end: End;
}

const { path, notes, seed } = JSON.parse(process.argv[2] ?? "null") as MakeSettings;
endWithRig();
const rng = new Rng(seed);
const notebook = new Notebook(notes);
const stop: Stop = (reason, sentence) => {
  process.stderr.write(`${reason}: ${sentence}\n`);
  process.exit(1);
};

function drawLife(draws: Rng, isLast: boolean): LifePlan {
  const own = draws.chance(0.7);
  const end = draws.pick<End>(isLast ? ["killed", "killed", "elected", "closed", "abandoned", "idle"] : ["closed", "abandoned"]);
  const logBytesMax = draws.pick([2_000, 10_000, 40_000, 1_000_000]);
  return {
    writeBufferBytes: own ? 64 * 1024 : undefined,
    load: {
      inFlightMax: draws.int(1, 12),
      bytesMax: draws.pick([60, 600, 6_000]),
      entries: end === "idle" ? 0 : draws.int(20, 120),
    },
    member: { ...quickMember, logBytesMax, logTailBytes: Math.floor(logBytesMax / draws.int(2, 8)) },
    // Only a disk of one's own can be left as a crash leaves it; but the end of the process is the end of every disk.
    end: !own && end === "abandoned" ? "closed" : end,
  };
}

async function live(plan: LifePlan, draws: Rng): Promise<void> {
  let busy: BusyMember | undefined;
  let begin: (env: Env) => BusyMember;
  const done = new Promise<void>((resolve) => {
    if (plan.end === "idle") resolve();
    const acknowledged = (count: number): void => {
      if (count < plan.load.entries) return;
      if (plan.end === "killed") process.kill(process.pid, "SIGKILL");
      resolve();
    };
    const elected = (): void => {
      if (plan.end === "elected") process.kill(process.pid, "SIGKILL");
    };
    begin = (env) => (busy = new BusyMember({ env, ...plan, rng: draws, notebook, stop, acknowledged, elected }));
  });
  const close = await open(plan, (env) => begin(env));
  await done;
  while (busy?.member.phase === "opening") await new Promise((resolve) => void setImmediate(resolve));
  await close();
}

/** Opens the disk of a life and begins it there; the result ends it. */
async function open(plan: LifePlan, begin: (env: Env) => BusyMember): Promise<() => Promise<void>> {
  if (plan.writeBufferBytes === undefined) {
    const served = await serve(lonelySettings(path, true), { log: openLog("silent", "rig"), stop }, begin);
    return () => served.stop();
  }
  const turn = new Turn();
  const disk = await openOwnDisk(path, plan.writeBufferBytes, { turn, stop });
  const busy = begin(lonelyEnv(disk, turn));
  return async () => {
    busy.stop();
    await (plan.end === "abandoned" ? disk.abandon() : disk.close());
  };
}

const lives = rng.int(2, 5);
for (let life = 1; life <= lives; life += 1) {
  const draws = rng.fork(life);
  await live(drawLife(draws, life === lives), draws);
}
notebook.close();
process.exit(0);
