import { readFileSync } from "node:fs";

/** Linux counts the CPU of processes in hundredths of a second. */
const ticksPerSecond = 100;

/** User and system CPU of processes so far, in seconds; undefined where that cannot be known, as of one that is gone, or on another system than Linux. */
export function cpuSeconds(pids: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const pid of pids) {
    const seconds = pid === undefined ? undefined : secondsOf(pid);
    if (seconds === undefined) return undefined;
    sum += seconds;
  }
  return sum;
}

function secondsOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, and may hold anything; user and system time are the 14th and the 15th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch (error) {
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}
