import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Rng } from "../../../src/base/rng.ts";
import { type Base, makeBase } from "./bases.ts";
import { type Damage, describe, drawDamage, inflict } from "./damage.ts";
import { Inspector } from "./inspector.ts";
import { inLevel, judge, type Judgement } from "./judge.ts";
import { type Served, serveDirectory } from "./serve-process.ts";

/** One damaged copy of one directory, and what became of it. */
export interface Trial {
  readonly number: number;
  readonly damage: Damage;
  readonly judgement: Judgement;
  /** Whether a real server was started on it as well. */
  readonly served: boolean;
}

export interface RotOptions {
  readonly seed: string;
  readonly trials: number;
  /** In so many of them a real server is started as well. */
  readonly served: number;
  /** Whether the first wrong trial is the last one. */
  readonly first: boolean;
  readonly progress: (trial: Trial) => void;
}

export interface Rotten {
  readonly trials: readonly Trial[];
  /** What it takes to look at a wrong trial again; gone when there is none. */
  readonly folder: string;
}

/** So many trials are made of one directory. */
const trialsPerBase = 40;

/** Damages directories with a past, one place at a time, and sees whether a server would notice. */
export async function runRot({ seed, trials, served, first, progress }: RotOptions): Promise<Rotten> {
  const folder = mkdtempSync(join(tmpdir(), "kvorum-rot-"));
  const inspector = new Inspector();
  const done: Trial[] = [];
  const rng = new Rng(seed);
  let base: Base | undefined;
  try {
    for (let number = 1; number <= trials; number += 1) {
      const [at, of] = [Math.ceil(number / trialsPerBase), (number - 1) % trialsPerBase];
      if (base === undefined || of === 0) {
        if (base !== undefined && !done.some(({ judgement }) => judgement.verdict === "wrong")) rmSync(base.folder, { recursive: true });
        base = await makeBase(join(folder, String(at)), `${seed}/base ${at}`, inspector);
      }
      const isServed = Math.floor((number * served) / trials) > Math.floor(((number - 1) * served) / trials);
      const trial = await runTrial(base, { number, rng: rng.fork(number), isServed, inspector });
      done.push(trial);
      progress(trial);
      if (first && trial.judgement.verdict === "wrong") break;
    }
  } finally {
    await inspector.close();
    if (!done.some(({ judgement }) => judgement.verdict === "wrong")) rmSync(folder, { recursive: true, force: true });
  }
  return { trials: done, folder };
}

interface TrialContext {
  readonly number: number;
  readonly rng: Rng;
  readonly isServed: boolean;
  readonly inspector: Inspector;
}

async function runTrial(base: Base, { number, rng, isServed, inspector }: TrialContext): Promise<Trial> {
  const damage = drawDamage(rng, base.data);
  const damaged = join(base.folder, `trial-${number}`);
  cpSync(base.data, damaged, { recursive: true });
  inflict(damaged, damage);
  let judgement = await onCopy(damaged, async (copy) => judge(base.whole, base.notes, await inspector.look(copy, true)));
  if (isServed) judgement = worse(judgement, await onCopy(damaged, (copy) => serveTrial(base, copy, judgement, inspector)));
  if (judgement.verdict !== "wrong") rmSync(damaged, { recursive: true });
  return { number, damage, judgement, served: isServed };
}

/** Judges a damaged directory again that an earlier run has left behind, and the copy that it was made of. */
export async function judgeAgain(base: Base, damaged: string, inspector: Inspector): Promise<Judgement> {
  return onCopy(damaged, async (copy) => judge(base.whole, base.notes, await inspector.look(copy, true)));
}

async function onCopy<T>(path: string, use: (copy: string) => Promise<T>): Promise<T> {
  const copy = `${path}-copy`;
  cpSync(path, copy, { recursive: true });
  try {
    return await use(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** What a real server makes of the directory has to agree with what was found within a process. */
async function serveTrial(base: Base, copy: string, expected: Judgement, inspector: Inspector): Promise<Judgement> {
  let served: Served;
  try {
    served = await serveDirectory(copy);
  } catch (error) {
    return { verdict: "wrong", why: `a server: ${String(error)}` };
  }
  const { kind, code, stderr } = served;
  const tail = stderr.trimEnd().split("\n").at(-1) ?? "";
  if (kind === "led") {
    if (code !== 0) return { verdict: "wrong", why: `a server that led has ended with ${String(code)}: ${tail}` };
    if (expected.verdict === "refused") return { verdict: "wrong", why: `a server led with what is refused here: ${expected.why}` };
    return judge(base.whole, base.notes, await inspector.look(copy, false));
  }
  if (inLevel(code, stderr)) return { verdict: "aborted", why: tail };
  // A state row that is hidden can make a machine stumble over what it takes for a bug.
  if (code === 1 && expected.verdict === "hidden" && stderr.includes("AssertionError")) return expected;
  if ((code !== 12 && code !== 10) || expected.verdict === "identical" || expected.verdict === "legal")
    return { verdict: "wrong", why: `a server has ended with ${String(code)}, and here it was ${expected.verdict}: ${tail}` };
  return expected;
}

function worse(a: Judgement, b: Judgement): Judgement {
  return b.verdict === "wrong" ? b : a;
}

/** A line for each trial that has to be looked at. */
export function trialText({ number, damage, judgement }: Trial): string {
  return `trial ${number}: ${describe(damage)}: ${judgement.verdict}: ${judgement.why}`;
}
