import type { History } from "./history.ts";
import { readJsonLines } from "./json-lines.ts";
import { readJepsen } from "./read-jepsen.ts";
import { readKv } from "./read-kv.ts";
import { refuse } from "./refusal.ts";

/** The formats that are read. */
export type Format = "jepsen" | "kv" | "json lines";

/** A history, and the format that it was found in; no format where there was nothing. */
export interface ReadHistory {
  readonly format: Format | undefined;
  readonly history: History;
}

/**
 * Reads a history in whichever of the formats its first line is. Throws `HistoryRefused` with one sentence where that cannot be done.
 * No lines are the empty history.
 */
export function readHistory(text: string): ReadHistory {
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex((line) => line.trim() !== "");
  if (first === -1) return { format: undefined, history: { model: "store", operations: [] } };
  const line = (lines[first] as string).trimStart();
  if (line.startsWith("INFO")) return { format: "jepsen", history: readJepsen(lines) };
  if (/^\{\s*:/.test(line)) return { format: "kv", history: readKv(lines) };
  if (/^\{\s*["}]/.test(line)) return { format: "json lines", history: readJsonLines(lines) };
  return refuse(first + 1, "'INFO jepsen.util', '{:process' or '{\"', with which the known formats begin", line);
}
