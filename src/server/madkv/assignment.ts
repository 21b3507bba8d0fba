import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Group } from "../../shardmaster/config.ts";
import type { Founding } from "../../shardmaster/founding/wire.ts";
import { serverId } from "../../base/ids.ts";
import { BadSetting } from "../settings.ts";
import { groupOf } from "./cluster.ts";
import type { MadkvServerSettings } from "./settings.ts";

/** What a manager has told a server: it is kept in the server's directory, so that a server is started again without a manager. */
export interface Assignment {
  readonly creation: number;
  readonly partition: number;
  readonly replica: number;
  /** Of this partition, by replica: the addresses at which clients reach them. */
  readonly servers: readonly string[];
  /** Clients were answered once. */
  readonly begun: boolean;
}

/** The server's assignment as the manager has it; throws a `BadSetting` when the two were started for different clusters. */
export function assignmentIn({ groups, begun }: Founding, { partition, peers }: MadkvServerSettings): Assignment {
  const group = groups.find(({ gid }) => gid === groupOf(partition));
  if (group === undefined)
    throw new BadSetting(`There is no partition ${partition}: the manager has ${groups.length}, numbered from 0 to ${groups.length - 1}.`);
  const { creation, servers } = group;
  const assignment = { creation, partition, replica: peers.replica, servers, begun };
  checkFit(assignment, peers.addresses.length);
  return assignment;
}

/** Sees to it that a server was given as many peers as its partition has; throws a `BadSetting`. */
export function checkFit({ partition, servers }: Assignment, replicas: number): void {
  if (servers.length === replicas) return;
  const given = replicas === 1 ? "No peers were given" : `${replicas - 1} peers were given`;
  const wanted =
    servers.length === 1
      ? "has no replica but this one; give none"
      : `has ${servers.length} replicas; give the other ${servers.length - 1}`;
  throw new BadSetting(`${given}, and partition ${partition} ${wanted}.`);
}

/** The group that the assignment is of. */
export function groupIn({ creation, partition, servers }: Assignment): Group {
  return { gid: groupOf(partition), creation, servers: servers.map(serverId) };
}

const fileName = "assignment.json";

/** What is kept in the directory; undefined when there is nothing, or nothing that can be read: the manager is asked anew. */
export function readAssignment(directory: string): Assignment | undefined {
  const path = join(directory, fileName);
  if (!existsSync(path)) return undefined;
  const { creation, partition, replica, servers, begun } = fieldsIn(readFileSync(path, "utf8"));
  if (!isWhole(creation) || !isWhole(partition) || !isWhole(replica) || typeof begun !== "boolean") return undefined;
  if (!Array.isArray(servers) || !servers.every((server) => typeof server === "string")) return undefined;
  return { creation, partition, replica, servers, begun };
}

function fieldsIn(text: string): Partial<Record<keyof Assignment, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Partial<Record<keyof Assignment, unknown>>;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Keeps it: all of it or nothing, also after a power cut. */
export function writeAssignment(directory: string, assignment: Assignment): void {
  const path = join(directory, fileName);
  const file = openSync(`${path}.new`, "w");
  try {
    writeSync(file, `${JSON.stringify(assignment)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}
