import { Command } from "commander";
import { reportCommand } from "./bench-report.ts";
import { ycsbCommand } from "./bench-ycsb.ts";

/** `kvorum bench`: benchmarks of a whole service. Those of its parts are `npm run bench`. */
export function benchCommand(): Command {
  return new Command("bench")
    .description("measure a service: YCSB, and a report of many measurements")
    .addCommand(ycsbCommand())
    .addCommand(reportCommand());
}
