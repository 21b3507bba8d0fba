import { expect, test } from "vitest";
import { background } from "../../src/lab/background.ts";
import { runCase } from "../../src/lab/runner.ts";
import { shardOf } from "../../src/lab/shardkv/names.ts";
import { onSharded, type Sharded } from "../../src/lab/shardkv/sharded.ts";
import { SimWorlds } from "../../src/lab/sim/sim-kind.ts";

const [one, two] = [100, 101];
const valueBytes = 100;
/** They lie in one shard. */
const rows = Array.from({ length: 60 }, (_, row) => `0 ${row}`);

/** For how many simulated milliseconds rows move to a group one by one, while a client of that group is served or nobody is. */
async function moveTook(isServed: boolean): Promise<number> {
  let took = 0;
  const body = async (sharded: Sharded): Promise<void> => {
    const { world } = sharded;
    await sharded.join(one);
    const writer = sharded.newClerk();
    for (const key of rows) await writer.put(key, "x".repeat(valueBytes)); // oxlint-disable-line no-await-in-loop
    await sharded.join(two);
    await sharded.move(shardOf("0"), one);
    await sharded.move(shardOf("1"), two);
    await writer.put("1", "stays");
    const state = { goesOn: isServed };
    const reader = sharded.newClerk();
    const reading = background(
      (async () => {
        while (state.goesOn) await reader.get("1"); // oxlint-disable-line no-await-in-loop
      })(),
    );
    await world.sleep(2000);
    const begun = world.now();
    await sharded.leave(one);
    // oxlint-disable-next-line no-await-in-loop -- again and again
    while (Math.max(...(await world.group(two).snapshotSizes())) < rows.length * valueBytes) await world.sleep(20);
    took = world.now() - begun;
    state.goesOn = false;
    await reading;
  };
  const runs = [onSharded({ gids: [one, two], chunkRowsMax: 1 }, body)];
  const outcome = await runCase("pace", { number: 1, title: "Rows move", runs }, 1, new SimWorlds());
  expect(outcome.reason).toBeUndefined();
  return took;
}

test("a group to which rows move rests while its clients are served", async () => {
  const alone = await moveTook(false);
  expect(await moveTook(true)).toBeGreaterThan(2 * alone);
});
