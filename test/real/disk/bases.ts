import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startProgram, within } from "./child.ts";
import type { Inspector } from "./inspector.ts";
import { faultsOf } from "./judge.ts";
import type { Opened } from "./look.ts";
import type { MakeSettings } from "./make.ts";
import { addNotes, noNotes, type Notes } from "./notes.ts";

/** A directory with a past, what was promised in it, and what it opens to as it is. */
export interface Base {
  readonly folder: string;
  /** Never opened; trials take copies. */
  readonly data: string;
  readonly notes: Notes;
  readonly whole: Opened;
}

/** Only what hangs takes so long. */
const makeMs = 120_000;

/** Has a process make a directory under `folder`, and sees that it is whole. */
export async function makeBase(folder: string, seed: string, inspector: Inspector): Promise<Base> {
  mkdirSync(folder);
  const data = join(folder, "data");
  const notesFile = join(folder, "notes");
  const settings: MakeSettings = { path: data, notes: notesFile, seed };
  const { code, stderr } = await within(makeMs, "making a directory", startProgram("make.ts", settings).ended);
  if (code !== 0 && code !== "SIGKILL") throw new Error(`no directory was made: ${String(code)} ${stderr}`);
  return openBase(folder, inspector);
}

/** A directory that was made before. */
export async function openBase(folder: string, inspector: Inspector): Promise<Base> {
  const data = join(folder, "data");
  const notes = noNotes();
  addNotes(notes, join(folder, "notes"));
  const copy = join(folder, "copy");
  cpSync(data, copy, { recursive: true });
  const looked = await inspector.look(copy, false);
  rmSync(copy, { recursive: true });
  if ("kind" in looked || looked.first.kind === "refused") throw new Error(`an undamaged directory is refused: ${JSON.stringify(looked)}`);
  const { wrong, hidden } = faultsOf(looked.first, notes, undefined);
  const faults = [...wrong, ...hidden, ...notes.contradictions];
  if (faults.length > 0) throw new Error(`an undamaged directory in ${data} has lost something: ${faults.join("; ")}`);
  return { folder, data, notes, whole: looked.first };
}
