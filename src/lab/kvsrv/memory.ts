import type { Case, MemoryRun } from "../case.ts";
import { check, fail } from "../failure.ts";
import type { KvAsk, KvClient, MemoryWorld } from "../kv/world.ts";

const mebibyte = 1024 * 1024;
const large = 10 * mebibyte;
const manyClients = 100_000;
/** Operations of different clients that are under way together: a hundred thousand one by one would take minutes. */
const atOnce = 256;
const deadlineMs = 60_000;
/** How often one looks, and for how long one waits before, until the memory is small enough: what is on its way to the disk is held until then. */
const looks = { count: 10, everyMs: 200 } as const;

/** What it may take: the most bytes on top of what the server held at first, and whether the limit itself is too many. */
interface Limit {
  readonly bytes: number;
  readonly excluded?: boolean;
}

/** A run that measures what is left in memory of what `use` does behind what `prepare` has done. */
function memoryRun(
  limit: Limit,
  use: (world: MemoryWorld) => Promise<void>,
  prepare: (world: MemoryWorld) => Promise<void> = async () => {},
): MemoryRun {
  return {
    on: "process",
    run: async (world) => {
      await prepare(world);
      // The first operation of all takes memory that every later one uses again.
      await done(world.newClient(), { op: "put", key: "warm", value: "up" });
      await done(world.newClient(), { op: "get", key: "warm" });
      await world.sleep(looks.everyMs);
      const before = await world.heap();
      await use(world);
      await checkGrowth(world, before, limit);
    },
  };
}

async function checkGrowth(world: MemoryWorld, before: number, { bytes, excluded }: Limit): Promise<void> {
  let least = Infinity;
  for (let look = 0; look < looks.count; look += 1) {
    await world.sleep(looks.everyMs);
    least = Math.min(least, (await world.heap()) - before);
    if (excluded === true ? least < bytes : least <= bytes) return;
  }
  fail(`the server holds ${least} bytes more than before, ${excluded === true ? `and not less than ${bytes}` : `more than ${bytes}`}`);
}

/** Does an operation that has to succeed. */
async function done(client: Pick<KvClient, "ask">, ask: KvAsk): Promise<string | null | undefined> {
  const reply = await client.ask(ask, deadlineMs);
  if (reply.kind === "done") return reply.told.value;
  return fail(`a ${ask.op} of the key "${ask.key}" was not done: ${reply.kind}${reply.detail === "" ? "" : `, ${reply.detail}`}`);
}

/** Text of so many bytes. */
function textOf(size: number): string {
  return "0123456789abcdef".repeat(Math.ceil(size / 16)).slice(0, size);
}

async function readLarge(world: MemoryWorld): Promise<void> {
  await world.setUnreliable("labrpc");
  const writer = world.newClient();
  const value = textOf(large);
  await done(writer, { op: "put", key: "k", value });
  for (let reader = 0; reader < 2; reader += 1) {
    const read = await done(world.newClient(), { op: "get", key: "k" });
    check(read === value, `a get read ${read?.length ?? 0} bytes, and not the ${large} that were put`);
  }
  await done(writer, { op: "put", key: "k", value: "0" });
}

async function writeLarge(world: MemoryWorld): Promise<void> {
  await done(world.newClient(), { op: "put", key: "k", value: textOf(large) });
  await done(world.newClient(), { op: "put", key: "k", value: "" });
}

async function appendLarge(world: MemoryWorld): Promise<void> {
  const value = textOf(large);
  await done(world.newClient(), { op: "append", key: "k", value });
  await done(world.newClient(), { op: "append", key: "k", value });
  const read = await done(world.newClient(), { op: "get", key: "k" });
  check(read === value + value, `a get read ${read?.length ?? 0} bytes, and not the ${2 * large} that were appended`);
}

/** Each of many clients does one operation. */
async function useManyClients(world: MemoryWorld, ask: KvAsk): Promise<void> {
  let next = 0;
  const take = async (): Promise<void> => {
    while (next < manyClients) {
      next += 1;
      await done(world.newClient(), ask);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, take));
}

async function appendOften(world: MemoryWorld): Promise<void> {
  const clerk = world.newClient();
  const value = textOf(1_000);
  for (let i = 0; i < 1_000; i += 1) await done(clerk, { op: "append", key: "k", value });
  const read = await done(clerk, { op: "get", key: "k" });
  check(read === value.repeat(1_000), `a get read ${read?.length ?? 0} bytes, and not the 1000000 that were appended`);
}

const put: KvAsk = { op: "put", key: "k", value: textOf(1_000) };

/** The MIT limits are of the whole memory; what a JavaScript process holds before it does anything is nobody's fault, so these are of its growth. */
export const memoryCases: readonly Case[] = [
  { number: 5, title: "Memory use get", runs: [memoryRun({ bytes: large, excluded: true }, readLarge)] },
  { number: 6, title: "Memory use put", runs: [memoryRun({ bytes: large, excluded: true }, writeLarge)] },
  { number: 7, title: "Memory use append", runs: [memoryRun({ bytes: 3 * large }, appendLarge)] },
  {
    number: 8,
    title: "Memory use many put clients",
    runs: [memoryRun({ bytes: 200 * manyClients }, (world) => useManyClients(world, put))],
  },
  {
    number: 9,
    title: "Memory use many get clients",
    runs: [
      memoryRun(
        { bytes: 10 * manyClients, excluded: true },
        (world) => useManyClients(world, { op: "get", key: "k" }),
        async (world) => void (await done(world.newClient(), put)),
      ),
    ],
  },
  { number: 10, title: "Memory use many appends", runs: [memoryRun({ bytes: 3_000_000, excluded: true }, appendOften)] },
];
