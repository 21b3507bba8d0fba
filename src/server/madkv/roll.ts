import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { utf8 } from "../../base/bytes.ts";
import { hashBytes } from "../../base/hash.ts";

/*
 * Which processes were started of this checkout: each has a file that bears its number, so that they can be ended and nobody else is. It
 * is no data of any server.
 */

/** Where the numbers of a project's processes stand. */
export function folderOf(project: string): string {
  const checkout = hashBytes(utf8(fileURLToPath(new URL("../../../", import.meta.url)))).toString(36);
  return join(tmpdir(), `kvorum-madkv-${userInfo().uid}-${checkout}`, project);
}

/** Enters this process, for as long as it lives. */
export function enlist(project: string): void {
  const folder = folderOf(project);
  const file = join(folder, String(process.pid));
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, "");
  process.once("exit", () => rmSync(file, { force: true }));
}
