import { background } from "../background.ts";
import type { Case } from "../case.ts";
import type { LabWorld, Unreliability } from "../world.ts";
import { agree } from "./steps.ts";

const rounds = 49;

async function unreliableAgreement(world: LabWorld, model: Unreliability): Promise<void> {
  await world.setUnreliable(model);
  const agreements: Promise<number>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < 4; i += 1) agreements.push(background(agree(world, 1)));
    await agree(world, 1);
  }
  await world.setUnreliable(undefined);
  await Promise.all(agreements);
  await agree(world, 5);
}

export const unreliableCases: readonly Case[] = [
  {
    number: 10,
    title: "Unreliable agreement",
    runs: [
      { name: "labrpc", servers: 5, run: (world) => unreliableAgreement(world, "labrpc") },
      { name: "slices", servers: 5, run: (world) => unreliableAgreement(world, "slices") },
    ],
  },
];
