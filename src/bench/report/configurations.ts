import type { Victim } from "../fuzz/crashes.ts";
import type { ServiceShape } from "../service/shape.ts";
import { type WorkloadName, workloadNames } from "../ycsb/workloads.ts";

export type Project = ServiceShape["project"];

/** One fuzz run of a report. Its name is that of the course's log. */
export interface FuzzConfiguration {
  readonly kind: "fuzz";
  readonly name: string;
  readonly shape: ServiceShape;
  readonly victims: readonly Victim[];
}

/** One benchmark of a report. */
export interface YcsbConfiguration {
  readonly kind: "ycsb";
  readonly name: string;
  readonly shape: ServiceShape;
  readonly workload: WorkloadName;
  readonly clients: number;
}

export type Configuration = FuzzConfiguration | YcsbConfiguration;

/** Of P2 partitions, of P3 replicas of the one partition: what the benchmarks vary. */
export const sizes = [1, 3, 5] as const;
/** Counts of clients, and what was varied with them. */
export const trendClients = [1, 10, 20, 30] as const;
export const trendSizes = [1, 5] as const;
export const mostClients = 10;

/** A service of a project of which one says only what the course says: how many partitions, or replicas. */
export function shapeOf(project: Project, size: number): ServiceShape {
  return project === "p2" ? { project, partitions: size, rf: 1, managers: 1 } : { project, partitions: 1, rf: size, managers: 3 };
}

/** What the course's report of a project is made of. */
export function configurationsOf(project: Project): readonly Configuration[] {
  const fuzz = (size: number, victims: readonly Victim[]): FuzzConfiguration => ({
    kind: "fuzz",
    name: `fuzz-${size}-${victims.length === 0 ? "no" : "yes"}`,
    shape: shapeOf(project, size),
    victims,
  });
  const fuzzes = project === "p2" ? [fuzz(3, []), fuzz(3, [1]), fuzz(5, [1, 2])] : [fuzz(5, []), fuzz(5, ["leader", "follower"])];
  const ten = workloadNames.flatMap((workload) => sizes.map((size) => benchmark(project, mostClients, workload, size)));
  const others = trendClients.filter((clients) => clients !== mostClients);
  const trend = others.flatMap((clients) => trendSizes.map((size) => benchmark(project, clients, "a", size)));
  return [...fuzzes, ...ten, ...trend];
}

/** The benchmark with so many clients, whose last number is that of partitions or replicas. */
export function benchmark(project: Project, clients: number, workload: WorkloadName, size: number): YcsbConfiguration {
  return { kind: "ycsb", name: `bench-${clients}-${workload}-${size}`, shape: shapeOf(project, size), workload, clients };
}
