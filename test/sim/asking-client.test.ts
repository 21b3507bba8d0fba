import { expect, test } from "vitest";
import { Rng } from "../../src/base/rng.ts";
import { serverId } from "../../src/base/ids.ts";
import { AskingClient, type AskingClientParts } from "../../src/sim/group/asking-client.ts";
import { SimClient } from "../../src/sim/group/sim-client.ts";
import { newUniverse } from "../../src/sim/universe.ts";

function fail(): never {
  throw new Error("nothing fails, and nothing else is asked");
}

test("a paused client asks for nothing, and does not make up for it", () => {
  const universe = newUniverse(1);
  const client = new SimClient(universe, serverId("c0"), { begin: () => ({}), onFailure: fail });
  let asked = 0;
  const parts: Pick<AskingClientParts<object>, "world" | "client" | "rng" | "newLife"> = {
    world: universe.world,
    client,
    rng: new Rng(1),
    newLife: (own) => ({ ask: () => own.act(() => (asked += 1)), probe: fail, readAll: fail }),
  };
  const asking = new AskingClient({ ...parts, plan: { inFlightMax: 4, deadlinesMs: [1000] } } as unknown as AskingClientParts<object>);
  asking.start();
  const asks = (times: number): number => {
    for (let i = 0; i < times; i += 1) asking.ask();
    universe.world.runFor(1);
    return asked;
  };
  expect(asks(1)).toBe(1);
  client.process.pause();
  expect(asks(100)).toBe(1);
  client.process.resume();
  expect(asks(1)).toBe(2);
});
