import { present } from "../../base/assert.ts";
import type { ServerId } from "../../base/ids.ts";
import { KvCaller } from "../../client/kv-caller.ts";
import { type CallerOptions, callerOptions, type SessionOptions } from "../../rsm/caller/caller-options.ts";
import { type CalledGroup, GroupClient } from "../../rsm/caller/group-client.ts";
import { Host } from "../../rsm/host.ts";
import { ClientSession, type Operation } from "../../rsm/caller/operation.ts";
import type { KvOptions } from "../../shardkv/options.ts";
import { partitioner } from "../../shardkv/partitioner.ts";
import { SimDisk } from "../disk/disk.ts";
import type { Network } from "../network/network.ts";
import { type ProcessOptions, SimProcess } from "../process.ts";
import type { World } from "../world.ts";

export interface SimClientOptions {
  readonly called: CalledGroup;
  readonly kv: KvOptions;
  readonly session?: Partial<SessionOptions>;
  readonly caller?: Partial<CallerOptions>;
  readonly process?: Partial<ProcessOptions>;
  /** The client's own code threw: it is dead. */
  readonly onFailure: (error: unknown) => void;
  /** The client is about to ask for a command, in which it is told its number with the first attempt. */
  readonly onOperation?: (operation: Operation) => void;
}

/**
 * A client's process, with a place in the network of its own. Every life of it is another client to the group, with a new session
 * (rule S8); what the group still has to say to the one before reaches its successor, which is to make nothing of it.
 */
export class SimClient {
  readonly id: ServerId;
  readonly process: SimProcess;
  readonly #options: SimClientOptions;
  #caller: KvCaller | undefined;

  constructor(world: World, network: Network, id: ServerId, options: SimClientOptions) {
    this.id = id;
    this.#options = options;
    const hooks = { onFailure: (_: SimProcess, error: unknown): void => this.#failed(error) };
    this.process = new SimProcess(world, network, id, new SimDisk(world, id), hooks, options.process);
  }

  get alive(): boolean {
    return this.#caller !== undefined;
  }

  /** Of the present life; to be used from inside it: see `act`. */
  get caller(): KvCaller {
    return present(this.#caller, `${this.id} is alive`);
  }

  /** Begins a life. The client is dead before. */
  start(): void {
    const { called, kv, session, caller, onOperation } = this.#options;
    this.process.start((env) => {
      const host = new Host(env);
      const group = new GroupClient(env, called, callerOptions(caller));
      host.addCaller(called.group, group);
      if (onOperation !== undefined) overhear(group, onOperation);
      const id = Uint8Array.from({ length: 16 }, () => env.rng.int(0, 255));
      this.#caller = new KvCaller(group, new ClientSession(id, session), partitioner(kv.partitioner, kv.shards));
    });
  }

  /** Ends the life, if there is one: nothing that it has asked for comes to an end any more. */
  crash(): void {
    this.#caller = undefined;
    this.process.crash({ powerCut: false });
  }

  /** Runs `run` soon and inside the client's life, as everything of it does; not at all when it has died by then. */
  act(run: (caller: KvCaller) => void): void {
    const { caller } = this;
    this.process.env()?.clock.after(0, () => run(caller));
  }

  #failed(error: unknown): void {
    this.#caller = undefined;
    this.#options.onFailure(error);
  }
}

/** Has every command of a client go by way of whoever wants to see it. */
function overhear(group: GroupClient, told: (operation: Operation) => void): void {
  const execute = group.execute.bind(group);
  group.execute = (operation, deadlineMs, done) => {
    told(operation);
    return execute(operation, deadlineMs, done);
  };
}
