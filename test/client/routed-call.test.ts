import { expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import type { ConfigCache } from "../../src/client/config-cache.ts";
import { type Route, RoutedCall } from "../../src/client/routed-call.ts";
import type { GroupClients } from "../../src/rsm/caller/group-clients.ts";
import type { Ending } from "../../src/rsm/caller/operation.ts";
import { refused } from "../../src/rsm/state/state-machine.ts";
import { World } from "../../src/sim/world.ts";
import { groupOf } from "../explore/moves/configs.ts";

/** One call of a shard that B has and A had; every attempt is answered by hand. */
class Called {
  readonly world: World = new World(new Rng("routed"));
  /** The letters of the groups that were asked. */
  readonly asked: string[] = [];
  readonly endings: Ending[] = [];
  #answer: (ending: Ending) => void = () => {};

  /** `hearsMs`: after how long the shardmaster answers. */
  constructor(hearsMs = 1) {
    const clock = {
      now: () => this.world.now,
      wallMs: () => 0,
      after: (ms: number, run: () => void) => this.world.after(ms, run),
    };
    const cache: Pick<ConfigCache, "refresh"> = { refresh: (done) => this.world.after(hearsMs, done) };
    const groups: Pick<GroupClients, "client"> = { client: (group) => group as never };
    const parts = { clock, rng: new Rng("rests"), cache: cache as ConfigCache, groups: groups as GroupClients };
    const ask: Route["ask"] = (client, _, ended) => {
      const { gid } = client as unknown as { readonly gid: number };
      this.asked.push(String.fromCharCode(64 + gid));
      this.#answer = ended;
      return () => {};
    };
    const route: Route = { owner: groupOf("B"), source: groupOf("A"), ask };
    RoutedCall.start(
      parts,
      60_000,
      () => route,
      (ending) => this.endings.push(ending),
    );
  }

  /** What was asked last ends so; then there is time to ask anew. */
  answered(ending: Ending): this {
    this.#answer(ending);
    this.world.runFor(1000);
    return this;
  }
}

const barred: Ending = { kind: "barred", detail: "Nobody speaks with you.", unsent: true };
const moving: Ending = { kind: "refused", refusal: refused("shard_moving", "A") };

test("an owner that speaks with nobody ends the call, of which nothing was sent", () => {
  const called = new Called().answered(barred);
  expect([called.asked, called.endings]).toEqual([["B"], [barred]]);
});

test("what other groups were asked before may have been done there, whatever the owner never saw", () => {
  const called = new Called().answered({ kind: "given_up", why: "deadline", last: undefined }).answered(barred);
  expect([called.asked, called.endings]).toEqual([["B", "B"], [{ ...barred, unsent: false }]]);
});

test("a group that had the shard and speaks with nobody keeps nobody from asking the one that gets it", () => {
  const called = new Called().answered(moving).answered(barred);
  expect([called.asked, called.endings]).toEqual([["B", "A", "B"], []]);
  called.answered({ kind: "result", bytes: Uint8Array.of(1) });
  expect(called.endings).toEqual([{ kind: "result", bytes: Uint8Array.of(1) }]);
});

test.each([
  [1, "soon", ["B", "A", "B"]],
  [5000, "late", ["B", "A", "B"]],
])(
  "who knows where the shard is going asks there again, whether the shardmaster answers within %i ms, which is %s",
  (hearsMs, _, asked) => {
    const called = new Called(hearsMs).answered(moving).answered({ kind: "refused", refusal: refused("wrong_group", "") });
    expect(called.asked).toEqual(asked);
    called.answered(moving);
    called.answered({ kind: "refused", refusal: refused("wrong_group", "") });
    expect(called.asked).toEqual([...asked, "A", "B"]);
  },
);
