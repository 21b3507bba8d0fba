import fs from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "./level.ts";

/** What cells ask of the file system. Everything throws that fails. */
export interface CellDisk {
  /** Opens a file to read and write it; undefined when there is none. */
  open(path: string): number | undefined;
  /** Makes a file that holds `bytes`: after a power cut it is there with all of them, or not at all. */
  create(path: string, bytes: Uint8Array): number;
  read(file: number, bytesMax: number): Uint8Array;
  /** `bytes` outlive the process when `done` runs, with a failure or without; later, and never from inside this call. They do not change until then. */
  write(file: number, bytes: Uint8Array, at: number, done: (failure: Error | null) => void): void;
  /** What was written before survives a power cut when `done` runs, likewise. */
  sync(file: number, done: (failure: Error | null) => void): void;
  syncNow(file: number): void;
  close(file: number): void;
}

/** The file system. */
export const fileDisk: CellDisk = {
  open(path) {
    try {
      return fs.openSync(path, "r+");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  },

  create(path, bytes) {
    const unnamed = `${path}.new`;
    const file = fs.openSync(unnamed, "w+");
    const written = fs.writeSync(file, bytes, 0, bytes.length, 0);
    if (written !== bytes.length) throw partOf(bytes, written);
    fs.fsyncSync(file);
    fs.renameSync(unnamed, path);
    const directory = fs.openSync(dirname(path), "r");
    fs.fsyncSync(directory);
    fs.closeSync(directory);
    return file;
  },

  read(file, bytesMax) {
    const bytes = new Uint8Array(bytesMax);
    let length = 0;
    for (let more = -1; more !== 0; length += more) more = fs.readSync(file, bytes, length, bytesMax - length, length);
    return bytes.subarray(0, length);
  },

  // It is a copy into the system's memory, for which the way to another thread and back is dear: with 30 clients it costs a third of the puts.
  write(file, bytes, at, done) {
    process.nextTick(done, writeNow(file, bytes, at));
  },

  sync: (file, done) => fs.fdatasync(file, done),
  syncNow: (file) => fs.fdatasyncSync(file),
  close: (file) => fs.closeSync(file),
};

/** What went wrong; null when nothing did. */
function writeNow(file: number, bytes: Uint8Array, at: number): Error | null {
  try {
    const written = fs.writeSync(file, bytes, 0, bytes.length, at);
    return written === bytes.length ? null : partOf(bytes, written);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function partOf(bytes: Uint8Array, written: number): Error {
  return new Error(`only ${written} of ${bytes.length} bytes were written`);
}
