import { expect, test } from "vitest";
import { codeOnly, importsOf } from "./source.ts";

/** The code with runs of blanks made one, so that a test can show it. */
const squeezed = (text: string): string => codeOnly(text).replace(/ +/g, " ").trim();

test.each([
  ["a; // no Promise\nb;", "a; \nb;"],
  ["a /* no\nPromise */ b", "a \n b"],
  ["x = 'Promise' + \"Date\"", "x = ' ' + \" \""],
  ["x = 'it\\'s' + y", "x = ' ' + y"],
  ["x = `Date ${now(`in ${deep}`)} Date` + y", "x = ` ${now(` ${deep}`)} ` + y"],
  ["x = `${{ a: { b } }.a} Date`; y", "x = `${{ a: { b } }.a} `; y"],
  ["x = /['\"`]/g.test(y) && a / b / c", "x = g.test(y) && a / b / c"],
  ["return /[/'] Date/; y", "return ; y"],
  ["a = b / c; // d / e", "a = b / c;"],
  ["const s = 'https://x'; y", "const s = ' '; y"],
  ["x = '\u{1F600}'; y", "x = ' '; y"],
])("of %j only the code is left", (text, code) => {
  expect(squeezed(text)).toBe(code);
});

test("blanking keeps every offset", () => {
  const text = "const a = `x${b}`; // c\n/* d */ const e = /f/;\n";
  expect(codeOnly(text)).toHaveLength(text.length);
  expect(codeOnly(text).indexOf("const e")).toBe(text.indexOf("const e"));
});

test("every form of import is seen, with its line", () => {
  const text = [
    'import { a } from "./a.ts";',
    'import type { b } from "./b.ts";',
    "import './c.ts';",
    'export * from "./d.ts";',
    "import {\n  e,\n} from './e.ts';",
    'const f = await import("./f.ts");',
    "const g = await import(`./g.ts`);",
    'type H = import("./h.ts").H;',
    'const i = require("./i.ts");',
    'const j = new Worker(new URL("./j.ts", import.meta.url));',
    "const k = await import(name);",
    "const l = await import(`./${name}.ts`);",
  ].join("\n");
  const targets = importsOf({ path: "src/base/x.ts", text }).map(({ target, line }) => `${line} ${target}`);
  const files = ["1 ./a.ts", "2 ./b.ts", "3 ./c.ts", "4 ./d.ts", "7 ./e.ts", "8 ./f.ts", "9 ./g.ts", "10 ./h.ts", "11 ./i.ts", "12 ./j.ts"];
  expect(targets).toEqual([...files, "13 undefined", "14 undefined"]);
});

test("what only looks like an import is none", () => {
  const text =
    '// import "./a.ts"\nconst b = \'import "./b.ts"\';\nArray.from("c");\nnew URL("../package.json", import.meta.url);\nx.import(y);\n';
  expect(importsOf({ path: "src/base/x.ts", text })).toEqual([]);
});
