import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Bug, ground, plant } from "../../zoo/plant.ts";
import { type RigCommand, runRig } from "./rig.ts";

/** A bug of the disk layer, and the command of a rig that finds it. */
export interface PlantedBug extends Bug {
  readonly found: RigCommand;
}

const knownFrom = "what LevelDB does when nobody looks";

export const diskBugs: readonly PlantedBug[] = [
  {
    id: "disk-checksum-ignored",
    title: "a row's checksum is not compared",
    source: knownFrom,
    patches: [
      {
        file: "real/envelope.ts",
        find: "return getU32(sealed, 1) === sumOf(key, value) ? value : undefined;",
        replace: "return getU32(sealed, 1) === sumOf(key, value) ? value : value;",
      },
    ],
    found: ["rot.ts", "400", "--seed", "1", "--served", "0", "--first"],
  },
  {
    id: "disk-acknowledged-ignored",
    title: "the log is not held against what was acknowledged",
    source: "rule P9; zoo: a log that lost its end in the middle of its life",
    patches: [
      { file: "rsm/log/log-open.ts", find: "const binding = cell.acknowledgedIn >= hard.truncatedIn;", replace: "const binding = false;" },
    ],
    found: ["rot.ts", "400", "--seed", "3", "--served", "0", "--first"],
  },
  {
    id: "disk-vote-rolled-back",
    title: "term and vote are not held against the cell's",
    source: "rule P8; LevelDB opens without a word when its newest log is damaged",
    patches: [{ file: "rsm/log/log-open.ts", find: "damageIf(hard.term < cell.hardState.term, ", replace: "damageIf(hard.term < 0, " }],
    found: ["rot.ts", "400", "--seed", "1", "--served", "0", "--first"],
  },
  {
    id: "disk-unsynced-rows",
    title: "batches are written without a sync",
    source: "LevelDB's default",
    patches: [{ file: "real/level.ts", find: "Object.freeze({ sync: true })", replace: "Object.freeze({ sync: false })" }],
    found: ["crash.ts", "cut", "20", "--seed", "1", "--first"],
  },
  {
    id: "disk-unsynced-cells",
    title: "a cell is called durable without a sync",
    source: "rule P8",
    patches: [
      {
        file: "real/cell-disk.ts",
        find: "sync: (file, done) => fs.fdatasync(file, done),",
        replace: "sync: (_, done) => void setImmediate(done, null),",
      },
    ],
    found: ["crash.ts", "cut", "20", "--seed", "1", "--first"],
  },
  {
    id: "disk-failure-swallowed",
    title: "zoo 30: a failed write is swallowed, and the server goes on",
    source: "LevelDB acknowledges writes after a full disk that it then loses",
    patches: [
      {
        file: "real/level-storage.ts",
        find: "batch.write().then(this.#onWritten, this.#onFailed);",
        replace: "batch.write().then(this.#onWritten, this.#onWritten);",
      },
    ],
    found: ["crash.ts", "full", "20", "--seed", "1", "--first"],
  },
  {
    id: "disk-done-early",
    title: "batches are called done when LevelDB is given them",
    source: "asynchronous flushes that report before they have ended",
    patches: [
      {
        file: "real/level-storage.ts",
        find: "batch.write().then(this.#onWritten, this.#onFailed);",
        replace: "batch.write().catch(this.#onFailed), setImmediate(this.#onWritten);",
      },
    ],
    found: ["crash.ts", "kill", "20", "--seed", "1", "--first"],
  },
];

/** Runs the bug's rig over a copy of the source that has the bug: exit code 1 says that it was found. */
export async function runPlanted(bug: PlantedBug): ReturnType<typeof runRig> {
  const source = plant(bug);
  // A rig imports the source from where it stands itself. What it leaves behind to be looked at goes away with it.
  const home = mkdtempSync(join(ground.zoo, bug.id, "rig-"));
  try {
    const folder = join(home, "test/real/disk");
    mkdirSync(dirname(folder), { recursive: true });
    cpSync(source, join(home, "src"), { recursive: true });
    cpSync(fileURLToPath(new URL(".", import.meta.url)), folder, { recursive: true });
    return await runRig(bug.found, { folder, env: { TMPDIR: home } });
  } finally {
    rmSync(home, { recursive: true });
  }
}
