import { type ReplicaOptions, replicaOptions } from "../../rsm/options.ts";

/** One that is alone has nobody to wait for: it leads as soon as it can. */
const alone = { member: { raft: { electionTicks: 2, heartbeatTicks: 1 } } };

/** The knobs of a replica of a group of that size. */
export function optionsFor(size: number): ReplicaOptions {
  return replicaOptions(size === 1 ? alone : {});
}
