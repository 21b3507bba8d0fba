import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Refusal } from "../../real/stop.ts";

/** The path of a data directory, made up to the directory itself; rejects with a `Refusal`. */
export function madeParent(path: string): string {
  const whole = resolve(path);
  try {
    mkdirSync(dirname(whole), { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal("data_unusable", `The data directory ${path} cannot be made: ${why}.`, error);
  }
  return whole;
}
