/*
 * Makes `dist` of `src`, when it is not made of it already: `npm run build`.
 *
 * Any number may run at once: one of them compiles, the others wait for it. `dist` has whole files at every moment, and no file that is
 * as it should be is touched; a program that runs keeps what it has loaded. What does not compile changes nothing.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("../", import.meta.url));
const dist = join(top, "dist");
const work = join(top, ".build");
const lock = join(work, "lock");
const compiler = join(top, "node_modules/typescript/bin/tsc");

/** Says of which sources `dist` is made. It is removed before the first file changes, and written when the last one is there. */
const stamp = join(dist, ".fingerprint");

/** All that decides what comes out. */
const inputs = ["src", "scripts/build.mjs", "tsconfig.json", "tsconfig.build.json", "package-lock.json"];

/** What users run. */
const programs = ["cli/main.js"];

/** Nobody compiles for so long; a lock of that age was left behind. */
const lockMsMax = 10 * 60_000;
const lookMs = 50;

/** The files of a folder and below it, in order, by their paths in it. */
function filesOf(folder) {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

function fingerprint() {
  const hash = createHash("sha256");
  for (const input of inputs) {
    const path = join(top, input);
    const found = fs.statSync(path, { throwIfNoEntry: false });
    const files = found === undefined ? [] : found.isDirectory() ? filesOf(path).map((file) => join(path, file)) : [path];
    for (const file of files) {
      const bytes = fs.readFileSync(file);
      hash.update(`${file.slice(top.length)} ${bytes.length}\n`).update(bytes);
    }
  }
  return hash.digest("hex");
}

function readText(path) {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

const isMade = (wanted) => readText(stamp) === wanted;

/** Runs `act` while no other build does. */
async function alone(act) {
  fs.mkdirSync(work, { recursive: true });
  while (!taken()) await sleep(lookMs);
  try {
    return await act();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

/** Takes the lock, unless somebody has it who lives. It comes into being with its holder in it: it is never seen without. */
function taken() {
  const own = join(work, `lock-${process.pid}`);
  fs.writeFileSync(own, String(process.pid));
  try {
    fs.linkSync(own, lock);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  } finally {
    fs.rmSync(own, { force: true });
  }
  const holder = Number(readText(lock));
  const age = Date.now() - (fs.statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  // Two that break one lock may both come to compile: it costs time, and both make the same.
  if (holder > 0 && (age > lockMsMax || !isAlive(holder))) fs.rmSync(lock, { force: true });
  return false;
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Compiles into a folder of its own; the exit code. */
function compile(folder) {
  const words = ["-p", join(top, "tsconfig.build.json"), "--outDir", folder, "--noEmitOnError"];
  return spawnSync(process.execPath, [compiler, ...words], { cwd: top, stdio: "inherit" }).status ?? 1;
}

/** Makes `dist` equal to the folder, file by file; each is the old one or the new one at every moment. */
function moveIn(folder) {
  fs.rmSync(stamp, { force: true });
  const files = filesOf(folder);
  for (const file of programs) fs.chmodSync(join(folder, file), 0o755);
  for (const file of files) {
    const [from, to] = [join(folder, file), join(dist, file)];
    if (readText(to) === readText(from) && fs.statSync(to).mode === fs.statSync(from).mode) continue;
    fs.mkdirSync(dirname(to), { recursive: true });
    fs.renameSync(from, to);
  }
  const wanted = new Set(files);
  for (const file of filesOf(dist)) if (!wanted.has(file)) fs.rmSync(join(dist, file), { force: true });
}

async function build() {
  if (isMade(fingerprint())) return 0;
  if (!fs.existsSync(compiler)) {
    process.stderr.write("build: the compiler is not installed; run `npm ci` first.\n");
    return 1;
  }
  return alone(() => {
    // Of what is there now: it may have changed, or been built, in the meantime.
    const wanted = fingerprint();
    if (isMade(wanted)) return 0;
    const folder = join(work, `out-${process.pid}`);
    if (process.stderr.isTTY) process.stderr.write("Building dist.\n");
    try {
      const code = compile(folder);
      if (code !== 0) return code;
      fs.mkdirSync(dist, { recursive: true });
      moveIn(folder);
      // What was changed meanwhile is built the next time.
      fs.writeFileSync(stamp, wanted);
      return 0;
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
}

process.exitCode = await build();
