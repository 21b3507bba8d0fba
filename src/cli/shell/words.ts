import { Misunderstood } from "./misunderstood.ts";

/** What is printed for a value that is not there. */
export const absent = "absent";

const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/**
 * The words of a line. A word with blanks stands in quotes: between single ones all is what it is, between double ones `\n`, `\t`, `\"`,
 * `\\` and `\u00e9` are what they are in JSON. A line that begins with `#` has none. Throws `Misunderstood`.
 */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length;) {
    const char = line.charAt(at);
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      at += 1;
    } else if (char === "#" && words.length === 0 && word === undefined) return [];
    else if (char === "'" || char === '"') {
      const [text, end] = quoted(line, at);
      word = (word ?? "") + text;
      at = end;
    } else {
      word = (word ?? "") + char;
      at += 1;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** What stands between the quote at `start` and the next one, and the place behind that. */
function quoted(line: string, start: number): [string, number] {
  const quote = line.charAt(start);
  let text = "";
  for (let at = start + 1; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === quote) return [text, at + 1];
    if (char !== "\\" || quote === "'") {
      text += char;
      continue;
    }
    const [, digits] = /^u([0-9a-fA-F]{4})/.exec(line.slice(at + 1)) ?? [];
    const next = line.charAt(at + 1);
    text += digits === undefined ? (escapes[next] ?? next) : String.fromCharCode(Number.parseInt(digits, 16));
    at += digits === undefined ? 1 : 1 + digits.length;
  }
  throw new Misunderstood(`a quote ${quote} is not closed`);
}

/** A key or a value as a word that `wordsOf` takes for the same: as it is, or in quotes where that would be another. */
export function asWord(text: string): string {
  return text === "" || text === absent || /[\s\p{Cc}'"]/u.test(text) || text.startsWith("#") ? inQuotes(text) : text;
}

/** A value at the end of a line: as it is, unless it would be more than that line, or none. */
export function asLine(text: string): string {
  return text.trim() !== text || text === "" || text === absent || /\p{Cc}/u.test(text) || text.startsWith('"') ? inQuotes(text) : text;
}

/** Nothing in it moves a terminal's cursor. */
function inQuotes(text: string): string {
  return JSON.stringify(text).replace(/\p{Cc}/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
