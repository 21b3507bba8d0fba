import { barPanel } from "../plot/bars.ts";
import { linePanel } from "../plot/lines.ts";
import { type Box, legend, type Panel, type Series } from "../plot/panel.ts";
import { scaleFor } from "../plot/scale.ts";
import { picture, style, text } from "../plot/svg.ts";
import { workloadNames } from "../ycsb/workloads.ts";
import { mostClients, trendClients } from "./configurations.ts";
import type { BenchFigures, ReportFigures } from "./figures.ts";

type Measure = readonly [figure: keyof BenchFigures, title: string, unit: string];

const throughput: Measure = ["throughput", "Throughput", "operations a second"];
const p99: Measure = ["p99Ms", "99th percentile of latency", "milliseconds"];

/** Ten clients over all workloads: throughput above, latency below. */
export function tenClientsPicture(figures: ReportFigures): string {
  const [width, height] = [860, 640];
  const names = workloadNames.map((name) => `YCSB-${name.toUpperCase()}`);
  const panels = [throughput, p99].flatMap(([figure, title, unit], at) => {
    const series = figures.tenSeries(figure);
    return barPanel(panelOf({ x: 70, y: 130 + at * 270, width: width - 100, height: 190 }, title, unit, series), names, series);
  });
  const head = heading(`YCSB with ${mostClients} clients, by ${figures.noun}`);
  return picture(width, height, [...head, ...legend(70, 70, figures.tenSeries("throughput")), ...panels]);
}

/** Workload A with more and more clients: throughput on the left, latency on the right. */
export function trendPicture(figures: ReportFigures): string {
  const [width, height] = [860, 420];
  const panels = [throughput, p99].flatMap(([figure, title, unit], at) => {
    const series = figures.trendSeries(figure);
    const box = { x: 70 + at * 410, y: 130, width: 340, height: 220 };
    return linePanel(panelOf(box, title, unit, series), trendClients, "clients", series);
  });
  const head = heading("YCSB-A with more and more clients");
  return picture(width, height, [...head, ...legend(70, 70, figures.trendSeries("throughput")), ...panels]);
}

function heading(title: string): string[] {
  return [text(70, 40, title, { size: 18, bold: true, fill: style.ink })];
}

function panelOf(box: Box, title: string, unit: string, series: readonly Series[]): Panel {
  const values = series.flatMap((each) => each.values).filter((value) => value !== undefined);
  return { box, title, unit, scale: scaleFor(values) };
}
