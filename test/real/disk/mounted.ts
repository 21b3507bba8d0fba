import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What is mounted does not outlive this process. */
const mounted = new Set<MountedDisk>();
process.on("exit", () => {
  // Who was using it has been killed, but may not be gone yet.
  for (const disk of mounted) disk.unmount("--lazy");
});

/** Ext4's own "the power is cut": nothing more reaches the disk, not even the journal (xfstests' godown does the same). */
const cutProgram = `
  open(my $at, "<", $ARGV[0]) or die "open: $!";
  my $flag = pack("L", 2);
  ioctl($at, 0x8004587d, $flag) or die "ioctl: $!";
`;

/** A small disk of its own: an ext4 file system in a file `image`, mounted through a loop device. Needs root. */
export class MountedDisk {
  readonly #folder: string;
  /** Where it is mounted. */
  readonly path: string;
  #isMounted = false;

  constructor(folder: string, megabytes: number) {
    this.#folder = mkdtempSync(join(folder, "disk-"));
    this.path = join(this.#folder, "mount");
    mkdirSync(this.path);
    mounted.add(this);
    writeFileSync(this.#image, "");
    truncateSync(this.#image, megabytes * 1024 * 1024);
    run("mkfs.ext4", "-q", "-m", "0", this.#image);
    this.#mount();
  }

  get #image(): string {
    return join(this.#folder, "image");
  }

  /** Loses everything that was not synced, and from now on every write and sync too. Whoever uses it is stopped before. */
  cutPower(): void {
    run("perl", "-e", cutProgram, this.path);
  }

  /** As after a start of the machine. Nobody uses it any more. */
  remount(): void {
    run("umount", this.path);
    this.#isMounted = false;
    this.#mount();
  }

  /** Fills it but for `bytesLeft`. */
  fill(bytesLeft: number): void {
    const file = openSync(this.#ballast, "w");
    let filled = 0;
    for (let chunk = 64 * 1024; chunk >= 1024;) {
      try {
        filled += writeSync(file, Buffer.alloc(chunk));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
        chunk /= 2;
      }
    }
    closeSync(file);
    truncateSync(this.#ballast, Math.max(0, filled - bytesLeft));
    const again = openSync(this.#ballast, "r+");
    fsyncSync(again);
    closeSync(again);
  }

  /** Takes away what `fill` has put there. */
  empty(): void {
    rmSync(this.#ballast, { force: true });
  }

  get #ballast(): string {
    return join(this.path, "ballast");
  }

  /** Its file stays, and can be mounted again to be looked at. */
  unmount(...how: readonly "--lazy"[]): void {
    if (this.#isMounted) run("umount", ...how, this.path);
    this.#isMounted = false;
    mounted.delete(this);
  }

  #mount(): void {
    run("mount", "-o", "loop", this.#image, this.path);
    this.#isMounted = true;
  }
}

/** Why no disk can be mounted here, or its power not be cut; undefined when all of that works. */
export function whyNoDisk(): string | undefined {
  if (process.getuid?.() !== 0) return "a disk of its own can only be mounted by root";
  const folder = mkdtempSync(join(tmpdir(), "kvorum-probe-"));
  let disk: MountedDisk | undefined;
  try {
    disk = new MountedDisk(folder, 4);
    disk.cutPower();
    disk.remount();
    return undefined;
  } catch (error) {
    return `no disk can be mounted here: ${error instanceof Error ? error.message.trim().replaceAll("\n", " ") : String(error)}`;
  } finally {
    disk?.unmount();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why no sync can be made to fail here; undefined when it can. */
export function whyNoStrace(): string | undefined {
  try {
    run("strace", "-f", "-qq", "-o", "/dev/null", "true");
    return undefined;
  } catch (error) {
    return `strace does not work here: ${String(error)}`;
  }
}

function run(command: string, ...words: string[]): void {
  execFileSync(command, words, { stdio: ["ignore", "ignore", "pipe"] });
}
