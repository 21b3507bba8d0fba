import { utf8 } from "../../base/bytes.ts";
import { partitioner } from "../../shardmaster/partitioner.ts";
import type { ServiceShape } from "../service/shape.ts";
import type { Play, Scenario, Step } from "./scenario.ts";
import { demand, demandSame } from "./demand.ts";
import { Stage } from "./stage.ts";
import type { Talker } from "./talker.ts";

/** Two partitions of three replicas: each goes on without one of them. */
const two: ServiceShape = { project: "p3", partitions: 2, rf: 3, managers: 3 };
/** A deadline at which a client gives up what nobody can answer. */
const deadline = "2s";

/** Each of two partitions has some of them. */
const keys: readonly string[] = Array.from({ length: 6 }, (_, at) => `key0000${at}`);
const partitionOf = partitioner({ kind: "hash" }, two.partitions);

function keysOf(partition: number): readonly string[] {
  return keys.filter((key) => partitionOf(utf8(key)) === partition);
}

async function write(client: Talker, mark: string): Promise<void> {
  for (const key of keys) await client.put(key, mark);
}

/** Sees to it that all keys hold that, one by one and together. */
async function demandAll(client: Talker, mark: string): Promise<void> {
  for (const key of keys) demandSame(await client.get(key), mark, key);
  demandSame(await client.scan("key", "kez"), keys.map((key) => `${key} ${mark}`).join(", "), "the scan of all keys");
}

function nodesOf(partition: number): string[] {
  return Array.from({ length: two.rf }, (_, replica) => `s${partition}.${replica}`);
}

/** Two replicas of a partition that do not lead it. */
async function followers(stage: Stage, partition: number): Promise<[string, string]> {
  const leader = await stage.leader(partition);
  return nodesOf(partition).filter((node) => node !== leader) as [string, string];
}

/** 1 to 4: replicas and managers fail, as many as may, and then one more. */
async function failures({ place, step }: Play): Promise<void> {
  const stage = await Stage.open(two, place);
  try {
    const client = stage.client();
    await write(client, "0");
    await followersFail(stage, client, step);
    await leaderFails(stage, client, step);
    await managerFails(stage, step);
    await tooManyFail(stage, client, step);
    await client.stop();
    stage.checkNodes();
  } finally {
    await stage.close();
  }
}

async function followersFail(stage: Stage, client: Talker, step: Step): Promise<void> {
  const failed = [(await followers(stage, 0))[0], (await followers(stage, 1))[0]];
  await step("1", `a follower fails in each of two partitions (${failed.join(", ")}): the same client keeps working`, async () => {
    await stage.kill(...failed);
    await demandAll(client, "0");
    await write(client, "1");
    await demandAll(client, "1");
  });
  stage.launch(...failed);
  await stage.registered(...failed);
}

async function leaderFails(stage: Stage, client: Talker, step: Step): Promise<void> {
  const leader = await stage.leader(0);
  await step("2", `the leader of a partition fails (${leader}): another is elected, and the same client keeps working`, async () => {
    await stage.kill(leader);
    await demandAll(client, "1");
    await write(client, "2");
    await demandAll(client, "2");
    const next = await stage.leader(0);
    demand(next !== leader, `${leader} leads on, and is dead.`);
    await stage.says(next, '"to":"leader"');
  });
  stage.launch(leader);
  await stage.registered(leader);
}

async function managerFails(stage: Stage, step: Step): Promise<void> {
  await step("3", "a manager fails (m.0): new clients join, and use the store", async () => {
    await stage.kill("m.0");
    const newcomer = stage.client();
    await demandAll(newcomer, "2");
    await write(newcomer, "3");
    await demandAll(newcomer, "3");
    await newcomer.stop();
  });
}

async function tooManyFail(stage: Stage, client: Talker, step: Step): Promise<void> {
  const failed = await followers(stage, 1);
  await step(
    "4",
    `two of three replicas fail (${failed.join(", ")}): what needs them has no answer within ${deadline}, all else is right`,
    async () => {
      await stage.kill(...failed);
      for (const key of keysOf(0)) demandSame(await client.get(key), "3", key);
      const [lost] = keysOf(1);
      demandSame(await stage.saysWithin(deadline, [`GET ${lost}`, `PUT ${lost} 4`, "SCAN key kez", "STOP"]), "STOP\n", "what was answered");
      for (const key of keysOf(0)) demandSame(await client.swap(key, "5"), "3", key);
    },
  );
}

/** 9: a failed replica comes back, and counts again. */
async function rejoin({ place, step }: Play): Promise<void> {
  const stage = await Stage.open({ ...two, partitions: 1 }, place);
  try {
    const client = stage.client();
    await write(client, "0");
    const [first, second] = await followers(stage, 0);
    await step("9a", `a replica fails (${first}), and misses what is written`, async () => {
      await stage.kill(first);
      await write(client, "1");
    });
    await step("9b", `it comes back, and another fails (${second}): there is a quorum with it`, async () => {
      stage.launch(first);
      await stage.registered(first);
      await stage.kill(second);
      await write(client, "2");
      await demandAll(client, "2");
    });
    await step("9c", "the leader fails, and the other comes back: what was written is with the one that came back first", async () => {
      stage.launch(second);
      await stage.registered(second);
      await stage.kill(await stage.leader(0));
      await demandAll(client, "2");
    });
    await client.stop();
    stage.checkNodes();
  } finally {
    await stage.close();
  }
}

/** 10: managers fail one after the other, and come back. */
async function managers({ place, step }: Play): Promise<void> {
  const stage = await Stage.open({ ...two, partitions: 1 }, place);
  try {
    const client = stage.client();
    await write(client, "0");
    for (const manager of ["m.0", "m.1", "m.2"]) {
      await step("10", `${manager} fails: servers restart, and new clients join, without it`, async () => {
        await stage.kill(manager, "s0.1");
        stage.launch("s0.1");
        await stage.registered("s0.1");
        const newcomer = stage.client();
        await write(newcomer, manager);
        await demandAll(client, manager);
        await newcomer.stop();
      });
      stage.launch(manager);
      await stage.says(manager, "The cluster is begun.");
    }
    await client.stop();
    stage.checkNodes();
  } finally {
    await stage.close();
  }
}

export const p3Scenarios: readonly Scenario[] = [
  { numbers: [1, 2, 3, 4], play: failures },
  { numbers: [5], fuzz: ["p3", "--rf", "5"] },
  { numbers: [6], fuzz: ["p3", "--rf", "5", "--crash", "leader,follower"] },
  { numbers: [9], play: rejoin },
  { numbers: [10], play: managers },
];
