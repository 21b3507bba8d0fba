import { present } from "../../src/base/assert.ts";
import type { ServerId } from "../../src/base/ids.ts";
import { Rng } from "../../src/base/rng.ts";
import { noTrace } from "../../src/base/trace.ts";
import type { Cancel, Clock } from "../../src/env/clock.ts";
import type { Env } from "../../src/env/env.ts";
import type { Cell, Storage, StorageView, WriteOp, WriteOptions } from "../../src/env/storage.ts";
import type { Transport } from "../../src/env/transport.ts";
import { DiskImage } from "../../src/sim/disk/image.ts";

/** How much virtual time a turn takes. */
const turnMs = 0.05;

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/**
 * One server whose whole world is memory, with an `Env` that costs as little as one can. Everything that must not happen at once
 * happens in its next turn: a packet arrives, a write is durable, a view is there.
 */
export class MemoryServer {
  readonly env: Env;
  #now = 0;
  #receive: (from: ServerId, packet: Uint8Array) => void = () => {};
  /** For the next turn, in order. */
  #next: (() => void)[] = [];
  #inbox: { readonly from: ServerId; readonly packet: Uint8Array }[] = [];
  /** For the end of this turn. */
  #soon: (() => void)[] = [];
  #timers: Timer[] = [];

  constructor(id: ServerId, seed: string, send: (from: ServerId, to: ServerId, packet: Uint8Array) => void) {
    const cells = new Map<string, Cell>();
    const later = (run: () => void): void => {
      this.#next.push(run);
    };
    this.env = {
      clock: this.#clock(),
      transport: this.#transport(id, send),
      storage: new MemoryStorage(later),
      cell: (name) => {
        const cell = cells.get(name) ?? new MemoryCell(later);
        cells.set(name, cell);
        return cell;
      },
      rng: new Rng(seed),
      trace: noTrace,
    };
  }

  /** A packet has arrived: it is handed over in the next turn, with all others that have. */
  arrive(from: ServerId, packet: Uint8Array): void {
    this.#inbox.push({ from, packet });
  }

  /** What was put off until now: first writes that are done, then packets, then what these asked for at the end of the turn. */
  turn(): void {
    this.#now += turnMs;
    const due = this.#next;
    this.#next = [];
    for (const run of due) run();
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const { from, packet } of inbox) this.#receive(from, packet);
    this.#fireTimers();
    while (this.#soon.length > 0) {
      const soon = this.#soon;
      this.#soon = [];
      for (const run of soon) run();
    }
  }

  #fireTimers(): void {
    const isDue = (timer: Timer): boolean => timer.at <= this.#now;
    if (!this.#timers.some(isDue)) return;
    const due = this.#timers.filter(isDue);
    this.#timers = this.#timers.filter((timer) => !isDue(timer));
    for (const { run } of due) run();
  }

  #clock(): Clock {
    return {
      now: () => this.#now,
      wallMs: () => this.#now,
      after: (ms, run) => (ms === 0 ? this.#atEnd(run) : this.#atTime(this.#now + ms, run)),
    };
  }

  #atEnd(run: () => void): Cancel {
    this.#soon.push(run);
    return () => {
      this.#soon = this.#soon.filter((other) => other !== run);
    };
  }

  #atTime(at: number, run: () => void): Cancel {
    const timer: Timer = { at, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  #transport(id: ServerId, send: (from: ServerId, to: ServerId, packet: Uint8Array) => void): Transport {
    return {
      send: (to, packet) => send(id, to, packet),
      onPacket: (receive) => {
        this.#receive = receive;
      },
    };
  }
}

/** Rows in memory, durable in the next turn. */
export class MemoryStorage implements Storage {
  readonly #later: (run: () => void) => void;
  readonly #rows = new DiskImage();

  constructor(later: (run: () => void) => void) {
    this.#later = later;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(key);
  }

  write(batch: readonly WriteOp[], _: WriteOptions, done?: () => void): void {
    this.#rows.apply(batch);
    if (done !== undefined) this.#later(done);
  }

  snapshot(use: (view: StorageView) => void): void {
    const rows = this.#rows.copy();
    const view: StorageView = {
      scan: (range, limits, page) => {
        const { rows: found, rest } = rows.page(range, limits);
        this.#later(() => page(found, rest));
      },
      close: () => {},
    };
    this.#later(() => use(view));
  }

  deleteRange(prefix: Uint8Array): void {
    const keys = this.#rows.keysOf(prefix, Infinity, false);
    this.#rows.apply(keys.map((key) => ({ op: "delete", key })));
  }
}

class MemoryCell implements Cell {
  readonly #later: (run: () => void) => void;
  #value: Uint8Array | undefined;

  constructor(later: (run: () => void) => void) {
    this.#later = later;
  }

  read(): Uint8Array | undefined {
    return this.#value;
  }

  write(value: Uint8Array, _: WriteOptions, done?: () => void): void {
    this.#value = value;
    if (done !== undefined) this.#later(done);
  }
}

/** Servers that send each other packets, all in one thread. */
export class MemoryWorld {
  readonly servers: Map<ServerId, MemoryServer> = new Map();

  constructor(ids: readonly ServerId[], seed: string) {
    const send = (from: ServerId, to: ServerId, packet: Uint8Array): void => this.server(to).arrive(from, packet);
    for (const id of ids) this.servers.set(id, new MemoryServer(id, `${seed}/${id}`, send));
  }

  server(id: ServerId): MemoryServer {
    return present(this.servers.get(id), `there is a server ${id}`);
  }

  /** One turn of every server. */
  turn(): void {
    for (const server of this.servers.values()) server.turn();
  }
}
