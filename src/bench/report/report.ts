import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pngOf } from "../plot/png.ts";
import { configurationsOf, type FuzzConfiguration, type Project } from "./configurations.ts";
import { figuresOf, type Lookup, ReportFigures } from "./figures.ts";
import { reportText } from "./markdown.ts";
import { tenClientsPicture, trendPicture } from "./pictures.ts";
import type { Results, StoredResult } from "./results.ts";

/** Writes the report of a project from the results that there are: `projN.md` in `directory`, its pictures beside it. Gives the file. */
export function writeReport(project: Project, results: Results, directory: string): string {
  const configurations = configurationsOf(project);
  const stored = new Map<string, StoredResult>();
  for (const { name } of configurations) {
    const result = results.read(name);
    if (result !== undefined) stored.set(name, result);
  }
  const lookup: Lookup = (name) => {
    const result = stored.get(name);
    return result !== undefined && "ycsb" in result ? figuresOf(result.ycsb, result.machine.cores) : undefined;
  };
  const figures = new ReportFigures(project, lookup);
  const plots = `plots-${project}`;
  mkdirSync(join(directory, plots), { recursive: true });
  const pictures = { ten: `${plots}/ycsb-ten-clients.png`, trend: `${plots}/ycsb-tput-trend.png` };
  writePicture(directory, pictures.ten, tenClientsPicture(figures));
  writePicture(directory, pictures.trend, trendPicture(figures));
  const all = [...stored.values()];
  const times = all.map(({ at }) => at).toSorted();
  const [first, last] = [times[0], times.at(-1)];
  const fuzzes = configurations
    .filter((each): each is FuzzConfiguration => each.kind === "fuzz")
    .map((each) => {
      const result = stored.get(each.name);
      return [each, result !== undefined && "fuzz" in result ? result.fuzz : undefined] as const;
    });
  const text = reportText({
    project,
    figures,
    fuzzes,
    machines: [...new Map(all.map(({ machine }) => [JSON.stringify(machine), machine])).values()],
    between: first === undefined || last === undefined ? undefined : [first, last],
    missing: configurations.filter(({ name }) => !stored.has(name)).map(({ name }) => name),
    plans: all.flatMap((result) => ("ycsb" in result ? [result.ycsb.plan] : [])),
    pictures,
  });
  const file = join(directory, `proj${project.slice(1)}.md`);
  writeFileSync(file, text);
  return file;
}

function writePicture(directory: string, png: string, svg: string): void {
  writeFileSync(join(directory, png), pngOf(svg));
  writeFileSync(join(directory, png.replace(/\.png$/, ".svg")), svg);
}
