import { expect, test } from "vitest";
import { isDiskFailure } from "../../src/real/disk-failure.ts";

test.each([
  [true, "a full disk, as Node says it", Object.assign(new Error("no space left on device, write"), { code: "ENOSPC" })],
  [true, "a broken one", Object.assign(new Error("i/o error, fsync"), { code: "EIO" })],
  [true, "a full disk, as LevelDB says it", new Error("IO error: /data/rows/000003.log: No space left on device")],
  [true, "a broken one", new Error("IO error: /data/rows/000003.log: Input/output error")],
  [false, "a file that is missing", Object.assign(new Error("IO error: /data/rows/000003.log: No such file"), { code: "LEVEL_IO_ERROR" })],
  [false, "a directory of somebody else", Object.assign(new Error("permission denied"), { code: "EACCES" })],
  [false, "no error", "ENOSPC"],
])("%s: the disk itself fails by %s", (expected, _, error) => {
  expect(isDiskFailure(error)).toBe(expected);
});
