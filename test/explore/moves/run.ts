import { zoo } from "../../zoo/hunt.ts";
import { ground, plant } from "../../zoo/plant.ts";
import { moveCases } from "./cases.ts";
import { allOwners } from "./configs.ts";
import { exploreMoves } from "./explore.ts";
import type { MoveBounds } from "./universe.ts";

const usage = `tsx test/explore/moves/run.ts [what] [name=value ...]

what    the id of a planted bug; by itself it runs within the bounds of its case. "clean" (the default): the groups as they are.
name    a bound: owners=ABA,A0B (a letter for each configuration, 0 for parked) or owners=4 (all of that length); groups=3;
        writes=0; chunkRowsMax=1; clearing=no (or yes: dead rows are cleared meanwhile); states=<give up after>`;

const [what = "clean", ...given] = process.argv.slice(2);
const settings = new Map(given.map((setting) => setting.split("=", 2) as [string, string]));
const bug = zoo.find(({ id }) => id === what);
const names = ["owners", "groups", "writes", "chunkRowsMax", "clearing", "states"];
if ((bug === undefined && what !== "clean") || [...settings.keys()].some((name) => !names.includes(name))) {
  console.error(usage);
  process.exit(2);
}

function numberOf(name: string, otherwise: number): number {
  return Number(settings.get(name) ?? otherwise);
}

/** Where to look: as asked, or where the bug is known to do harm. */
function places(): MoveBounds[] {
  const owners = settings.get("owners");
  if (owners === undefined) return moveCases.filter(({ bugs }) => bug === undefined || bugs.includes(what)).map(({ bounds }) => bounds);
  const groups = numberOf("groups", 3);
  const all = /^[1-9]$/.test(owners) ? allOwners(groups, Number(owners)) : owners.split(",");
  const bounds = {
    groups,
    writes: numberOf("writes", 0),
    chunkRowsMax: numberOf("chunkRowsMax", 1),
    clearing: settings.get("clearing") === "yes",
  };
  return all.map((one) => ({ ...bounds, owners: one }));
}

for (const bounds of places()) {
  const began = process.cpuUsage().user;
  const folder = bug === undefined ? ground.source : plant(bug);
  // One after the other: each may take all the memory there is.
  // eslint-disable-next-line no-await-in-loop
  const { states, transitions, complete, broken } = await exploreMoves(folder, bounds, numberOf("states", Infinity));
  const end = broken?.property ?? (complete ? "nothing found, all seen" : "given up");
  const seconds = ((process.cpuUsage().user - began) / 1e6).toFixed(1);
  const { owners, groups, writes } = bounds;
  console.log(
    `${what}, ${owners}, ${groups} groups, ${writes} writes: ${end} (${states} states, ${transitions} transitions, ${seconds} s CPU)`,
  );
  for (const line of broken?.trace ?? []) console.log(`  ${line}`);
}
