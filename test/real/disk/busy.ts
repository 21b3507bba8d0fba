import type { Env } from "../../../src/env/env.ts";
import type { Disk } from "../../../src/real/disk.ts";
import { Refusal, type Stop } from "../../../src/real/stop.ts";
import { Turn } from "../../../src/real/turn.ts";
import type { MemberOptionsGiven } from "../../../src/rsm/options.ts";
import { Rng } from "../../../src/base/rng.ts";
import { runServer } from "../../../src/server/run.ts";
import { stopCodes } from "../../../src/server/stop-codes.ts";
import { endWithRig } from "./child.ts";
import { Ledger } from "./ledger.ts";
import { BusyMember, type Load } from "./load.ts";
import { lonelyEnv, lonelySettings } from "./lonely.ts";
import { Notebook } from "./notes.ts";
import { openOwnDisk } from "./own-disk.ts";

// Keeps the directory of a group of one busy, until something ends it. Its one argument is a `BusySettings` as JSON. It says "begins"
// before it touches the directory, and "busy" after so many acknowledgements.

export interface BusySettings {
  readonly path: string;
  readonly notes: string;
  readonly seed: string;
  /** Undefined for the disk as a server opens it. */
  readonly writeBufferBytes?: number | undefined;
  readonly load: Load;
  readonly member: MemberOptionsGiven;
  readonly busyAfter: number;
}

const settings = JSON.parse(process.argv[2] ?? "null") as BusySettings;
endWithRig();
const rng = new Rng(settings.seed);
const notebook = new Notebook(settings.notes);

function begin(env: Env, end: Stop): { stop(): void } {
  const acknowledged = (count: number): void => {
    if (count === settings.busyAfter) process.stdout.write("busy\n");
    if (count === settings.load.entries) process.exit(0);
  };
  const ledger = new Ledger(env, rng.fork("ledger"), notebook);
  const busy = new BusyMember({ env, ...settings, rng: rng.fork("load"), notebook, stop: end, acknowledged });
  return {
    stop: () => {
      ledger.stop();
      busy.stop();
    },
  };
}

const stop: Stop = (reason, sentence) => {
  process.stderr.write(`${reason}: ${sentence}\n`);
  process.exit(stopCodes[reason]);
};

/** On a disk that writes table files, and new logs, all the time. */
async function runOwn(writeBufferBytes: number): Promise<void> {
  const turn = new Turn();
  let disk: Disk;
  try {
    disk = await openOwnDisk(settings.path, writeBufferBytes, { turn, stop });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return stop(error.reason, error.message);
  }
  const running = begin(lonelyEnv(disk, turn), stop);
  process.on("SIGTERM", () => {
    running.stop();
    void disk.close().then(() => process.exit(0));
  });
}

process.stdout.write("begins\n");
if (settings.writeBufferBytes !== undefined) await runOwn(settings.writeBufferBytes);
else {
  const served = await runServer(lonelySettings(settings.path, true), "warn", (env, context) => begin(env, context.stop));
  // Its exit code stands; only the rig's own pipe keeps it alive.
  if (served === undefined) process.exit();
}
