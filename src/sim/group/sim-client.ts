import { present } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import type { Env } from "../../env/env.ts";
import { SimDisk } from "../disk/disk.ts";
import { type ProcessOptions, SimProcess } from "../process.ts";
import type { Universe } from "../universe.ts";

export interface SimClientOptions<Caller> {
  /** Makes what a life of the client asks with. */
  readonly begin: (env: Env) => Caller;
  readonly process?: Partial<ProcessOptions>;
  /** The client's own code threw: it is dead. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * A client's process, with a place in the network of its own, whatever it asks and whomever. What servers still have to say to one
 * life reaches its successor, which is to make nothing of it.
 */
export class SimClient<Caller> {
  readonly id: ServerId;
  readonly process: SimProcess;
  readonly #options: SimClientOptions<Caller>;
  #caller: Caller | undefined;

  constructor({ world, network }: Universe, id: ServerId, options: SimClientOptions<Caller>) {
    this.id = id;
    this.#options = options;
    const hooks = { onFailure: (_: SimProcess, error: unknown): void => this.#failed(error) };
    this.process = new SimProcess(world, network, id, new SimDisk(world, id), hooks, options.process);
  }

  get alive(): boolean {
    return this.#caller !== undefined;
  }

  /** Of the present life; to be used from inside it: see `act`. */
  get caller(): Caller {
    return present(this.#caller, `${this.id} is alive`);
  }

  /** Begins a life. The client is dead before. */
  start(): void {
    this.process.start((env) => {
      this.#caller = this.#options.begin(env);
    });
  }

  /** Ends the life, if there is one: nothing that it has asked for comes to an end any more. */
  crash(): void {
    this.#caller = undefined;
    this.process.crash({ powerCut: false });
  }

  /** Runs `run` soon and inside the client's life, as everything of it does; not at all when it has died by then. */
  act(run: (caller: Caller) => void): void {
    const { caller } = this;
    this.process.env()?.clock.after(0, () => run(caller));
  }

  #failed(error: unknown): void {
    this.#caller = undefined;
    this.#options.onFailure(error);
  }
}
