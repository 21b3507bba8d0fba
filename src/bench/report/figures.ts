import type { Series } from "../plot/panel.ts";
import { style } from "../plot/svg.ts";
import type { YcsbResult } from "../ycsb/ycsb-run.ts";
import { type WorkloadName, workloadNames } from "../ycsb/workloads.ts";
import { benchmark, mostClients, type Project, sizes, trendClients, trendSizes } from "./configurations.ts";

/** What a report says of one benchmark: its run, all kinds of access together. */
export interface BenchFigures {
  readonly throughput: number;
  readonly avgMs: number;
  /** The highest of the kinds of access: what the slowest hundredth of the slowest kind waited for. */
  readonly p99Ms: number;
  readonly maxMs: number;
  /** CPU of the nodes, the clients and the benchmark for each access, in microseconds; undefined where it is not known. */
  readonly cpuUs: number | undefined;
  /** Which part of the machine's CPU that was, while it ran: what is far below 1 waited for something else. */
  readonly busy: number | undefined;
}

export function figuresOf({ run }: YcsbResult, cores: number): BenchFigures {
  const kinds = Object.values(run.latencies);
  const count = kinds.reduce((sum, each) => sum + each.count, 0);
  const { driver, clients, nodes } = run.cpuUs;
  const cpuUs = clients === undefined || nodes === undefined ? undefined : driver + clients + nodes;
  return {
    cpuUs,
    busy: cpuUs === undefined ? undefined : (cpuUs * count) / 1000 / run.runtimeMs / cores,
    throughput: run.throughput,
    avgMs: kinds.reduce((sum, each) => sum + each.avgUs * each.count, 0) / count / 1000,
    p99Ms: Math.max(...kinds.map((each) => each.p99Us)) / 1000,
    maxMs: Math.max(...kinds.map((each) => each.maxUs)) / 1000,
  };
}

/** The figures of a benchmark by its name; undefined where it was not measured. */
export type Lookup = (name: string) => BenchFigures | undefined;

/** The benchmarks of a report in the shape of its pictures and tables. */
export class ReportFigures {
  readonly #project: Project;
  readonly #lookup: Lookup;

  constructor(project: Project, lookup: Lookup) {
    this.#project = project;
    this.#lookup = lookup;
  }

  /** What is varied, in one and in several. */
  get noun(): string {
    return this.#project === "p2" ? "partitions" : "replicas";
  }

  /** By size, as in `1 partition`. */
  label(size: number): string {
    return `${size} ${size === 1 ? this.noun.slice(0, -1) : this.noun}`;
  }

  /** Ten clients. */
  ten(workload: WorkloadName, size: number): BenchFigures | undefined {
    return this.at(mostClients, workload, size);
  }

  /** Workload A. */
  trend(clients: number, size: number): BenchFigures | undefined {
    return this.at(clients, "a", size);
  }

  at(clients: number, workload: WorkloadName, size: number): BenchFigures | undefined {
    return this.#lookup(benchmark(this.#project, clients, workload, size).name);
  }

  /** One figure of ten clients, by size, then by workload. */
  tenSeries(figure: keyof BenchFigures): Series[] {
    return sizes.map((size) =>
      this.#series(
        size,
        workloadNames.map((workload) => this.ten(workload, size)?.[figure]),
      ),
    );
  }

  /** One figure of workload A, by size, then by number of clients. */
  trendSeries(figure: keyof BenchFigures): Series[] {
    return trendSizes.map((size) =>
      this.#series(
        size,
        trendClients.map((clients) => this.trend(clients, size)?.[figure]),
      ),
    );
  }

  /** A size has the same colour in all pictures. */
  #series(size: (typeof sizes)[number], values: Series["values"]): Series {
    return { name: this.label(size), colour: style.series[sizes.indexOf(size)] ?? style.ink, values };
  }
}
