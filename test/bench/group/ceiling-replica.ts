import { mkdirSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { Level } from "level";
import { framed, pack } from "./ceiling-wire.ts";

/*
 * A replica of the ceiling: a durable write path without any consensus. A leader and two followers, each with its own LevelDB; all
 * appends are synced; a put is answered when the leader and one follower have it on disk; every replica writes the value to its state
 * rows without a sync as well.
 */

/** A put's id (its connection's own), key and value. */
type Put = readonly [id: number, key: string, value: string];

interface Append {
  readonly index: number;
  readonly entries: readonly Put[];
}

interface Stores {
  readonly log: Level<Buffer, Buffer>;
  readonly state: Level;
}

const [role = "", directory = "", followerPorts = ""] = process.argv.slice(2);

async function openStores(): Promise<Stores> {
  mkdirSync(directory, { recursive: true });
  const log = new Level<Buffer, Buffer>(join(directory, "log"), { keyEncoding: "buffer", valueEncoding: "buffer" });
  const state = new Level(join(directory, "state"), { keyEncoding: "utf8", valueEncoding: "utf8" });
  await Promise.all([log.open(), state.open()]);
  return { log, state };
}

function appendRows(log: Stores["log"], entries: readonly Put[], first: number): Promise<void> {
  const batch = log.batch();
  entries.forEach((entry, at) => {
    const key = Buffer.allocUnsafe(8);
    key.writeDoubleBE(first + at, 0);
    batch.put(key, pack(entry));
  });
  return batch.write({ sync: true });
}

function tellPort(server: Server): void {
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

async function follow(): Promise<void> {
  const { log, state } = await openStores();
  let queue: Append[] = [];
  let busy = false;
  let rows = 0;
  const serveLeader = (socket: Socket): void => {
    const pump = async (): Promise<void> => {
      busy = true;
      while (queue.length > 0) {
        const appends = queue;
        queue = [];
        const entries = appends.flatMap((append) => append.entries);
        const applied = state.batch();
        for (const [, key, value] of entries) applied.put(key, value);
        await appendRows(log, entries, rows);
        rows += entries.length;
        send(appends.at(-1)?.index);
        void applied.write();
      }
      busy = false;
    };
    const send = framed(socket, (append: Append) => {
      queue.push(append);
      if (!busy) void pump();
    });
  };
  tellPort(createServer(serveLeader));
}

async function lead(): Promise<void> {
  const { log, state } = await openStores();
  const ports = followerPorts.split(",").map(Number);
  const match = [0, ...ports.map(() => 0)];
  const waiting: { readonly index: number; readonly requests: readonly Request[] }[] = [];
  let pending: Request[] = [];
  let busy = false;
  let rows = 0;
  let index = 0;
  let committed = 0;

  const commit = (): void => {
    const quorum = match.toSorted((a, b) => b - a)[Math.floor(match.length / 2)] ?? 0;
    if (quorum <= committed) return;
    committed = quorum;
    const applied = state.batch();
    const replies = new Map<Request["send"], number[]>();
    for (let first = waiting[0]; first !== undefined && first.index <= committed; first = waiting[0]) {
      waiting.shift();
      for (const { put, send } of first.requests) {
        applied.put(put[1], put[2]);
        const ids = replies.get(send);
        if (ids === undefined) replies.set(send, [put[0]]);
        else ids.push(put[0]);
      }
    }
    void applied.write();
    for (const [send, ids] of replies) send(ids);
  };

  const followers = ports.map((port, at) =>
    framed(connect(port, "127.0.0.1"), (acknowledged: number) => {
      match[at + 1] = acknowledged;
      commit();
    }),
  );

  const pump = async (): Promise<void> => {
    while (pending.length > 0) {
      const requests = pending;
      pending = [];
      index += 1;
      const own = index;
      waiting.push({ index: own, requests });
      const entries = requests.map(({ put }) => put);
      for (const send of followers) send({ index: own, entries });
      await appendRows(log, entries, rows);
      rows += entries.length;
      match[0] = own;
      commit();
    }
    busy = false;
  };

  const serveClient = (socket: Socket): void => {
    const send = framed(socket, (puts: readonly Put[]) => {
      for (const put of puts) pending.push({ put, send });
      if (busy) return;
      busy = true;
      setImmediate(() => void pump());
    });
  };
  tellPort(createServer(serveClient));
}

interface Request {
  readonly put: Put;
  readonly send: (message: unknown) => void;
}

process.on("SIGTERM", () => process.exit(0));
await (role === "leader" ? lead() : follow());
