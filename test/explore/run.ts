import { explore } from "./explore.ts";
import { ground } from "../zoo/plant.ts";
const [terms, campaigns, proposals, crashes, stepDowns, pump, order, max] = process.argv.slice(2);
let t = Date.now();
const t0 = t;
const r = await explore(
  ground.source,
  {
    terms: +terms!,
    campaigns: +campaigns!,
    proposals: +proposals!,
    crashes: +crashes!,
    stepDowns: +stepDowns!,
    pump: pump as never,
    properties: "all",
    start: [],
  },
  {
    statesMax: +(max ?? 2e6),
    progress(p) {
      if (Date.now() - t > 2000) {
        t = Date.now();
        console.error(JSON.stringify(p), Math.round(process.memoryUsage().rss / 1e6) + "MB", (t - t0) / 1000);
      }
    },
  },
);
console.log(r, (Date.now() - t0) / 1000);
