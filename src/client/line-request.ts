/** What a line of the line protocol asks for. Keys and values are words: no blanks, no line ends, and otherwise whatever they like. */
export type LineRequest =
  | { readonly op: "PUT" | "SWAP"; readonly key: string; readonly value: string }
  | { readonly op: "GET" | "DELETE"; readonly key: string }
  /** Both ends belong to the range. */
  | { readonly op: "SCAN"; readonly start: string; readonly end: string };

/** A line as it is understood. `malformed`: it asks for nothing; `why` is a sentence. */
export type Line = LineRequest | { readonly op: "STOP" } | { readonly op: "malformed"; readonly why: string };

/** One pair of a scan. */
export interface LineRow {
  readonly key: string;
  readonly value: string;
}

/** Reads a line without its end; undefined for one without words. What stands behind the last word that is needed is ignored. */
export function parseLine(line: string): Line | undefined {
  const [op, first, second] = wordsOf(line);
  switch (op) {
    case undefined:
      return undefined;
    case "PUT":
    case "SWAP":
      return first === undefined || second === undefined ? malformed(line, `${op} <key> <value>`) : { op, key: first, value: second };
    case "GET":
    case "DELETE":
      return first === undefined ? malformed(line, `${op} <key>`) : { op, key: first };
    case "SCAN":
      return first === undefined || second === undefined ? malformed(line, "SCAN <start> <end>") : { op, start: first, end: second };
    case "STOP":
      return { op };
    default:
      return malformed(line, "PUT, SWAP, GET, DELETE, SCAN or STOP, in capitals, and what belongs to it");
  }
}

// ---- answers, with the ends of their lines

/** Of a put or a delete: whether the key was there before. */
export function foundText(op: "PUT" | "DELETE", key: string, found: boolean): string {
  return `${op} ${key} ${found ? "found" : "not_found"}\n`;
}

/** Of a get, or of a swap: what the key holds, or held; undefined is nothing. */
export function valueText(op: "GET" | "SWAP", key: string, value: string | undefined): string {
  return `${op} ${key} ${value ?? "null"}\n`;
}

/** Of a scan: all its pairs, in the order of their keys. */
export function scanText(start: string, end: string, rows: readonly LineRow[]): string {
  let text = `SCAN ${start} ${end} BEGIN\n`;
  for (const { key, value } of rows) text += `  ${key} ${value}\n`;
  return `${text}SCAN END\n`;
}

export const stopText = "STOP\n";

// ---- words

/** The first three words of a line. Blanks, tabs and returns stand between words. */
function wordsOf(line: string): string[] {
  return line.match(/[^ \t\r]+/g)?.slice(0, 3) ?? [];
}

/** So much of a bad line is shown. */
const shownMax = 80;

function malformed(line: string, wanted: string): Line {
  const shown = line.length <= shownMax ? line : `${line.slice(0, shownMax)}...`;
  return { op: "malformed", why: `The line ${JSON.stringify(shown)} is not understood; a line is ${wanted}.` };
}
