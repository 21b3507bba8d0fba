import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { folderOf } from "./roll.ts";

/** How long it is waited for those that were ended to be gone. */
const goneMs = 10_000;
const lookMs = 10;

/** Ends all processes of a project, and waits until they are gone. */
export async function endAll(project: string): Promise<void> {
  const folder = folderOf(project);
  for (let waitedMs = 0; waitedMs < goneMs; waitedMs += lookMs) {
    const living = numbersIn(folder).filter((pid) => isOurs(pid));
    if (living.length === 0) break;
    for (const pid of living) end(pid);
    await new Promise((resolve) => {
      setTimeout(resolve, lookMs);
    });
  }
  for (const pid of numbersIn(folder)) rmSync(join(folder, String(pid)), { force: true });
}

function numbersIn(folder: string): number[] {
  try {
    return readdirSync(folder)
      .map(Number)
      .filter((pid) => Number.isSafeInteger(pid) && pid > 1);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Whether a process of that number is one of ours: numbers are given out again. */
function isOurs(pid: number): boolean {
  return /\bmadkv p[123]\b/.test(commandOf(pid));
}

function commandOf(pid: number): string {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    // Nobody is there.
    return "";
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
