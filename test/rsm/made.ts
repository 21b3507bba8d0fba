import type { Ending, Outcome } from "../../src/rsm/caller/operation.ts";
import { encodeAppend, encodeRead, placeOf, tokensOf } from "./append-machine.ts";
import type { ReplicaWorld, WorldClient } from "./replica-world.ts";

/** A call that a client has made, and how it ended. */
export interface Made<T> {
  ended: T | undefined;
}

export function append(
  world: ReplicaWorld,
  client: WorldClient,
  token: number,
  deadlineMs: number = Infinity,
  shard: number = 0,
  commandBytes: number = 0,
): Made<Outcome> {
  const made: Made<Outcome> = { ended: undefined };
  world.inClient(client, () => {
    client.caller.execute(client.session.operation(shard, encodeAppend({ token, resultBytes: 0, commandBytes })), deadlineMs, (outcome) => {
      made.ended = outcome;
    });
  });
  return made;
}

export function read(world: ReplicaWorld, client: WorldClient, pageRows: number = 0, deadlineMs: number = 10_000): Made<Ending> {
  const made: Made<Ending> = { ended: undefined };
  world.inClient(client, () => {
    client.caller.query(encodeRead({ shard: 0, pageRows }), deadlineMs, (ending) => {
      made.ended = ending;
    });
  });
  return made;
}

export function ended(world: ReplicaWorld, all: readonly Made<unknown>[]): void {
  world.until(() => all.every((made) => made.ended !== undefined), "everything ends");
}

/** A client that has appended and so knows who leads. */
export function ready(world: ReplicaWorld): WorldClient {
  const client = world.client({ mayDouble: false }, { attemptMs: 60_000, attemptMaxMs: 60_000 });
  ended(world, [append(world, client, 1)]);
  return client;
}

/** Cuts a server off from the other servers, not from clients. */
export function cutOff(world: ReplicaWorld, at: number): void {
  for (const { id } of world.servers) {
    if (id !== world.server(at).id) world.network.cut(id, world.server(at).id);
  }
}

export const tokens = ({ ended: ending }: Made<Ending>): unknown => (ending?.kind === "result" ? tokensOf(ending.bytes) : ending);
export const place = ({ ended: outcome }: Made<Outcome>): unknown => (outcome?.kind === "result" ? placeOf(outcome.bytes) : outcome);
