import { refuse } from "./refusal.ts";

/** A value in a flat map of EDN: keywords keep their colon, so that `:get` and `"get"` differ. */
export type Edn = { readonly kind: "keyword" | "string" | "integer"; readonly text: string } | { readonly kind: "nil" };

const token =
  /[\s,]*(?:(?<brace>[{}])|(?<keyword>:[\w.*+!?<>=-]+)|(?<integer>-?\d+)(?![\w.])|(?<nil>nil)(?!\w)|"(?<string>(?:[^"\\]|\\.)*)")/y;

const escapes: Readonly<Record<string, string>> = { t: "\t", r: "\r", n: "\n", "\\": "\\", '"': '"' };

/** Reads a line that is one map from keywords to keywords, strings, integers and nil. */
export function readEdnMap(text: string, line: number): ReadonlyMap<string, Edn> {
  const fields = new Map<string, Edn>();
  token.lastIndex = 0;
  if (nextToken(text, line)["brace"] !== "{") refuse(line, "a map such as {:process 0, :type :invoke, ...}", text);
  for (;;) {
    const name = nextToken(text, line);
    if (name["brace"] === "}") break;
    const keyword = name["keyword"];
    if (keyword === undefined) return refuse(line, "a keyword such as :process before each value", text);
    if (fields.has(keyword)) refuse(line, `${keyword} only once`, text);
    fields.set(keyword, valueOf(nextToken(text, line), line, text));
  }
  if (text.slice(token.lastIndex).trim() !== "") refuse(line, "nothing behind the map", text.slice(token.lastIndex));
  return fields;
}

function nextToken(text: string, line: number): Readonly<Record<string, string | undefined>> {
  const at = token.lastIndex;
  const groups = token.exec(text)?.groups;
  return groups ?? refuse(line, "a keyword, a string, an integer, nil or the end of the map", text.slice(at));
}

function valueOf(groups: Readonly<Record<string, string | undefined>>, line: number, text: string): Edn {
  const { keyword, integer, string, nil } = groups;
  if (keyword !== undefined) return { kind: "keyword", text: keyword };
  if (integer !== undefined) return { kind: "integer", text: integer };
  if (string !== undefined) return { kind: "string", text: unescaped(string, line) };
  return nil === undefined ? refuse(line, "a value behind each keyword", text) : { kind: "nil" };
}

function unescaped(text: string, line: number): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (whole, escape: string) => {
    if (escape.length === 5) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return escapes[escape] ?? refuse(line, "an escape that EDN knows", whole);
  });
}
