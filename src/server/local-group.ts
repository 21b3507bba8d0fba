import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../real/free-ports.ts";
import { BadSetting } from "./settings.ts";

/** What the servers of a local group are told, every time they start. */
export interface LocalGroup {
  readonly servers: readonly string[];
  /** Drawn when the group was made. */
  readonly creation: number;
}

/** One server of a local group. */
export interface LocalServer {
  readonly replica: number;
  readonly address: string;
  readonly process: ChildProcess;
  /** Where its log is. */
  readonly log: string;
  /** How it ended, when it has. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

const creationMax = 2 ** 32;

/** The group in `directory`; a new one of so many servers, on ports that are free, when there is none. */
export async function localGroup(directory: string, size: number): Promise<LocalGroup> {
  const file = join(directory, "group.json");
  if (existsSync(file)) return readGroup(file);
  mkdirSync(directory, { recursive: true });
  const servers = (await freePorts(size)).map((port) => `127.0.0.1:${port}`);
  const group = { servers, creation: randomInt(1, creationMax) };
  writeFileSync(file, `${JSON.stringify(group)}\n`);
  return group;
}

function readGroup(file: string): LocalGroup {
  try {
    const { servers, creation } = JSON.parse(readFileSync(file, "utf8")) as Partial<LocalGroup>;
    if (Array.isArray(servers) && typeof creation === "number") return { servers, creation };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new BadSetting(`${file} does not describe a group; give another directory, or remove this one.`);
}

/**
 * Starts a process for each server of the group, with these words in front of what says which server it is. None outlives this process,
 * however it ends.
 */
export function startServers(directory: string, { servers, creation }: LocalGroup, words: readonly string[]): LocalServer[] {
  return servers.map((address, replica) => {
    const log = join(directory, `${replica}.log`);
    const which = ["--servers", servers.join(","), "--replica", String(replica), "--creation", String(creation)];
    const data = ["--data", join(directory, String(replica)), "--create"];
    const stderr = openSync(log, "a");
    const child = spawn(process.execPath, [...words, ...which, ...data, "--until-stdin-ends"], { stdio: ["pipe", "ignore", stderr] });
    closeSync(stderr);
    const ended = new Promise<number | NodeJS.Signals | null>((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
    return { replica, address, process: child, log, ended };
  });
}
