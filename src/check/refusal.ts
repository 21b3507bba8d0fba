import { showText } from "./byte-string.ts";

/** A file that holds no history that we can read: its writer's fault. The message is one sentence that names the line. */
export class HistoryRefused extends Error {
  override readonly name = "HistoryRefused";
}

/** Refuses what stands on a line. */
export function refuse(line: number, expected: string, found?: string): never {
  throw new HistoryRefused(`line ${line}: expected ${expected}${found === undefined ? "" : `, found ${showText(found)}`}`);
}
