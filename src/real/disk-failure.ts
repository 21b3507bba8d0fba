/** What the system says of a disk that is full or broken: as Node's codes, and as LevelDB repeats it. */
const codes: readonly unknown[] = ["ENOSPC", "EDQUOT", "EIO"];
const words = /No space left on device|Disk quota exceeded|Input\/output error/;

/** Whether it is the disk itself that fails. The same may succeed when it is well again; nothing has to be given otherwise. */
export function isDiskFailure(error: unknown): boolean {
  return error instanceof Error && (codes.includes((error as NodeJS.ErrnoException).code) || words.test(error.message));
}
