import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { Child, type Ending, sourceWords } from "./child.ts";

/** A program of this folder that is run by hand, and its words. */
export type RigCommand = readonly [program: string, ...words: string[]];

/** Where it is found, and what it has besides this process's environment. */
export interface RigPlace {
  readonly folder?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs what a person would run. */
export async function runRig([program, ...words]: RigCommand, place: RigPlace = {}): Promise<Ending & { readonly stdout: string }> {
  const { folder = fileURLToPath(new URL(".", import.meta.url)), env } = place;
  const child = new Child(process.execPath, [...sourceWords(join(folder, program)), ...words], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  return { ...(await child.ended), stdout: child.stdout };
}

/** For a program: ends it as an interrupt does when whoever runs it is gone, so that it cleans up. */
export function endWithCaller(): void {
  for (const signal of ["SIGINT", "SIGTERM", "disconnect"]) process.on(signal, () => process.exit(130));
  process.channel?.unref();
}
