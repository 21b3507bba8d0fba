import { assert } from "../../src/base/assert.ts";
import { CoreTrio } from "./core-trio.ts";
import type { Case } from "./micro-run.ts";
import { commandBatch } from "./throughput-run.ts";

/** From the proposal of a batch until all three have applied it: one batch at a time, no codec, no log store. */
export function appendCase(): Case {
  const trio = new CoreTrio();
  const leader = trio.elect();
  const commands = commandBatch();
  return {
    name: `core: an entry, in a batch of ${commands.length}, until three replicas have applied it`,
    times: commands.length,
    run: () => {
      for (const command of commands) leader.propose(command);
      while (trio.applied < leader.state.log.mark.index + leader.state.log.entries.length) {
        // Followers learn of the commit with the next heartbeat, and here nothing else follows.
        if (leader.state.applied > trio.applied) trio.tick();
        trio.turn();
      }
    },
  };
}

/** From three cores that know nothing to a leader. */
export function electionCase(): Case {
  let seed = 0;
  return {
    name: "core: an election, from the start of three replicas",
    times: 1,
    run: () => {
      seed += 1;
      const leader = new CoreTrio(undefined, seed).elect();
      assert(leader.state.term > 0, "a leader has a term");
    },
  };
}
