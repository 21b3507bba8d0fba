/** A text file of the checkout; `path` is relative to its top and uses forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One import, re-export, dynamic import or reference to a module by URL. */
export interface Import {
  /** What stands between the quotes; `undefined` for a dynamic import of something computed. */
  readonly target: string | undefined;
  readonly line: number;
}

/**
 * The program text with everything that is not code blanked out: comments become spaces, and so does what stands between
 * quotes or slashes. Quotes, line breaks and every offset stay; code inside `${}` stays code.
 */
export function codeOnly(text: string): string {
  const out = text.replace(/[^\n]/g, " ").split("");
  const braces: number[] = []; // For each `${` that is open: how many `{` are open inside it.
  let at = 0;
  const keep = (count: number): void => {
    for (const end = at + count; at < end; at++) out[at] = text[at] ?? "";
  };
  while (at < text.length) {
    const char = text.charAt(at);
    if (text.startsWith("//", at)) at = endOf(text, "\n", at, 0);
    else if (text.startsWith("/*", at)) at = endOf(text, "*/", at + 2, 2);
    else if (char === "/" && regexMayStart(out, at)) at = afterRegex(text, at);
    else if (char === '"' || char === "'") {
      keep(1);
      at = endOfString(text, at, char);
      keep(1);
    } else if (char === "`" || (char === "}" && braces.at(-1) === 0)) {
      if (char === "}") braces.pop();
      keep(1);
      at = endOfTemplatePart(text, at);
      if (text.charAt(at) === "$") braces.push(0);
      keep(text.charAt(at) === "$" ? 2 : 1);
    } else {
      const open = braces.length - 1;
      if (open >= 0 && char === "{") braces[open] = (braces[open] ?? 0) + 1;
      if (open >= 0 && char === "}") braces[open] = (braces[open] ?? 0) - 1;
      keep(1);
    }
  }
  return out.join("");
}

/** Every module that the file names, whatever the form of the import. */
export function importsOf(file: SourceFile): Import[] {
  const code = codeOnly(file.text);
  const found: Import[] = [];
  const add = (at: number, target: string | undefined): void => void found.push({ target, line: lineAt(code, at) });
  const forms = [/\bfrom\s*(["'])/g, /\bimport\s*(["'])/g, /\b(?:import|require)\s*\(\s*(["'`])/g, /\bnew\s+URL\s*\(\s*(["'`])/g];
  for (const [index, form] of forms.entries()) {
    for (const match of code.matchAll(form)) {
      const start = match.index + match[0].length;
      const target = file.text.slice(start, code.indexOf(match[1] ?? "", start));
      const isModule = index < 3 || /^\.{1,2}\/.*\.[cm]?[jt]s$/.test(target);
      if (isModule && !(match[1] === "`" && target.includes("${"))) add(match.index, target);
    }
  }
  for (const match of code.matchAll(/(?<![.\w$])(?:import|require)\s*\(\s*(?:[^"'`\s]|`[^`]*\$\{)/g)) add(match.index, undefined);
  return found.toSorted((a, b) => a.line - b.line);
}

/** The number of the line on which the offset stands; the first is 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function endOf(text: string, mark: string, from: number, length: number): number {
  const found = text.indexOf(mark, from);
  return found === -1 ? text.length : found + length;
}

/** The offset of the closing quote, or of the line's end where there is none. */
function endOfString(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === quote || char === "\n") return at;
    if (char === "\\") at++;
  }
  return text.length;
}

/** The offset of the backtick or of the `${` that ends this part of a template. */
function endOfTemplatePart(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text.charAt(at) === "`" || text.startsWith("${", at)) return at;
    if (text.charAt(at) === "\\") at++;
  }
  return text.length;
}

/** Whether a slash here begins a regular expression: it does unless a value stands before it. */
function regexMayStart(out: readonly string[], at: number): boolean {
  const before = out
    .slice(Math.max(0, at - 80), at)
    .join("")
    .trimEnd();
  if (/(?<![.\w$])(?:return|typeof|case|in|of|do|else|void|delete|await|yield|throw|new|instanceof)$/.test(before)) return true;
  return !/[\w$)\]}"'`]$/.test(before);
}

/** The offset after the closing slash, or the next one where the line ends first (then it was a division). */
function afterRegex(text: string, from: number): number {
  let inClass = false;
  for (let at = from + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === "\n") return from + 1;
    if (char === "\\") at++;
    else if (char === "[") inClass = true;
    else if (char === "]") inClass = false;
    else if (char === "/" && !inClass) return at + 1;
  }
  return from + 1;
}
