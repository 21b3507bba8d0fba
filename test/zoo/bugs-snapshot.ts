import type { Bug } from "./plant.ts";

const receiver = "rsm/snapshot/snapshot-receiver.ts";

/** Bugs of snapshots that arrive in many chunks. */
export const snapshotBugs: readonly Bug[] = [
  {
    id: "c1-chunk-of-another-transfer",
    title: "a chunk counts whichever transfer it belongs to: the rows of two snapshots make up one",
    source: "streamed snapshots: every attempt begins from the beginning",
    patches: [
      {
        file: receiver,
        find: "return incoming.from === from && incoming.term === term && nonce === transfer.nonce && count === transfer.count;",
        replace: "return incoming.from === from && incoming.term === term && nonce === transfer.nonce && count > 0;",
      },
    ],
  },
  {
    id: "c2-chunk-skipped",
    title: "a chunk is taken although one before it is missing",
    source: "Raft, figure 13: the data is written at its offset, and only a whole snapshot is installed",
    patches: [{ file: receiver, find: "chunk.number !== arrived + 1 || isWhole", replace: "chunk.number <= arrived || isWhole" }],
  },
  {
    id: "c3-generation-reused",
    title: "after a crash a snapshot goes under the number of an abandoned one, whose rows are just being deleted",
    source: "lazy deletion: what was asked for before a restart goes on after it",
    patches: [
      {
        file: receiver,
        find: "this.#lastGeneration = context.generations.highest;",
        replace: "this.#lastGeneration = context.generations.live;",
      },
    ],
  },
  {
    id: "c4-abandoned-rows-stay",
    title: "the rows of a snapshot that was given up are never deleted",
    source: "Raft, section 7: a follower discards a partial snapshot",
    patches: [{ file: receiver, find: "    this.#clear(incoming.generation);\n", replace: "" }],
  },
];
