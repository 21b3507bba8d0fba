import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../../src/client/client.ts";
import { connect } from "../../../src/real/connect.ts";
import type { Trio } from "../trio.ts";
import type { Keys } from "./keys.ts";

/** What a replica holds. */
export interface StateSum {
  readonly rows: number;
  /** Of all keys, values and versions in their order. */
  readonly checksum: string;
  /** What is wrong with it by itself; undefined when nothing is. */
  readonly fault: string | undefined;
}

const attemptsMax = 30;

/** What one replica holds: it is read while that one leads, because only a leader answers. */
export async function stateOf(trio: Trio, replica: number, keys: Keys): Promise<StateSum> {
  const client = connect({ group: trio.addresses });
  try {
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      // oxlint-disable no-await-in-loop -- until it has led from the first page to the last
      const term = await lead(trio, replica, client);
      const sum = await sumOf(client, keys);
      if (trio.server(replica).leadsIn === term) return sum;
      // oxlint-enable no-await-in-loop
    }
    throw new Error(`replica ${replica} has not led for long enough in ${attemptsMax} attempts`);
  } finally {
    await client.close();
  }
}

/** Has that replica lead a group of itself and one other; the term in which it does. */
async function lead(trio: Trio, replica: number, client: Client): Promise<number> {
  const [other = 0, third = 0] = [0, 1, 2].filter((at) => at !== replica);
  await trio.start([replica, other]);
  // Whatever the third one alone knows is with the others before it goes: it has been committed.
  await trio.end("SIGKILL", [third]);
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    // oxlint-disable no-await-in-loop -- until chance will have it so
    await client.get("");
    // What it says of itself is still on its way when its first answer is here.
    while (trio.leader === undefined) await sleep(10);
    if (trio.leader === replica) return trio.server(replica).leadsIn;
    await trio.end("SIGKILL", [other]);
    await trio.start([other]);
    // oxlint-enable no-await-in-loop
  }
  throw new Error(`replica ${replica} does not come to lead in ${attemptsMax} elections`);
}

async function sumOf(client: Client, keys: Keys): Promise<StateSum> {
  const hash = createHash("sha256");
  let [rows, fault] = [0, undefined as string | undefined];
  for await (const page of client.scan().pages()) {
    for (const { key, value, version } of page) {
      fault ??= keys.fault(rows, key, value, version);
      hash.update(`${key}\n${value}\n${version}\n`);
      rows += 1;
    }
  }
  return { rows, checksum: hash.digest("hex"), fault };
}
