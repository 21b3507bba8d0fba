import { unreachable } from "../../base/assert.ts";
import type { Client } from "../../client/client.ts";
import { KvorumError } from "../../client/errors.ts";
import type { YcsbOperation } from "./draw.ts";
import type { Access, Target, TargetListener } from "./target.ts";

/** Clients of the library, all in this process: each has a session and connections of its own. */
export function libraryTarget(connect: () => Client): Target {
  return {
    name: "library",
    connect: (count, listener) => {
      const clients = Array.from({ length: count }, connect);
      const stop = async (): Promise<undefined> => void (await Promise.all(clients.map((client) => client.close())));
      return {
        begin: (at, access, operation) => void perform(clients[at] as Client, at, access, operation, listener),
        stop,
        kill: () => void stop(),
        cpuSeconds: () => undefined,
      };
    },
  };
}

async function perform(client: Client, at: number, access: Access, operation: YcsbOperation, listener: TargetListener): Promise<void> {
  let rows: number;
  try {
    rows = await accessed(client, access, operation);
  } catch (error) {
    if (!(error instanceof KvorumError)) throw error;
    return listener.failed(`The client ${at} has failed: ${error.message}`);
  }
  return listener.answered(at, rows);
}

/** Does it, and gives how many rows a scan gave. */
async function accessed(client: Client, access: Access, operation: YcsbOperation): Promise<number> {
  switch (operation.kind) {
    case "read":
      await client.get(operation.key);
      return 0;
    case "insert":
      await client.put(operation.key, operation.value);
      return 0;
    case "update":
      await client.swap(operation.key, operation.value);
      return 0;
    case "modify":
      await (access === "read" ? client.get(operation.key) : client.swap(operation.key, operation.value));
      return 0;
    case "scan": {
      let rows = 0;
      const pages = client.scan({ start: operation.start, end: operation.end, endInclusive: true }).pages();
      for await (const page of pages) rows += page.length;
      return rows;
    }
    default:
      return unreachable(operation);
  }
}
