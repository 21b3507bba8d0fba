import { expect, test } from "vitest";
import { runSeed } from "../../src/sim/fuzz.ts";
import { runKvSeed } from "../../src/sim/kv/fuzz.ts";
import { runMasterSeed } from "../../src/sim/master/fuzz.ts";
import { runShardedSeed } from "../../src/sim/sharded/fuzz.ts";

const seeds = 2000;

/** A part of the seeds for each test, so that something is seen to move. */
const parts = 20;

test.each(Array.from({ length: parts }, (_, part) => part))(
  `part %i of ${parts} of ${seeds} simulated universes breaks no promise`,
  (part) => {
    const first = 1 + (part * seeds) / parts;
    const broken: string[] = [];
    for (let seed = first; seed < first + seeds / parts; seed += 1) {
      const { finding } = runSeed(seed);
      if (finding !== undefined) broken.push(`kvorum fuzz raft ${seed}: ${finding.invariant}, ${finding.sentence}`);
    }
    expect(broken).toEqual([]);
  },
);

test.each(Array.from({ length: parts }, (_, part) => part))(
  `part %i of ${parts} of ${seeds} simulated groups with clients breaks no promise, and every history is linearizable`,
  (part) => {
    const first = 1 + (part * seeds) / parts;
    const broken: string[] = [];
    for (let seed = first; seed < first + seeds / parts; seed += 1) {
      const { finding, why } = runKvSeed(seed);
      if (finding !== undefined) broken.push(`kvorum fuzz group ${seed}: ${finding.invariant}, ${finding.sentence}`);
      else if (why?.includes("decided") === true) broken.push(`kvorum fuzz group ${seed}: ${why}`);
    }
    expect(broken).toEqual([]);
  },
);

test.each(Array.from({ length: parts }, (_, part) => part))(
  `part %i of ${parts} of ${seeds} simulated shardmasters breaks no promise, and every history is linearizable`,
  (part) => {
    const first = 1 + (part * seeds) / parts;
    const broken: string[] = [];
    for (let seed = first; seed < first + seeds / parts; seed += 1) {
      const { finding, why } = runMasterSeed(seed);
      if (finding !== undefined) broken.push(`kvorum fuzz master ${seed}: ${finding.invariant}, ${finding.sentence}`);
      else if (why?.includes("decided") === true) broken.push(`kvorum fuzz master ${seed}: ${why}`);
    }
    expect(broken).toEqual([]);
  },
);

test.each(Array.from({ length: parts }, (_, part) => part))(
  `part %i of ${parts} of ${seeds} simulated clusters breaks no promise, and every history is linearizable`,
  (part) => {
    const first = 1 + (part * seeds) / parts;
    const broken: string[] = [];
    for (let seed = first; seed < first + seeds / parts; seed += 1) {
      const { finding, why } = runShardedSeed(seed);
      if (finding !== undefined) broken.push(`kvorum fuzz ${seed}: ${finding.invariant}, ${finding.sentence}`);
      else if (why?.includes("decided") === true) broken.push(`kvorum fuzz ${seed}: ${why}`);
    }
    expect(broken).toEqual([]);
  },
);
