import { unreachable } from "../../base/assert.ts";
import { keyText } from "../../rsm/state/key-text.ts";
import type { Shard } from "../../rsm/state/state-machine.ts";
import type { GroupCommand } from "../migration/commands.ts";
import type { Picture } from "../migration/picture.ts";

/** What was proposed and is perhaps not applied yet. */
interface Waiting {
  readonly at: number;
  /** Of a chunk. */
  readonly bytes: number;
}

/** After so long, what was proposed and changed nothing may be proposed again. */
const repeatMs = 1000;

/** What a leader has proposed, so that it does not propose it again while it waits to be applied. It costs nothing but entries to forget it. */
export class Proposed {
  readonly #waiting = new Map<string, Waiting>();
  #chunkBytes = 0;

  /** The bytes of chunks that were proposed and are not known to be applied. */
  get chunkBytes(): number {
    return this.#chunkBytes;
  }

  has(name: string): boolean {
    return this.#waiting.has(name);
  }

  add(command: GroupCommand, bytes: number, now: number): void {
    const waiting = { at: now, bytes: command.op === "chunk" ? bytes : 0 };
    for (const name of namesOf(command)) this.#waiting.set(name, waiting);
    this.#chunkBytes += waiting.bytes;
  }

  /** Forgets what is old, and chunks that no arrival waits for any more. */
  settle(picture: Picture, now: number): void {
    const awaited = new Set<string>();
    for (const [shard, { arrivals }] of picture.shards) {
      for (const { since, cursor } of arrivals) awaited.add(chunkName(shard, since, cursor));
    }
    for (const [name, { at, bytes }] of this.#waiting) {
      if (now - at < repeatMs && (bytes === 0 || awaited.has(name))) continue;
      this.#waiting.delete(name);
      this.#chunkBytes -= bytes;
    }
  }

  clear(): void {
    this.#waiting.clear();
    this.#chunkBytes = 0;
  }
}

export function bornName(shard: Shard, since: number): string {
  return `born ${shard} ${since}`;
}

function chunkName(shard: Shard, since: number, start: Uint8Array): string {
  return `chunk ${shard} ${since} ${keyText(start)}`;
}

/** What a command is known by: the same for commands of which one is enough. */
export function namesOf(command: GroupCommand): string[] {
  switch (command.op) {
    case "configure":
      return [`configure ${command.from}`];
    case "chunk":
      return [chunkName(command.shard, command.since, command.body.start)];
    case "born":
      return command.arrivals.map(({ shard, since }) => bornName(shard, since));
    case "clear": {
      const first = command.keys[0] ?? command.clients[0];
      return [`clear ${command.shard} ${command.epoch} ${first === undefined ? "" : keyText(first)}`];
    }
    case "readdress":
      return [`readdress ${command.shard} ${command.left} ${command.address.since}`];
    case "grant":
    case "delete":
      return [`${command.op} ${command.shard} ${command.left} ${command.since}`];
    case "abandon":
      return [`abandon ${command.shard} ${command.since}`];
    case "shape":
      return ["shape"];
    default:
      return unreachable(command);
  }
}
