import { unreachable } from "../base/assert.ts";
import type { LineRequest, LineRow } from "./line-request.ts";

/** What an answer says. */
export interface LineAnswer {
  /** Of a put or a delete: whether the key was there before. */
  readonly found?: boolean;
  /** Of a get or a swap: what the key held; null is nothing. A stored text `null` looks the same. */
  readonly value?: string | null;
  readonly rows?: readonly LineRow[];
}

/** What a client has written is not an answer to what it was asked: the end of a sentence that says why. */
export class BadResponse extends Error {}

/** The line that asks for it, with its end. */
export function requestLine(request: LineRequest): string {
  switch (request.op) {
    case "PUT":
    case "SWAP":
      return `${request.op} ${request.key} ${request.value}\n`;
    case "GET":
    case "DELETE":
      return `${request.op} ${request.key}\n`;
    case "SCAN":
      return `SCAN ${request.start} ${request.end}\n`;
    default:
      return unreachable(request);
  }
}

/** Reads the whole answer to a request, its last line's end included. Throws `BadResponse` when it is anything else. */
export function parseResponse(request: LineRequest, text: string): LineAnswer {
  if (!text.endsWith("\n")) throw new BadResponse(`the answer ends within a line: ${shown(text)}`);
  // The protocol allows empty lines between others.
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const [first = ""] = lines;
  const words = wordsOf(first);
  if (words[0] !== request.op) throw new BadResponse(`${request.op} was asked, and ${shown(first)} came`);
  if (request.op === "SCAN") return { rows: rowsOf(request, words, lines) };
  if (lines.length > 1) throw new BadResponse(`one line was to come, and a second one did: ${shown(lines[1] ?? "")}`);
  if (words[1] !== request.key) throw new BadResponse(`${request.op} of ${request.key} was asked, and ${shown(first)} came`);
  const [, , told] = words;
  if (told === undefined || words.length > 3) throw new BadResponse(`three words were to come, and ${shown(first)} came`);
  if (request.op === "GET" || request.op === "SWAP") return { value: told === "null" ? null : told };
  if (told !== "found" && told !== "not_found") throw new BadResponse(`found or not_found was to come, and ${shown(first)} came`);
  return { found: told === "found" };
}

function rowsOf({ start, end }: { start: string; end: string }, head: readonly string[], lines: readonly string[]): LineRow[] {
  if (head.length !== 4 || head[1] !== start || head[2] !== end || head[3] !== "BEGIN")
    throw new BadResponse(`SCAN ${start} ${end} BEGIN was to come, and ${shown(lines[0] ?? "")} came`);
  if (lines.length < 2 || lines.at(-1)?.trim() !== scanEnd)
    throw new BadResponse(`a scan was to end with ${scanEnd}, and ended with ${shown(lines.at(-1) ?? "")}`);
  return lines.slice(1, -1).map((line) => {
    const [key, value, ...more] = wordsOf(line);
    if (key === undefined || value === undefined || more.length > 0)
      throw new BadResponse(`a key and a value were to come, and ${shown(line)} came`);
    return { key, value };
  });
}

/** The last line of a scan. */
export const scanEnd = "SCAN END";

function wordsOf(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== "");
}

/** So much of a bad line is shown. */
const shownMax = 120;

function shown(text: string): string {
  return JSON.stringify(text.length <= shownMax ? text : `${text.slice(0, shownMax)}...`);
}
