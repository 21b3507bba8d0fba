import { expect, test } from "vitest";
import { anchorsOf, deadLinks, recipesOf, unknownCommands } from "./markdown.ts";

const paths = ["README.md", "LICENSE", "docs/a b.md", "docs/guide.md", "docs/pictures/one.png", "src/cli/main.ts"];

/** The dead links of a document in `docs`, which stands beside a guide with one heading. */
function dead(text: string): string[] {
  const documents = [
    { path: "docs/guide.md", text: "# Guide\n\n## The first step, `npm ci`\n" },
    { path: "docs/own.md", text: `# Own heading\n\n${text}\n` },
  ];
  return deadLinks(documents, [...paths, "docs/own.md"]);
}

test.each([
  "[a](guide.md)",
  "[a](./guide.md#the-first-step-npm-ci)",
  "[a](#own-heading)",
  '[a](../README.md "title")',
  "[a](<guide.md>)",
  "[a](a%20b.md)",
  "[a](../src/cli/)",
  "[a](../src/cli/main.ts#L10)",
  "[a](..)",
  "![a](pictures/one.png)",
  '<img src="pictures/one.png">',
  "[a]\n\n[a]: guide.md",
  "[a](https://example.org/x#y) <mailto:a@example.org>",
  "`[a](gone.md)`",
  "```\n[a](gone.md)\n```",
])("%j leads somewhere", (text) => {
  expect(dead(text)).toEqual([]);
});

test.each([
  ["[a](gone.md)", "gone.md, which does not exist"],
  ["![a](pictures/two.png)", "pictures/two.png, which does not exist"],
  ["[a](README.md)", "README.md, which does not exist"],
  ["[a]\n\n[a]: gone.md", "gone.md, which does not exist"],
  ['<a href="gone.md">a</a>', "gone.md, which does not exist"],
  ["[a](#gone)", "#gone, but no heading makes that anchor"],
  ["[a](guide.md#gone)", "guide.md#gone, but no heading makes that anchor"],
  ["```\n# Gone\n```\n[a](#gone)", "#gone, but no heading makes that anchor"],
  ["[`a`](gone.md)", "gone.md, which does not exist"],
])("%j is dead", (text, fault) => {
  expect(dead(text)).toEqual([`docs/own.md links to ${fault}`]);
});

test("headings make anchors as viewers make them", () => {
  const text = '# A, b & `c_d`!\n## Twice\n## Twice\n### [Linked](x.md) - it\n<a id="by-hand"></a>\n';
  expect([...anchorsOf(text)]).toEqual(["a-b--c_d", "twice", "twice-1", "linked---it", "by-hand"]);
});

const justfile =
  "set positional-arguments\nname := 'x:y'\nalias t := test\nmod cluster\n\n# About: it.\ntest *args: build\n    echo run: it\n\n@build:\n    x\nlab suite='raft':\n    x\n";

test("a Justfile's recipes, aliases and modules are known", () => {
  expect(recipesOf(justfile)).toEqual(["test", "build", "lab", "t", "cluster"]);
});

function unknown(text: string): string[] {
  return unknownCommands({ path: "README.md", text }, ["build", "test:unit"], recipesOf(justfile));
}

test.each([
  "It is just fine: `npm run build`, or `just test`.",
  "```sh\n$ just lab raft 8\nCI=true npm run --silent test:unit && just build\n```",
  "```\n# just about anything\n```",
])("the commands in %j exist", (text) => {
  expect(unknown(text)).toEqual([]);
});

test.each([
  ["Say `npm run biuld`.", "npm run biuld"],
  ["Say npm run biuld.", "npm run biuld"],
  ["```\nnpm run -s test:nuit -- x\n```", "npm run test:nuit"],
  ["Say `just gone`.", "just gone"],
  ["```sh\njust test && just gone\n```", "just gone"],
  ["```sh\n$ X=1 just gone 8\n```", "just gone"],
])("the commands in %j do not all exist", (text, command) => {
  expect(unknown(text)).toEqual([`README.md names ${command}, which does not exist`]);
});
