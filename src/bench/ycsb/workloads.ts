/** The letters of YCSB's core workloads. */
export const workloadNames = ["a", "b", "c", "d", "e", "f"] as const;
export type WorkloadName = (typeof workloadNames)[number];

/** What a workload's clients do: shares of a hundred operations, and which keys they choose. */
export interface Workload {
  readonly title: string;
  readonly read: number;
  readonly update: number;
  readonly insert: number;
  readonly scan: number;
  readonly readModifyWrite: number;
  /** `latest`: mostly what was inserted last. */
  readonly keys: "zipfian" | "latest";
}

const none = { read: 0, update: 0, insert: 0, scan: 0, readModifyWrite: 0, keys: "zipfian" } as const;

/** YCSB 0.17.0's core workloads. */
export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  a: { ...none, title: "half reads, half updates", read: 50, update: 50 },
  b: { ...none, title: "95 % reads, 5 % updates", read: 95, update: 5 },
  c: { ...none, title: "reads only", read: 100 },
  d: { ...none, title: "95 % reads of the latest, 5 % inserts", read: 95, insert: 5, keys: "latest" },
  e: { ...none, title: "95 % short scans, 5 % inserts", scan: 95, insert: 5 },
  f: { ...none, title: "half reads, half reads with a write", read: 50, readModifyWrite: 50 },
};

/** Records that stand in the table before the run, unless one says otherwise. */
export const recordCount = 1000;
/** A scan asks for 1 to so many records, each number as likely. */
export const scanLengthMax = 100;
export const fieldCount = 10;
export const fieldLength = 100;
