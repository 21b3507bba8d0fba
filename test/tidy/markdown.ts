import { posix } from "node:path";
import type { SourceFile } from "./source.ts";

/** Relative links in Markdown files that lead to no file in `paths`, and anchors that no heading makes. */
export function deadLinks(documents: readonly SourceFile[], paths: readonly string[]): string[] {
  const anchors = new Map(documents.map((document) => [document.path, anchorsOf(document.text)]));
  return documents.flatMap((document) =>
    linksOf(document.text).flatMap((link) => {
      const [file = "", anchor] = link.split("#");
      const path = file === "" ? document.path : posix.join(posix.dirname(document.path), decodeURI(file)).replace(/\/$/, "");
      const exists = path === "." || paths.some((known) => known === path || known.startsWith(`${path}/`));
      if (!exists) return [`${document.path} links to ${link}, which does not exist`];
      if (anchor === undefined || (anchors.get(path)?.has(anchor) ?? true)) return [];
      return [`${document.path} links to ${link}, but no heading makes that anchor`];
    }),
  );
}

/** `npm run X` and `just X` in a Markdown file that name no script and no recipe. */
export function unknownCommands(document: SourceFile, scripts: readonly string[], recipes: readonly string[]): string[] {
  const named = (kind: string, form: RegExp, text: string, known: readonly string[]): string[] =>
    [...text.matchAll(form)].flatMap(([, name = ""]) =>
      known.includes(name) ? [] : [`${document.path} names ${kind} ${name}, which does not exist`],
    );
  // In prose, "just" is a word; in code it is a command where a command can stand.
  const code = codeOf(document.text).join("\n");
  return [
    ...named("npm run", /\bnpm run (?:--?[\w-]+ )*([a-z][\w:-]*)/g, document.text, scripts),
    ...named("just", /(?:^|&&|\|\||[;|(])[ \t]*(?:\$ )?(?:\w+=\S* )*just ([a-z][\w-]*)/gm, code, recipes),
  ];
}

/** The names that `just` accepts from this Justfile: recipes, aliases and modules. */
export function recipesOf(justfile: string): string[] {
  const recipes = [...justfile.matchAll(/^@?([A-Za-z_][\w-]*)(?:[ \t][^:\n]*)?:(?!=)/gm)];
  const others = [...justfile.matchAll(/^(?:alias|mod\??)[ \t]+([A-Za-z_][\w-]*)/gm)];
  return [...recipes, ...others].map(([, name = ""]) => name);
}

/** The anchors that a Markdown viewer makes of the headings, and those written as `<a id="...">`. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const prose = withoutBlocks(text);
  for (const [, heading = ""] of prose.matchAll(/^#{1,6}[ \t]+(.+?)[ \t]*#*$/gm)) {
    const plain = heading.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    let unique = slug;
    for (let copy = 1; anchors.has(unique); copy++) unique = `${slug}-${copy}`;
    anchors.add(unique);
  }
  for (const [, id = ""] of prose.matchAll(/<[^>]*\b(?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** Where the relative links and pictures of a Markdown text lead. */
function linksOf(text: string): string[] {
  const prose = withoutBlocks(text).replace(/(`+)(?!`)[^\n]*?[^`]\1(?!`)/g, "");
  const forms = [/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g, /^[ \t]*\[[^\]]+\]:[ \t]*<?([^\s>]+)>?/gm, /<[^>]*\b(?:href|src)="([^"]+)"/g];
  return forms
    .flatMap((form) => [...prose.matchAll(form)].map(([, link = ""]) => link))
    .filter((link) => !/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(link));
}

const block = /^[ \t]*(`{3,}|~{3,})[^\n]*\n([\s\S]*?)(?:^[ \t]*\1[`~]*[ \t]*$|$(?![\s\S]))/gm;

function withoutBlocks(text: string): string {
  return text.replace(block, "");
}

function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(block)].map(([, , body = ""]) => body);
  const spans = [...withoutBlocks(text).matchAll(/(`+)(?!`)([^\n]*?[^`])\1(?!`)/g)].map(([, , body = ""]) => body.trim());
  return [...blocks, ...spans];
}
