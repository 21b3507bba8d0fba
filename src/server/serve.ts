import { randomBytes } from "node:crypto";
import { Rng } from "../base/rng.ts";
import type { ServerId } from "../base/ids.ts";
import type { Env } from "../env/env.ts";
import { parseAddress } from "../real/address.ts";
import { RealClock } from "../real/clock.ts";
import { DataDirectory, type Disk, memoryDisk } from "../real/disk.ts";
import type { Log } from "../real/log.ts";
import { Refusal, type Stop } from "../real/stop.ts";
import { probePeer } from "../real/tcp/probe.ts";
import { openTcpTransport, type TcpTransport } from "../real/tcp/transport.ts";
import { Turn } from "../real/turn.ts";
import type { Ending } from "./ending.ts";
import { claimDirectory } from "./owner.ts";
import type { ServerSettings } from "./settings.ts";

/** How a server tells what goes on, and ends when it cannot go on. */
export interface ServerContext {
  readonly log: Log;
  readonly stop: Stop;
}

/** What runs in a server: made once its environment is open. */
export type Program = (env: Env, context: ServerContext) => Running;

export interface Running {
  /** Prepares the end, so that nobody misses this server; `done` is not long in coming. Left out where nobody would. */
  drain?(done: () => void): void;
  /** Comes before the environment closes. */
  stop(): void;
}

/** A server that is up. */
export interface Served extends Ending {
  /** Resolves when nobody waits for this server any more, or has waited for long enough. */
  drain(): Promise<void>;
  /** Stops the program, lets everything that was accepted go to disk, and closes. */
  stop(): Promise<void>;
}

/**
 * Opens the disk and the port, and starts `program` over them. Everything that can be found wrong is found before anything is
 * written: it rejects with a `Refusal`, and leaves no trace.
 */
export async function serve(settings: ServerSettings, context: ServerContext, program: Program): Promise<Served> {
  const turn = new Turn();
  const rng = new Rng(randomBytes(32).toString("hex"));
  const { data, owner, cluster, create, memory = {}, limits = {} } = settings;
  const { stop } = context;
  const directory = data === undefined ? undefined : await DataDirectory.inspect({ path: data, cluster, create, memory, turn, stop });
  const incarnation = directory?.marker?.incarnation ?? rng.fork("incarnation").int(0, Number.MAX_SAFE_INTEGER);
  const clock = new RealClock(turn);
  let transport: TcpTransport | undefined;
  let disk: Disk;
  try {
    const { self, listen, transport: besides = {} } = settings;
    const { trace } = context.log;
    transport = await openTcpTransport({
      cluster,
      self,
      incarnation,
      listen,
      turn,
      clock,
      rng: rng.fork("tcp"),
      trace,
      limits,
      ...besides,
    });
    await checkPeers(settings, incarnation);
    disk = directory === undefined ? memoryDisk(turn) : await directory.open(incarnation);
    if (data !== undefined && owner !== undefined) {
      claimDirectory(data, disk.cell("server"), owner, directory?.marker === undefined);
    }
  } catch (error) {
    await transport?.close();
    await directory?.release();
    throw error;
  }
  return start({ clock, transport, disk, rng: rng.fork("program") }, context, program);
}

interface Parts {
  readonly clock: RealClock;
  readonly transport: TcpTransport;
  readonly disk: Disk;
  readonly rng: Rng;
}

function start({ clock, transport, disk, rng }: Parts, context: ServerContext, program: Program): Served {
  const env: Env = { clock, transport, storage: disk.storage, cell: (name) => disk.cell(name), rng, trace: context.log.trace };
  const running = program(env, context);
  return {
    unfinishedMs: () => disk.unfinishedMs(),
    silence: () => {
      running.stop();
      void transport.close();
    },
    drain: () => new Promise((resolve) => (running.drain === undefined ? resolve() : running.drain(resolve))),
    stop: async () => {
      running.stop();
      await transport.close();
      await disk.close();
    },
  };
}

/** Asks every peer that can be reached whether it would speak with this server. Peers that are down say nothing against it. */
async function checkPeers({ cluster, self, peers }: ServerSettings, incarnation: number): Promise<void> {
  const answers = await Promise.all(peers.map(async (peer) => ({ peer, answer: await ask(peer, { cluster, self, incarnation }) })));
  for (const { peer, answer } of answers) {
    if (typeof answer === "object") throw new Refusal("peers_foreign", `The peer ${peer} refuses this server: ${answer.refused}`);
  }
}

async function ask(
  peer: ServerId,
  who: { readonly cluster: string; readonly self: ServerId; readonly incarnation: number },
): Promise<Awaited<ReturnType<typeof probePeer>>> {
  const address = parseAddress(peer);
  return address === undefined ? "unreachable" : probePeer({ ...who, to: peer, address });
}
