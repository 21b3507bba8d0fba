import { randomInt } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../real/free-ports.ts";
import { LocalServer } from "./local-server.ts";
import { BadSetting } from "./settings.ts";

/** What the servers of a local group are told, every time they start. */
export interface LocalGroup {
  readonly servers: readonly string[];
  /** Drawn when the group was made. */
  readonly creation: number;
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

/** Starts a server for each address of the group, with these words in front of what says which server it is. */
export function startServers(
  directory: string,
  { servers, creation }: LocalGroup,
  [program, ...words]: readonly [string, ...string[]],
): LocalServer[] {
  return servers.map((address, replica) => {
    const which = ["--servers", servers.join(","), "--replica", String(replica), "--creation", String(creation)];
    const data = ["--data", join(directory, String(replica)), "--create"];
    const name = String(replica);
    const server = new LocalServer({
      name,
      address,
      command: [program, ...words, ...which, ...data],
      log: join(directory, `${name}.log`),
    });
    server.start();
    return server;
  });
}
