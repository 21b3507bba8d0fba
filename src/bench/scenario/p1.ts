import { randomInt } from "node:crypto";
import { demandSame } from "./demand.ts";
import type { Step } from "./scenario.ts";
import type { Talker } from "./talker.ts";

/** What a testcase has: clients of a server that runs, and keys that nobody else has. */
export interface Testcase {
  readonly client: () => Talker;
  readonly step: Step;
  /** Stands before every key. */
  readonly own: string;
}

/** A mark that no other run has. */
export function freshMark(): string {
  return `t${randomInt(2 ** 40).toString(36)}`;
}

async function foundAndNot({ client, step, own }: Testcase): Promise<void> {
  const one = client();
  const key = `${own}k`;
  await step("1a", "what nobody has put is not there", async () => {
    demandSame(await one.get(key), null, "the key");
    demandSame(await one.delete(key), false, "whether it was there to be deleted");
  });
  await step("1b", "a put says whether the key was there, and a delete too", async () => {
    demandSame(await one.put(key, "1"), false, "whether it was there first");
    demandSame(await one.put(key, "2"), true, "whether it was there then");
    demandSame(await one.get(key), "2", "the key");
    demandSame(await one.delete(key), true, "whether it was there to be deleted");
    demandSame(await one.get(key), null, "the key");
  });
}

async function swaps({ client, step, own }: Testcase): Promise<void> {
  const one = client();
  const key = `${own}k`;
  await step("2", "a swap returns what was there, and nothing at first", async () => {
    demandSame(await one.swap(key, "1"), null, "what was there first");
    for (const value of ["2", "3", "4"]) demandSame(await one.swap(key, value), String(Number(value) - 1), "what was there");
    demandSame(await one.get(key), "4", "the key");
  });
}

async function scans({ client, step, own }: Testcase): Promise<void> {
  const one = client();
  await step("3a", "a scan has all keys between its ends in order, the ends included", async () => {
    for (const letter of ["d", "b", "a", "c", "e"]) await one.put(own + letter, letter.toUpperCase());
    demandSame(await one.scan(`${own}b`, `${own}d`), `${own}b B, ${own}c C, ${own}d D`, "the scan from b to d");
    demandSame(await one.scan(`${own}c`, `${own}c`), `${own}c C`, "the scan of c alone");
  });
  await step("3b", "its ends need not be there, and there need be nothing between them", async () => {
    demandSame(await one.scan(`${own}bb`, `${own}cc`), `${own}c C`, "the scan from bb to cc");
    demandSame(await one.scan(`${own}x`, `${own}z`), "", "the scan from x to z");
  });
}

async function oneAfterTheOther({ client, step, own }: Testcase): Promise<void> {
  const [one, other] = [client(), client()];
  await step("4", "what one client has done another sees at once", async () => {
    for (const round of ["1", "2", "3"]) {
      await one.put(`${own}k`, round);
      demandSame(await other.get(`${own}k`), round, "what the other sees");
      demandSame(await other.swap(`${own}k`, `${round}b`), round, "what the other swaps");
      demandSame(await one.scan(`${own}a`, `${own}z`), `${own}k ${round}b`, "what the one scans");
    }
  });
}

async function allAtOnce({ client, step, own }: Testcase): Promise<void> {
  const clients = Array.from({ length: 5 }, client);
  await step("5", "five clients at once, each with keys of its own, all see what they have done", async () => {
    await Promise.all(
      clients.map(async (one, at) => {
        for (let round = 0; round < 100; round += 1) {
          const key = `${own}${at}x${round % 10}`;
          await one.put(key, String(round));
          demandSame(await one.get(key), String(round), key);
        }
        const rows = Array.from({ length: 10 }, (_, last) => `${own}${at}x${last} ${90 + last}`);
        demandSame(await one.scan(`${own}${at}`, `${own}${at}z`), rows.join(", "), "the scan of its keys");
      }),
    );
  });
}

/** By number, from 1. */
export const testcases: readonly ((testcase: Testcase) => Promise<void>)[] = [foundAndNot, swaps, scans, oneAfterTheOther, allAtOnce];
