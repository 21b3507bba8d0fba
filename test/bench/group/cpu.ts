import { readFileSync } from "node:fs";

/** Linux counts CPU in ticks of 10 ms. */
const ticksPerSecond = 100;

/** User and system CPU of a process so far, in seconds. Linux only. */
export function processCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in parentheses, and may hold anything; user and system time are the 14th and the 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
