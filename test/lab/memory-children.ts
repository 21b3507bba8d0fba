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

/** A server's life in this process. */
interface Life {
  readonly settings: ChildSettings;
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
  /** Every start so far. */
  readonly started: ChildSettings[] = [];
  readonly #turn = new Turn();
  readonly #lives = new Map<ServerId, Life>();
  readonly #directories = new Map<string, MemoryDirectory>();
  #ends: ChildEnd[] = [];

  /** The starts to come end like this, before they are open. */
  failStarts(...ends: readonly ChildEnd[]): void {
    this.#ends = [...ends];
  }

  get living(): number {
    return this.#lives.size;
  }

  readonly launch: Launch = (settings, listener) => {
    this.started.push(settings);
    const life = this.#newLife(settings, listener);
    const id = this.#idOf(settings);
    const failure = this.#ends.shift();
    if (failure === undefined) this.#lives.set(id, life);
    setImmediate(() => {
      if (failure !== undefined) this.#end(id, life, failure);
      else if (life.alive) life.server = this.#start(id, life);
    });
    return {
      send: (request) => void setImmediate(() => this.#ask(life, request)),
      kill: () => void setImmediate(() => this.#end(id, life, killed)),
    };
  };

  /** Ends a server that nobody has ordered to end. */
  die(place: number, end: ChildEnd): void {
    const [id, life] = this.#find(place);
    this.#end(id, life, end);
  }

  /** A server stands still until `wake`. */
  freeze(place: number): void {
    this.#find(place)[1].still = true;
  }

  wake(place: number, stalledMs: number): void {
    const [, life] = this.#find(place);
    life.still = false;
    life.server?.tell({ kind: "stalled", ms: stalledMs });
    for (const request of life.inbox.splice(0)) this.#ask(life, request);
  }

  /** A server says what it never did. */
  lie(place: number, message: FromChild): void {
    this.#find(place)[1].listener.message(message);
  }

  #newLife(settings: ChildSettings, listener: ChildListener): Life {
    return { settings, listener, alive: true, still: false, inbox: [], server: undefined, onRequest: undefined, receive: undefined };
  }

  #ask(life: Life, request: Request): void {
    if (life.still || life.onRequest === undefined) life.inbox.push(request);
    else if (life.alive) life.onRequest(request);
  }

  #end(id: ServerId, life: Life, end: ChildEnd): void {
    if (!life.alive) return;
    life.alive = false;
    life.server?.stop();
    this.#lives.delete(id);
    life.listener.ended(end);
  }

  #start(id: ServerId, life: Life): LabServer {
    const directory = this.#directory(life.settings);
    const env: Env = {
      clock: new RealClock(this.#turn),
      transport: {
        send: (to, packet) =>
          void setImmediate(() => {
            const other = this.#lives.get(to);
            if (other?.still === false) other.receive?.(id, packet);
          }),
        onPacket: (receive) => void (life.receive = receive),
      },
      storage: directory.storage,
      cell: (name) => directory.cells.cell(name),
      rng: new Rng(`${life.settings.seed} ${this.started.length}`),
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
    return new LabServer(env, life.settings, channel, ({ why }) => {
      this.#end(id, life, { code: 12, signal: undefined, lastWords: why });
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

  #idOf(settings: ChildSettings): ServerId {
    return serversOf(settings)[settings.place] ?? serverId("nobody");
  }

  #find(place: number): [ServerId, Life] {
    for (const [id, life] of this.#lives) if (life.settings.place === place) return [id, life];
    throw new Error(`server ${place} lives`);
  }
}
