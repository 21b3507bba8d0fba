import { readFileSync } from "node:fs";
import { arch, cpus, release, totalmem, type } from "node:os";

/** What figures were measured on: without it they mean nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly kvorum: string;
}

export function thisMachine(): Machine {
  const all = cpus();
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string };
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
    kvorum: manifest.version,
  };
}

/** It in one line. */
export function machineText({ cpu, cores, memoryGiB, system, node, kvorum }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, kvorum ${kvorum}`;
}
