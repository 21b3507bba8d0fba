import type { LabWorld } from "./world.ts";

/** What is done to one fresh cluster. */
export interface Run {
  /** What tells several runs of one case apart; it stands before the reason of a failure. */
  readonly name?: string;
  readonly servers: number;
  /** Whether every server requests compaction as the course's tester does: up to entry i when i + 1 is a multiple of ten. */
  readonly compacts?: boolean;
  /** The most milliseconds of the world's time that it may take: the MIT tester allows 120 seconds. */
  readonly limitMs?: number;
  run(world: LabWorld): Promise<void>;
}

/** One numbered test. Each of its runs has a cluster of its own, and the case passes when all of them do. */
export interface Case {
  readonly number: number;
  readonly title: string;
  readonly runs: readonly Run[];
}

export interface Suite {
  readonly name: string;
  readonly summary: string;
  /** In the order of their numbers. */
  readonly cases: readonly Case[];
}
