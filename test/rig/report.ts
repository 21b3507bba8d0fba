import { printReport, table } from "../bench/report.ts";

/** What a rig demands, whatever the machine: one that is broken fails it. */
export interface Demand {
  readonly promise: string;
  /** How it was broken; undefined when it was kept. */
  readonly broken: string | undefined;
}

/** A figure that depends on the machine, beside what is aimed at. */
export interface Aim {
  readonly aim: string;
  readonly limit: number;
  readonly measured: number;
  readonly unit: string;
}

/** What came of a rig. */
export interface RigReport {
  readonly demands: readonly Demand[];
  readonly aims: readonly Aim[];
  readonly figures: Readonly<Record<string, number | string>>;
}

export function demand(promise: string, broken: string | undefined): Demand {
  return { promise, broken };
}

export function isKept({ demands }: RigReport): boolean {
  return demands.every(({ broken }) => broken === undefined);
}

/** Prints what came of it, and has the process end with 1 when a promise is broken. An aim that is missed is only shown. */
export function printRig(json: boolean, settings: Readonly<Record<string, number>>, report: RigReport): void {
  printReport(json, settings, report, tables(report));
  if (!isKept(report)) process.exitCode = 1;
}

function tables({ demands, aims, figures }: RigReport): string[] {
  return [
    table(
      ["figure", "measured"],
      Object.entries(figures).map(([name, value]) => [name, shown(value)]),
    ),
    table(
      ["aim", "at most", "measured", ""],
      aims.map(({ aim, limit, measured, unit }) => [
        aim,
        `${limit} ${unit}`,
        `${shown(measured)} ${unit}`,
        measured <= limit ? "met" : "MISSED",
      ]),
    ),
    demands.map(({ promise, broken }) => (broken === undefined ? `kept    ${promise}` : `BROKEN  ${promise}: ${broken}`)).join("\n"),
  ];
}

function shown(value: number | string): string {
  if (typeof value === "string" || Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** The value below which that share of them lies; not a number when there is none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
