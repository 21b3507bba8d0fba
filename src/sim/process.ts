import { assert } from "../base/assert.ts";
import type { ServerId } from "../base/ids.ts";
import type { Rng } from "../base/rng.ts";
import type { TraceFields } from "../base/trace.ts";
import type { Env } from "../env/env.ts";
import type { Transport } from "../env/transport.ts";
import { type ClockHardware, type ClockOptions, drawClock, SimClock } from "./clock.ts";
import type { SimDisk } from "./disk/disk.ts";
import { Life } from "./life.ts";
import type { Network, PacketReceiver } from "./network/network.ts";
import type { World } from "./world.ts";

export interface ProcessOptions extends ClockOptions {
  /** Bytes of packets that a paused process keeps; what comes on top is lost. */
  readonly inboxBytesMax: number;
}

const defaults: ProcessOptions = { rateMin: 0.9, rateMax: 1.1, wallErrorMaxMs: 60_000, inboxBytesMax: 8 * 1024 * 1024 };

/** What the owner of a process wants to hear. */
export interface ProcessHooks {
  /** The process's own code threw, or its disk failed (`DiskFailure`): it is dead. Whether that is a violation is the owner's to say. */
  onFailure(process: SimProcess, error: unknown): void;
  onTrace?(process: SimProcess, name: string, fields: TraceFields | undefined): void;
}

/**
 * A server's process in its successive lives. Its disk and what its clock has of a machine outlive it; timers, packets that wait and
 * disk callbacks die with the life that they belong to.
 */
export class SimProcess implements PacketReceiver {
  readonly id: ServerId;
  readonly disk: SimDisk;
  readonly #world: World;
  readonly #network: Network;
  readonly #hooks: ProcessHooks;
  readonly #options: ProcessOptions;
  readonly #rng: Rng;
  readonly #hardware: ClockHardware;
  #lives = 0;
  #life: Life | undefined;
  #clock: SimClock | undefined;
  #env: Env | undefined;
  #receive: ((from: ServerId, packet: Uint8Array) => void) | undefined;
  #inboxBytes = 0;

  constructor(world: World, network: Network, id: ServerId, disk: SimDisk, hooks: ProcessHooks, options: Partial<ProcessOptions> = {}) {
    this.id = id;
    this.disk = disk;
    this.#world = world;
    this.#network = network;
    this.#hooks = hooks;
    this.#options = { ...defaults, ...options };
    assert(this.#options.rateMin > 0 && this.#options.rateMin <= this.#options.rateMax, "a clock's rate is positive");
    this.#rng = world.rng.fork("process").fork(id);
    this.#hardware = drawClock(this.#options, this.#rng.fork("clock"));
    network.attach(id, this);
  }

  get alive(): boolean {
    return this.#life !== undefined;
  }

  get paused(): boolean {
    return this.#life?.paused ?? false;
  }

  /** How many lives there were, the present one included. */
  get lives(): number {
    return this.#lives;
  }

  /** Of the present life; undefined while dead. */
  env(): Env | undefined {
    return this.#env;
  }

  /** Begins a life, which first runs `main`, within this call. The process is dead before. */
  start(main: (env: Env) => void): void {
    assert(this.#life === undefined, `${this.id} is dead before it is started`);
    this.#lives += 1;
    const rng = this.#rng.fork(this.#lives);
    const life = new Life(this.#world, this.id, (error) => this.#fail(error));
    const clock = new SimClock(this.#world, life, this.#hardware, rng.fork("clock"));
    const disk = this.disk.open(life, (failure) => this.#fail(failure));
    const env: Env = {
      clock,
      transport: this.#transport(life),
      storage: disk,
      cell: (name) => disk.cell(name),
      rng: rng.fork("env"),
      trace: (name, fields) => {
        if (life.alive) this.#hooks.onTrace?.(this, name, fields);
      },
    };
    this.#life = life;
    this.#clock = clock;
    this.#env = env;
    this.#inboxBytes = 0;
    life.enter({ run: () => main(env) });
  }

  /** Ends the life, if there is one. A power cut takes from a dead process's disk too what only the machine's memory held. */
  crash(how: { readonly powerCut: boolean }): void {
    this.#life?.end();
    this.#life = undefined;
    this.#clock = undefined;
    this.#env = undefined;
    this.#receive = undefined;
    this.disk.crash(how.powerCut);
  }

  /** Stops the life without ending it: nothing of it runs until `resume`. */
  pause(): void {
    this.#life?.pause();
  }

  resume(): void {
    this.#life?.resume();
  }

  /** Makes this life's monotonic clock jump ahead. */
  leapClock(ms: number): void {
    this.#clock?.leap(ms);
  }

  /** Moves the machine's wall clock, either way. */
  moveWallClock(ms: number): void {
    this.#hardware.wallErrorMs += ms;
  }

  /** For the network: whether somebody was there to take the packet. */
  deliver(from: ServerId, packet: Uint8Array): boolean {
    const life = this.#life;
    const receive = this.#receive;
    if (life === undefined || receive === undefined) return false;
    if (this.#inboxBytes + packet.length > this.#options.inboxBytesMax) return false;
    this.#inboxBytes += packet.length;
    life.enter({
      run: () => {
        this.#inboxBytes -= packet.length;
        receive(from, packet);
      },
    });
    return true;
  }

  #transport(life: Life): Transport {
    return {
      send: (to, packet) => {
        if (life.alive) this.#network.send(this.id, to, packet);
      },
      onPacket: (receive) => {
        if (life.alive) this.#receive = receive;
      },
    };
  }

  #fail(error: unknown): void {
    this.crash({ powerCut: false });
    this.#hooks.onFailure(this, error);
  }
}
