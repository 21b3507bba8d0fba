import type { KvRun } from "../case.ts";
import { check } from "../failure.ts";
import { checkAppends, elementOf } from "./appends.ts";
import { shownValue } from "./clerk.ts";
import { mitLimitMs } from "../group/steps.ts";
import { onStore, type Store } from "./store.ts";

const clients = 5;
const appends = 10;
const key = "k";

/** Five clients append to one key over an unreliable network: everything arrives once, and each client's in its order. */
export function oneKeyRun(servers: number): KvRun {
  return onStore({ servers, limitMs: mitLimitMs }, oneKey);
}

async function oneKey(store: Store): Promise<void> {
  await store.world.setUnreliable("labrpc");
  const reader = store.newClerk();
  await reader.put(key, "");
  await Promise.all(Array.from({ length: clients }, (_, client) => appendAll(store, client)));
  const value = await reader.get(key);
  for (let client = 0; client < clients; client += 1) checkAppends(client, value, appends);
}

/** An append finds what the client appended before, and not what it is about to append. */
async function appendAll(store: Store, client: number): Promise<void> {
  const clerk = store.newClerk();
  for (let i = 0; i < appends; i += 1) {
    const old = (await clerk.append(key, elementOf(client, i))) ?? "";
    const before = i === 0 ? "" : elementOf(client, i - 1);
    check(old.includes(before), `an append of client ${client} did not find its last one in ${shownValue(old)}`);
    check(!old.includes(elementOf(client, i)), `an append of client ${client} found itself in ${shownValue(old)}`);
  }
}
