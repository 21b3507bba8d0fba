import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GroupProcess } from "./group-process.ts";

const top = fileURLToPath(new URL("../../", import.meta.url));

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly version?: string }>>;
}
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

let scratch: string;
let app: string;
let group: GroupProcess;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), "kvorum-package-"));
  app = join(scratch, "app");
  mkdirSync(app);
  install(pack());
  group = new GroupProcess(join(scratch, "data"), join(app, "node_modules/kvorum/dist/cli/main.js"));
  await group.says("The group is ready.");
});
afterAll(async () => {
  await group.end();
  rmSync(scratch, { recursive: true, force: true });
});

/** The package as it would be published: the file's name. */
function pack(): string {
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", scratch], { cwd: top });
  return readdirSync(scratch).find((name) => name.endsWith(".tgz")) ?? "";
}

/**
 * Installs the packed file into the empty directory, with the versions of our own lockfile. npm has those in its cache, since it has
 * installed this checkout from there; whatever else the package would need is not found, because nothing is asked for.
 */
function install(file: string): void {
  const manifest: Manifest = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
  const lock: Lock = JSON.parse(readFileSync(join(top, "package-lock.json"), "utf8"));
  const used = Object.entries(lock.packages).filter(([path, { dev }]) => path !== "" && dev !== true);
  const resolved = `file:../${file}`;
  const root = { name: "app", version: "1.0.0", private: true, type: "module", dependencies: { kvorum: resolved } };
  const packages = {
    "": root,
    ...Object.fromEntries(used),
    "node_modules/kvorum": { version: manifest.version, resolved, dependencies: manifest.dependencies },
  };
  writeFileSync(join(app, "package.json"), JSON.stringify(root));
  writeFileSync(join(app, "package-lock.json"), JSON.stringify({ name: "app", lockfileVersion: 3, requires: true, packages }));
  execFileSync("npm", ["ci", "--offline", "--silent", "--no-audit", "--no-fund"], { cwd: app });
}

/** The first TypeScript in a document of ours, with the group's own addresses in it. */
function exampleOf(document: string): string {
  const text = readFileSync(join(top, document), "utf8");
  const code = /```ts\n(?<code>[\s\S]*?)```/.exec(text)?.groups?.["code"] ?? "";
  return code.replace(/\[("127\.0\.0\.1:\d+"(?:, )?)+\]/, JSON.stringify(group.servers.split(",")));
}

/** Runs a module in the directory where the package is installed. */
function run(name: string, code: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  writeFileSync(join(app, name), code);
  const { status, stdout, stderr } = spawnSync(process.execPath, [name], { cwd: app, encoding: "utf8" });
  return { status, stdout, stderr };
}

/** What the compiler says of modules there, with nothing of ours but the package. */
function compile(code: string): string {
  writeFileSync(join(app, "types.ts"), code);
  const options = { target: "es2022", module: "nodenext", strict: true, noEmit: true, skipLibCheck: false, types: ["node"] };
  const compilerOptions = { ...options, exactOptionalPropertyTypes: true, typeRoots: [join(top, "node_modules/@types")] };
  writeFileSync(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }));
  const { stdout } = spawnSync(process.execPath, [join(top, "node_modules/typescript/bin/tsc")], { cwd: app, encoding: "utf8" });
  return stdout;
}

test("the README's ten lines run as they stand", () => {
  const code = exampleOf("README.md");
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(11);
  expect(run("readme.mjs", code)).toEqual({
    status: 0,
    stdout: "greeting bye 3\nhello hello, world true\n",
    stderr: "",
  });
});

test("the README's ten lines have types, and these types are what the client gives", () => {
  expect(compile(exampleOf("README.md"))).toBe("");
  const use = `
    import { connect, KvorumError, type Client, type ErrorCode } from "kvorum";
    const text: Client = connect({ group: ["a:1"] });
    const bytes: Client<Uint8Array> = connect({ group: ["a:1"], as: "bytes" });
    const value: string | undefined = await text.get("a", { signal: AbortSignal.timeout(1), timeoutMs: 5 });
    const old: Uint8Array | undefined = (await bytes.swap(new Uint8Array(1), new Uint8Array(1))).old;
    const result = await text.cas("a", undefined, "b");
    if (!result.done) console.log(result.current?.length);
    const code: ErrorCode = new KvorumError("timeout", "").code;
    for await (const page of text.scan({ start: "a", limit: 3 }).pages()) console.log(page.length, value, old, code);
    // @ts-expect-error -- a text client takes no bytes
    await text.get(new Uint8Array(1));
    // @ts-expect-error -- a client of bytes takes no text
    await bytes.put("a", "b");
    // @ts-expect-error -- what was there instead is only there when it was not done
    console.log(result.current);
    // @ts-expect-error -- nothing of the inside is to be had
    import("kvorum/dist/client/calls.js");
  `;
  expect(compile(use)).toBe("");
});

test("the package has what it runs and says, and no tests or sources", () => {
  expect(readdirSync(join(app, "node_modules/kvorum")).toSorted()).toEqual([
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "assets",
    "dist",
    "package.json",
  ]);
});

test("a script that leaves an idle client behind ends, and one with a call under way does not", () => {
  const connected = `import { connect } from "kvorum"; const client = connect({ group: ${JSON.stringify(group.servers.split(","))} });`;
  expect(run("idle.mjs", `${connected} console.log(await client.get("nothing"));`)).toMatchObject({ status: 0, stdout: "undefined\n" });
  const nobody = `import { connect } from "kvorum"; const client = connect({ group: ["127.0.0.1:1"] });`;
  const waiting = run("waiting.mjs", `${nobody} await client.get("a", { timeoutMs: 300 }).catch(({ code }) => console.log(code));`);
  expect(waiting).toMatchObject({ status: 0, stdout: "timeout\n" });
});

test("who asks and hears nothing is told why", () => {
  const code = `
    import { connect } from "kvorum";
    const client = connect({ group: ["127.0.0.1:1"], onTrouble: ({ message, servers }) => console.log(message, servers[0].state) });
    await client.get("a", { timeoutMs: 2500 }).catch(({ code }) => console.log(code));
  `;
  expect(run("trouble.mjs", code).stdout).toBe(
    "No server of group 1 answers at 127.0.0.1:1 (127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1). unreachable\ntimeout\n",
  );
});
