import { present } from "../../src/base/assert.ts";
import type { CellDisk } from "../../src/real/cell-disk.ts";

/** What disks write in one piece, at the least. */
const sectorBytes = 512;

interface FakeFile {
  /** What a power cut cannot take. */
  readonly durable: Uint8Array;
  /** What was written since, in order. */
  readonly written: { readonly at: number; readonly bytes: Uint8Array }[];
}

/** A write or a sync under way. */
interface Unfinished {
  readonly kind: "write" | "sync";
  /** Does it, and says so. */
  readonly finish: () => void;
  /** Does it, and says nothing: the process is gone. */
  readonly orphan: () => void;
}

/** A file system in memory with a cache that a power cut empties, whose writes and syncs end when a test says so. */
export class FakeCellDisk implements CellDisk {
  readonly #files = new Map<string, FakeFile>();
  readonly #opened: FakeFile[] = [];
  readonly #unfinished: Unfinished[] = [];
  /** The calls that fail from now on. */
  readonly failing: Set<keyof CellDisk> = new Set();
  closed = 0;

  open(path: string): number | undefined {
    this.#check("open");
    const file = this.#files.get(path);
    return file && this.#opened.push(file) - 1;
  }

  create(path: string, bytes: Uint8Array): number {
    this.#check("create");
    const file = { durable: new Uint8Array(bytes), written: [] };
    this.#files.set(path, file);
    return this.#opened.push(file) - 1;
  }

  read(file: number, bytesMax: number): Uint8Array {
    this.#check("read");
    const { durable, written } = this.#file(file);
    const bytes = new Uint8Array(durable);
    for (const write of written) bytes.set(write.bytes, write.at);
    return bytes.subarray(0, bytesMax);
  }

  write(file: number, bytes: Uint8Array, at: number, done: (failure: Error | null) => void): void {
    const { written } = this.#file(file);
    this.#begin("write", () => written.push({ at, bytes: new Uint8Array(bytes) }), done);
  }

  sync(file: number, done: (failure: Error | null) => void): void {
    const { durable, written } = this.#file(file);
    const count = written.length;
    const act = (): void => {
      for (const write of written.splice(0, count)) durable.set(write.bytes, write.at);
    };
    this.#begin("sync", act, done);
  }

  #begin(kind: Unfinished["kind"], act: () => void, done: (failure: Error | null) => void): void {
    const finish = (): void => {
      if (this.failing.has(kind)) return done(new Error(`no ${kind} today`));
      act();
      done(null);
    };
    this.#unfinished.push({ kind, finish, orphan: act });
  }

  syncNow(file: number): void {
    this.#check("syncNow");
    const { durable, written } = this.#file(file);
    for (const write of written.splice(0)) durable.set(write.bytes, write.at);
  }

  close(): void {
    this.closed += 1;
  }

  /** What is under way, oldest first. */
  get underWay(): readonly Unfinished["kind"][] {
    return this.#unfinished.map(({ kind }) => kind);
  }

  /** The oldest write or sync under way ends. */
  finish(): void {
    this.#unfinished.shift()?.finish();
  }

  /** Everything ends, and what is begun meanwhile. */
  finishAll(): void {
    while (this.#unfinished.length > 0) this.finish();
  }

  /** The process is gone; what it wrote is in the cache, and with `orphans` what it was writing. */
  crash(orphans: boolean): void {
    for (const { kind, orphan } of this.#unfinished.splice(0)) if (orphans && kind === "write") orphan();
  }

  /** The cache is gone: `pick(n)`, below `n`, says for each sector up to which of the writes to it has reached the disk. */
  cutPower(pick: (count: number) => number): void {
    this.crash(true);
    for (const { durable, written } of this.#files.values()) {
      for (let at = 0; at < durable.length; at += sectorBytes) {
        const touching = written.filter((write) => write.at < at + sectorBytes && write.at + write.bytes.length > at);
        for (const write of touching.slice(0, pick(touching.length + 1))) {
          const from = Math.max(at, write.at);
          durable.set(write.bytes.subarray(from - write.at, at + sectorBytes - write.at), from);
        }
      }
      written.length = 0;
    }
  }

  /** Changes the bytes of a file behind everybody's back. */
  damage(path: string, change: (bytes: Uint8Array) => void): void {
    change(present(this.#files.get(path), "the file is there").durable);
  }

  #file(file: number): FakeFile {
    return present(this.#opened[file], "the file is open");
  }

  #check(what: keyof CellDisk): void {
    if (this.failing.has(what)) throw new Error(`no ${what} today`);
  }
}
