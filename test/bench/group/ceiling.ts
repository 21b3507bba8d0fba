import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { framed } from "./ceiling-wire.ts";
import { Children, firstMessage } from "./children.ts";
import type { LoadClient, Target } from "./target.ts";

const program = fileURLToPath(new URL("ceiling-replica.ts", import.meta.url));

/** What this project's dependencies reach on a durable replicated write path when there is no consensus: the yardstick for puts. */
export async function startCeiling(directory: string): Promise<Target> {
  const children = new Children();
  const start = async (role: string, ...words: string[]): Promise<number> =>
    (await firstMessage(children.start(program, [role, ...words], { execArgv: ["--import", "tsx"] }))) as number;
  const followers = [await start("follower", join(directory, "1")), await start("follower", join(directory, "2"))];
  const port = await start("leader", join(directory, "0"), followers.join(","));
  return {
    name: "ceiling",
    connect: () => connectTo(port),
    cpuSeconds: () => children.cpuSeconds(),
    stop: () => children.stop(),
  };
}

function connectTo(port: number): Promise<LoadClient> {
  const socket = connect(port, "127.0.0.1");
  const waiting = new Map<number, () => void>();
  let queue: unknown[] = [];
  let next = 0;
  const send = framed(socket, (ids: readonly number[]) => {
    for (const id of ids) {
      const done = waiting.get(id);
      waiting.delete(id);
      done?.();
    }
  });
  const put = (key: string, value: string, done: () => void): void => {
    waiting.set(next, done);
    if (queue.push([next, key, value]) === 1) {
      queueMicrotask(() => {
        const puts = queue;
        queue = [];
        send(puts);
      });
    }
    next += 1;
  };
  const close = (): Promise<void> => new Promise((resolve) => void socket.end(resolve));
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve({ put, close }));
    socket.once("error", reject);
  });
}
