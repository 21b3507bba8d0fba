import { describe, expect, test } from "vitest";
import type { GroupClient } from "../../src/rsm/caller/group-client.ts";
import { ClientSession, type Ending, type Outcome } from "../../src/rsm/caller/operation.ts";
import { refused } from "../../src/rsm/state/state-machine.ts";
import { encodeMasterResult } from "../../src/shardmaster/results.ts";
import { type ClusterShape, encodeShape } from "../../src/shardmaster/shape.ts";
import { ShapeKeeper } from "../../src/shardmaster/shape-keeper.ts";

const shape: ClusterShape = { cluster: "a", shards: 4, partitioner: { kind: "hash" } };
const other: ClusterShape = { ...shape, cluster: "b" };

/** A keeper whose group says what a test has it say. */
class Rig {
  readonly known: (string | undefined)[] = [];
  readonly keeper: ShapeKeeper;
  readonly asked: string[] = [];
  cancelled = 0;
  #answer: ((ending: Ending) => void) | undefined;
  #conclude: ((outcome: Outcome) => void) | undefined;

  constructor() {
    const group: Pick<GroupClient, "query" | "execute"> = {
      query: (_, deadlineMs, done) => {
        this.asked.push(`query for ${deadlineMs}`);
        this.#answer = done;
        return () => void (this.cancelled += 1);
      },
      execute: (_, deadlineMs, done) => {
        this.asked.push(`init for ${deadlineMs}`);
        this.#conclude = done;
        return () => void (this.cancelled += 1);
      },
    };
    this.keeper = new ShapeKeeper(group as GroupClient, new ClientSession(new Uint8Array(16)), shape, (why) => this.known.push(why));
    this.keeper.start();
  }

  answer(ending: Ending): void {
    this.#answer?.(ending);
  }

  answerShape(given: ClusterShape | undefined): void {
    this.answer({ kind: "result", bytes: encodeMasterResult({ ok: true, op: "shape", shape: given && encodeShape(given) }) });
  }

  conclude(outcome: Outcome): void {
    this.#conclude?.(outcome);
  }
}

describe("a server that looks after the shape", () => {
  test("asks first, and is content with its own", () => {
    const rig = new Rig();
    rig.answerShape(shape);
    expect(rig.asked).toEqual(["query for Infinity"]);
    expect(rig.known).toEqual([undefined]);
  });

  test("proposes its own where there is none", () => {
    const rig = new Rig();
    rig.answerShape(undefined);
    expect(rig.known).toEqual([]);
    rig.conclude({ kind: "result", bytes: encodeMasterResult({ ok: true, op: "changed", number: 0, changed: true }) });
    expect(rig.asked).toEqual(["query for Infinity", "init for Infinity"]);
    expect(rig.known).toEqual([undefined]);
  });

  test("says what the other one is", () => {
    const rig = new Rig();
    rig.answerShape(other);
    expect(rig.known).toEqual([
      "The cluster is 'b' with 4 shards by hash, for ever, and this server was started for 'a' with 4 shards by hash.",
    ]);
  });

  test("hears of another one that was quicker", () => {
    const rig = new Rig();
    rig.answerShape(undefined);
    rig.conclude({ kind: "result", bytes: encodeMasterResult(refused("bad_request", "The cluster was initialised as another one.")) });
    expect(rig.known).toEqual(["The cluster was initialised as another one."]);
  });

  test.each<Outcome>([{ kind: "lost" }, { kind: "unknown", detail: "expired" }])("asks again when it does not know: $kind", (outcome) => {
    const rig = new Rig();
    rig.answerShape(undefined);
    rig.conclude(outcome);
    expect(rig.asked).toEqual(["query for Infinity", "init for Infinity", "query for Infinity"]);
    rig.answerShape(shape);
    expect(rig.known).toEqual([undefined]);
  });

  test("says that it cannot read what another program answers", () => {
    const rig = new Rig();
    rig.answer({ kind: "result", bytes: Uint8Array.of(1) });
    expect(rig.known).toEqual(["The answer of the shardmaster cannot be read: A result is a list."]);
  });

  test("says why it is refused for ever", () => {
    const rig = new Rig();
    rig.answer({ kind: "refused", refusal: refused("bad_request", "Not here.") });
    expect(rig.known).toEqual(["Not here."]);
  });

  test("is silent when it was stopped", () => {
    const rig = new Rig();
    rig.keeper.stop();
    rig.answer({ kind: "given_up", why: "cancelled", last: undefined });
    rig.answerShape(other);
    expect(rig.cancelled).toBe(1);
    expect(rig.known).toEqual([]);
    expect(rig.asked).toHaveLength(1);
  });
});
