import { type ServerId, serverId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { noTrace } from "../../src/base/trace.ts";
import type { Env } from "../../src/env/env.ts";
import type { ChildEnd, ChildListener, Launch } from "../../src/lab/real/launch.ts";
import { LabServer, serversOf } from "../../src/lab/real/program.ts";
import type { ChildSettings, FromChild, Request } from "../../src/lab/real/protocol.ts";
import { RealClock } from "../../src/real/clock.ts";
import { MemoryCells, MemoryStorage } from "../../src/real/memory-storage.ts";
import { Turn } from "../../src/real/turn.ts";

const killed: ChildEnd = { code: undefined, signal: "SIGKILL", lastWords: "" };

/** What outlives a server: its directory. */
interface MemoryDirectory {
  readonly storage: MemoryStorage;
  readonly cells: MemoryCells;
}

/** A server's life in this process: it is loaded, and begins when it has settings. */
interface Life {
  settings: ChildSettings | undefined;
  readonly listener: ChildListener;
  alive: boolean;
  /** It says and hears nothing while it stands still. */
  still: boolean;
  inbox: Request[];
  server: LabServer | undefined;
  onRequest: ((request: Request) => void) | undefined;
  receive: ((from: ServerId, packet: Uint8Array) => void) | undefined;
}

/** Servers of the lab in this process instead of processes of their own: over memory, in real time. */
export class MemoryChildren {
  /** How many have been loaded. */
  loaded = 0;
  /** Every start so far. */
  readonly started: ChildSettings[] = [];
  readonly #turn = new Turn();
  readonly #lives = new Set<Life>();
  readonly #directories = new Map<string, MemoryDirectory>();
  #ends: ChildEnd[] = [];

  /** The starts to come end like this, before they are open. */
  failStarts(...ends: readonly ChildEnd[]): void {
    this.#ends = [...ends];
  }

  get living(): number {
    return this.#lives.size;
  }

  readonly launch: Launch = (_, listener) => {
    const life = newLife(listener);
    this.loaded += 1;
    this.#lives.add(life);
    return {
      send: (message) =>
        void setImmediate(() => {
          if (message.kind === "ask") this.#ask(life, message);
          else if (life.alive) this.#begin(life, message.settings);
        }),
      kill: () => void setImmediate(() => this.#end(life, killed)),
    };
  };

  /** Ends a server that nobody has ordered to end. */
  die(place: number, end: ChildEnd): void {
    this.#end(this.#find(place), end);
  }

  /** A server stands still until `wake`. */
  freeze(place: number): void {
    this.#find(place).still = true;
  }

  wake(place: number, stalledMs: number): void {
    const life = this.#find(place);
    life.still = false;
    life.server?.tell({ kind: "stalled", ms: stalledMs });
    for (const request of life.inbox.splice(0)) this.#ask(life, request);
  }

  /** A server says what it never did. */
  lie(place: number, message: FromChild): void {
    this.#find(place).listener.message(message);
  }

  #begin(life: Life, settings: ChildSettings): void {
    life.settings = settings;
    this.started.push(settings);
    const failure = this.#ends.shift();
    if (failure === undefined) life.server = this.#start(life, settings);
    else this.#end(life, failure);
  }

  #ask(life: Life, request: Request): void {
    if (life.still || life.onRequest === undefined) life.inbox.push(request);
    else if (life.alive) life.onRequest(request);
  }

  #end(life: Life, end: ChildEnd): void {
    if (!life.alive) return;
    life.alive = false;
    life.server?.stop();
    this.#lives.delete(life);
    life.listener.ended(end);
  }

  #start(life: Life, settings: ChildSettings): LabServer {
    const directory = this.#directory(settings);
    const id = idOf(settings);
    const env: Env = {
      clock: new RealClock(this.#turn),
      transport: {
        send: (to, packet) =>
          void setImmediate(() => {
            for (const other of this.#lives) {
              if (other.settings !== undefined && idOf(other.settings) === to && !other.still) other.receive?.(id, packet);
            }
          }),
        onPacket: (receive) => void (life.receive = receive),
      },
      storage: directory.storage,
      cell: (name) => directory.cells.cell(name),
      rng: new Rng(`${settings.seed} ${this.started.length}`),
      trace: noTrace,
    };
    const channel = {
      send: (message: FromChild): void => {
        // As a pipe would, it carries text.
        const heard = JSON.parse(JSON.stringify(message)) as FromChild;
        if (life.alive) setImmediate(() => life.listener.message(heard));
      },
      onRequest: (hear: (request: Request) => void): void => {
        life.onRequest = hear;
        for (const request of life.inbox.splice(0)) hear(request);
      },
    };
    return new LabServer(env, settings, channel, ({ why }) => {
      this.#end(life, { code: 12, signal: undefined, lastWords: why });
    });
  }

  #directory({ data, create }: ChildSettings): MemoryDirectory {
    const found = this.#directories.get(data);
    if (found !== undefined) return found;
    if (!create) throw new Error(`${data} is there`);
    const made = { storage: new MemoryStorage(this.#turn), cells: new MemoryCells(this.#turn) };
    this.#directories.set(data, made);
    return made;
  }

  #find(place: number): Life {
    for (const life of this.#lives) if (life.settings?.place === place) return life;
    throw new Error(`server ${place} does not live`);
  }
}

function newLife(listener: ChildListener): Life {
  const nothing = { settings: undefined, server: undefined, onRequest: undefined, receive: undefined };
  return { listener, alive: true, still: false, inbox: [], ...nothing };
}

function idOf(settings: ChildSettings): ServerId {
  return serversOf(settings)[settings.place] ?? serverId("nobody");
}
