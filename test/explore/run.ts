import { zoo } from "../zoo/hunt.ts";
import { ground, plant } from "../zoo/plant.ts";
import { cases, smallest } from "./cases.ts";
import { explore, type Order, type Progress, type Result } from "./explore.ts";
import { sessionCases } from "./sessions/cases.ts";
import { exploreSessions } from "./sessions/explore.ts";
import type { Bounds } from "./world.ts";

const usage = `tsx test/explore/run.ts [what] [name=value ...]

what    the id of a planted bug; by itself it runs within the bounds of its case.
        "clean" (the default): the core as it is; by itself it runs through all cases. "sessions": the sessions as they are.
name    a bound: terms, campaigns, proposals, crashes, stepDowns (numbers), pump (at_once, any_time), properties (all, safety);
        case=<number> begins with the bounds of that case, counted from 0;
        order=breadth (a shortest trace; default for bugs) or ripe (everything, sooner; default for clean); states=<give up after>`;

const [what = "clean", ...given] = process.argv.slice(2);
const settings = new Map(given.map((setting) => setting.split("=", 2) as [string, string]));
const bug = zoo.find(({ id }) => id === what);
const names = new Set([...Object.keys(smallest), "case", "order", "states"]);
if (
  (bug === undefined && what !== "clean" && what !== "sessions") ||
  given.some((setting) => !/^\w+=./.test(setting)) ||
  [...settings.keys()].some((name) => !names.has(name))
) {
  console.error(usage);
  process.exit(2);
}
const order = (settings.get("order") ?? (bug === undefined ? "ripe" : "breadth")) as Order;

function boundsFrom(base: Bounds): Bounds {
  const bounds: Record<string, unknown> = { ...base };
  for (const [name, value] of settings) if (name in base) bounds[name] = /^\d+$/.test(value) ? Number(value) : value;
  return bounds as unknown as Bounds;
}

/** Where to look, by name. */
function places(): [string, Bounds][] {
  const number = settings.get("case");
  if (number !== undefined) return cases.slice(Number(number), Number(number) + 1).map(({ name, bounds }) => [name, boundsFrom(bounds)]);
  const named = cases.filter((one) => bug === undefined || one.bugs.includes(bug.id));
  const ofItsOwn = Object.keys(smallest).some((name) => settings.has(name));
  if (ofItsOwn) return [["bounds of its own", boundsFrom(smallest)]];
  if (named.length === 0) console.error(`no case is known in which ${what} does harm: give bounds, or case=<number>`);
  return named.map(({ name, bounds }) => [name, bounds]);
}

const started = Date.now();
let told = started;

function tell({ states, waiting, transitions, depth }: Progress): void {
  if (Date.now() - told < 2000) return;
  told = Date.now();
  const megabytes = Math.round(process.memoryUsage().rss / 2 ** 20);
  console.error(`${seconds()} s, ${states} states, ${waiting} waiting, ${transitions} transitions, depth ${depth}, ${megabytes} MiB`);
}

function seconds(): number {
  return Math.round((Date.now() - started) / 1000);
}

function report(name: string, result: Result): void {
  const { states, transitions, depth, complete, violation } = result;
  const end = violation !== undefined ? violation.property : complete ? "nothing found, all seen" : "given up";
  console.log(`${what}, ${name}: ${end} (${states} states, ${transitions} transitions, depth ${depth}, ${seconds()} s)`);
  for (const line of violation?.trace ?? []) console.log(`  ${line}`);
}

async function runSessions(): Promise<void> {
  for (const { name, bounds, bugs } of sessionCases) {
    if (bug !== undefined && !bugs.includes(bug.id)) continue;
    // eslint-disable-next-line no-await-in-loop
    const { states, complete, broken } = await exploreSessions(bug === undefined ? ground.source : plant(bug), bounds);
    console.log(
      `${what}, ${name}: ${broken?.property ?? (complete ? "nothing found, all seen" : "given up")} (${states} states, ${seconds()} s)`,
    );
    for (const line of broken?.trace ?? []) console.log(`  ${line}`);
  }
}

async function runCore(): Promise<void> {
  const folder = bug === undefined ? ground.source : plant(bug);
  for (const [name, bounds] of places()) {
    const statesMax = Number(settings.get("states") ?? Infinity);
    // One after the other: each may take all the memory there is.
    // eslint-disable-next-line no-await-in-loop
    report(name, await explore(folder, bounds, order, { statesMax, progress: tell }));
  }
}

const isOfSessions = what === "sessions" || sessionCases.some(({ bugs }) => bugs.includes(what));
await (isOfSessions ? runSessions() : runCore());
