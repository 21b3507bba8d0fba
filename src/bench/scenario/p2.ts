import type { ServiceShape } from "../service/shape.ts";
import type { Play, Scenario, Step } from "./scenario.ts";
import { demand, demandSame } from "./demand.ts";
import { pass, Stage } from "./stage.ts";
import type { Talker } from "./talker.ts";

const three: ServiceShape = { project: "p2", partitions: 3, rf: 1, managers: 1 };
/** A deadline at which a client gives up what nobody can answer. */
const deadline = "2s";

/** 1 to 8: the life of three partitions, one of which dies and comes back. They are ranges: up to `J`, from `K` to `e`, and from `f` on. */
async function lifeOfThree({ place, step }: Play): Promise<void> {
  const stage = await Stage.open(three, place, { flags: ["--partitioner", "range"] });
  try {
    const client = stage.client();
    await step("1", "the manager and three servers start on empty storage: all register, and a client connects", async () => {
      await stage.registered("s0", "s1", "s2");
      demandSame(await client.get("nobody"), null, "a key that nobody has put");
    });
    await beforeTheDeath(client, step);
    await step("4", "server 1 is killed", () => stage.kill("s1"));
    await whileItIsDead(stage, client, step);
    await step("7", "server 1 starts again with the same parameters: it recovers, and registers again", async () => {
      stage.launch("s1");
      await stage.registered("s1");
    });
    await step("8", "a get of a key of that partition returns what was acknowledged last", async () => {
      demandSame(await client.get("Paul"), "paul3", "Paul");
      demandSame(
        await client.scan("0", "zzzz"),
        "1 one, Apple red, Paul paul3, Zoe zoe1, bill b, kate k, zack z2",
        "the scan of everything",
      );
    });
    await client.stop();
    stage.checkNodes();
  } finally {
    await stage.close();
  }
}

async function beforeTheDeath(client: Talker, step: Step): Promise<void> {
  await step("2", "several puts and swaps are all answered", async () => {
    for (const [key, value] of Object.entries({ Apple: "green", "1": "one", Paul: "paul1", Zoe: "zoe1", bill: "b", kate: "k", zack: "z1" }))
      demandSame(await client.put(key, value), false, `whether ${key} was there`);
    demandSame(await client.put("Paul", "paul2"), true, "whether Paul was there");
    demandSame(await client.swap("Apple", "red"), "green", "what Apple was");
    demandSame(await client.swap("Paul", "paul3"), "paul2", "what Paul was");
    demandSame(await client.swap("zack", "z2"), "z1", "what zack was");
  });
  await step("3", "several gets and scans are right, over all partitions, merged and in order", async () => {
    demandSame(await client.get("Apple"), "red", "Apple");
    demandSame(await client.get("zack"), "z2", "zack");
    demandSame(await client.scan("0", "zzzz"), "1 one, Apple red, Paul paul3, Zoe zoe1, bill b, kate k, zack z2", "the scan of everything");
    demandSame(await client.scan("Apple", "bill"), "Apple red, Paul paul3, Zoe zoe1, bill b", "the scan from Apple to bill");
  });
}

async function whileItIsDead(stage: Stage, client: Talker, step: Step): Promise<void> {
  await step("5", "a get and a scan of partitions that live succeed while it is dead", async () => {
    demandSame(await client.get("Apple"), "red", "Apple");
    demandSame(await client.scan("0", "Bob"), "1 one, Apple red", "the scan from 0 to Bob");
    demandSame(await client.scan("k", "zzzz"), "kate k, zack z2", "the scan from k to zzzz");
  });
  await step("6", `a get and a scan that need it are not answered, by a client with a deadline of ${deadline}`, async () => {
    demandSame(await stage.saysWithin(deadline, ["GET Paul", "SCAN 0 zzzz", "STOP"]), "STOP\n", "what was answered");
  });
}

/** 14: a server is there before the manager. */
async function serverFirst({ place, step }: Play): Promise<void> {
  const stage = await Stage.open(three, place, { nodes: ["s0", "s1", "s2"] });
  try {
    await step("14a", "servers without a manager wait", async () => {
      for (const node of ["s0", "s1", "s2"]) await stage.says(node, "waiting for the manager");
    });
    await step("14b", "they register when it appears, and a client is served", async () => {
      stage.launch("m");
      await stage.registered("s0", "s1", "s2");
      demandSame(await stage.client().put("a", "1"), false, "whether a was there");
    });
    stage.checkNodes();
  } finally {
    await stage.close();
  }
}

/** 15: a client is there before everybody else. */
async function clientFirst({ place, step }: Play): Promise<void> {
  const stage = await Stage.open(three, place, { nodes: [] });
  try {
    const client = stage.client();
    const answer = client.put("a", "1");
    await step("15a", "a client waits for the manager", async () => {
      await pass(1000);
      demand(client.isAsking, "It was answered, by nobody.");
    });
    await step("15b", "it waits while a server has not registered", async () => {
      stage.launch("m", "s0", "s1");
      await stage.registered("s0", "s1");
      await pass(1000);
      demand(client.isAsking, "It was answered before all had registered.");
    });
    await step("15c", "it is answered when all have", async () => {
      stage.launch("s2");
      demandSame(await answer, false, "whether a was there");
    });
    await client.stop();
    stage.checkNodes();
  } finally {
    await stage.close();
  }
}

/** 16: a server is silent, and not dead. */
async function silentServer({ place, step }: Play): Promise<void> {
  const stage = await Stage.open({ ...three, partitions: 1 }, place);
  try {
    const client = stage.client();
    await client.put("a", "1");
    await step("16a", "a client tries on while its server does not respond", async () => {
      stage.service.signal("s0", "SIGSTOP");
      const answer = client.swap("a", "2");
      await pass(4000);
      demand(client.isAsking, "It was answered, by nobody.");
      stage.service.signal("s0", "SIGCONT");
      demandSame(await answer, "1", "what a was");
    });
    await step("16b", "it has recovered by itself", async () => demandSame(await client.get("a"), "2", "a"));
    await client.stop();
    stage.checkNodes();
  } finally {
    await stage.close();
  }
}

/** 17: crashes cut operations. */
async function cutOperations({ place, step }: Play): Promise<void> {
  const stage = await Stage.open({ ...three, partitions: 1 }, place);
  try {
    const client = stage.client();
    await client.put("a", "0");
    for (let round = 1; round <= 3; round += 1) {
      await step(`17.${round}`, "an operation that a crash has cut is tried until it is done, once", async () => {
        const answer = client.swap("a", String(round));
        await pass(round - 1);
        await stage.kill("s0");
        stage.launch("s0");
        demandSame(await answer, String(round - 1), "what a was");
      });
    }
    await client.stop();
    stage.checkNodes();
  } finally {
    await stage.close();
  }
}

export const p2Scenarios: readonly Scenario[] = [
  { numbers: [1, 2, 3, 4, 5, 6, 7, 8], play: lifeOfThree },
  { numbers: [9], fuzz: ["p2", "--servers", "3"] },
  { numbers: [10], fuzz: ["p2", "--servers", "3", "--crash", "1"] },
  { numbers: [11], fuzz: ["p2", "--servers", "5", "--crash", "1,2"] },
  { numbers: [14], play: serverFirst },
  { numbers: [15], play: clientFirst },
  { numbers: [16], play: silentServer },
  { numbers: [17], play: cutOperations },
];
