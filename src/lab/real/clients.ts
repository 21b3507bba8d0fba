import { type GroupId, type ServerId, serverId } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import { noTrace } from "../../base/trace.ts";
import type { Env } from "../../env/env.ts";
import { serverAt } from "../../real/address.ts";
import { RealClock } from "../../real/clock.ts";
import { TcpClientTransport } from "../../real/tcp/client-transport.ts";
import { Turn } from "../../real/turn.ts";
import { type CallerOptions, callerOptions } from "../../rsm/caller/caller-options.ts";
import { GroupClient } from "../../rsm/caller/group-client.ts";
import { Host } from "../../rsm/host.ts";
import { ClientSession } from "../../rsm/caller/operation.ts";
import { PacketCount } from "../packet-count.ts";
import type { Figures, Unreliability } from "../world.ts";
import { FaultyTransport } from "./faulty-transport.ts";
import { tcpLimitsFor } from "./limits.ts";
import type { NetworkState } from "./protocol.ts";
import type { RealServers } from "./servers.ts";

/** A place in the network from which clients ask the servers: connections of its own, in the runner's process. */
export interface ClientPlace {
  /** Another client: it has a session of its own. */
  newCaller<Caller>(make: (group: GroupClient, session: ClientSession) => Caller): Caller;
  /** From now on these servers are in reach, or all of them. */
  reach(servers: readonly number[] | undefined): void;
}

/** What a client runs over, and whom it reaches. */
export interface ClientEnv extends Pick<ClientPlace, "reach"> {
  readonly env: Pick<Env, "clock" | "transport" | "rng" | "trace">;
}

export interface RealClientsOptions {
  readonly servers: RealServers;
  readonly rng: Rng;
  /** As the servers have it. */
  readonly valueBytesMax: number | undefined;
}

interface Connected {
  readonly tcp: TcpClientTransport;
  readonly faulty: FaultyTransport;
  reach: readonly number[] | undefined;
}

/** The clients of processes. */
export class RealClients {
  readonly #options: RealClientsOptions;
  readonly #turn = new Turn();
  readonly #clock: RealClock;
  readonly #count = new PacketCount();
  readonly #connected: Connected[] = [];
  #sessions = 0;
  #operations = 0;
  #model: Unreliability | undefined;

  constructor(options: RealClientsOptions) {
    this.#options = options;
    this.#clock = new RealClock(this.#turn);
  }

  /** An operation of one of them, which `begin` begins. */
  operate<Reply>(begin: (done: (reply: Reply) => void) => void): Promise<Reply> {
    this.#operations += 1;
    return new Promise(begin);
  }

  /** Of the servers and of these, who are all that ask them. */
  figures(): Figures {
    const { servers } = this.#options;
    const { requests, bytes, applied } = servers.told;
    return {
      worldMs: servers.now(),
      servers: servers.size,
      rpcs: requests + this.#count.requests,
      bytes: bytes + this.#count.bytes,
      entries: applied,
      operations: this.#operations,
    };
  }

  /** A place from which clients ask one group. */
  newPlace(number: GroupId, caller: Partial<CallerOptions>): ClientPlace {
    const { env, reach } = this.newEnv();
    const group = new GroupClient(env, { group: number, servers: this.serverIds }, callerOptions(caller));
    new Host(env).addCaller(number, group);
    return { newCaller: (make) => make(group, this.newSession()), reach };
  }

  /** A place from which anything can be asked. */
  newEnv(): ClientEnv {
    const connected = this.#connect();
    const rng = this.#options.rng.fork("place").fork(this.#connected.length);
    return {
      env: { clock: this.#clock, transport: connected.faulty, rng: rng.fork("env"), trace: noTrace },
      reach: (servers) => {
        connected.reach = servers;
        connected.faulty.set(this.#network(servers));
      },
    };
  }

  newSession(): ClientSession {
    this.#sessions += 1;
    const rng = this.#options.rng.fork("session").fork(this.#sessions);
    return new ClientSession(Uint8Array.from({ length: 16 }, () => rng.int(0, 255)));
  }

  /** By their places. */
  get serverIds(): ServerId[] {
    return this.#options.servers.addresses.map(serverAt);
  }

  /** The models are the servers'; a client has no outages of its own. */
  setUnreliable(model: Unreliability | undefined): void {
    this.#model = model;
    for (const { faulty, reach } of this.#connected) faulty.set(this.#network(reach));
  }

  /** Ends all connections. What is under way never ends. */
  close(): void {
    for (const { tcp } of this.#connected) void tcp.close();
  }

  #connect(): Connected {
    const { servers, rng, valueBytesMax } = this.#options;
    const self = serverId(`client/${this.#connected.length}`);
    const own = rng.fork("connection").fork(this.#connected.length);
    const tcp = new TcpClientTransport({
      cluster: servers.cluster,
      self,
      turn: this.#turn,
      clock: this.#clock,
      rng: own.fork("tcp"),
      trace: noTrace,
      limits: tcpLimitsFor(valueBytesMax),
    });
    const faulty = new FaultyTransport({
      inner: tcp,
      clock: this.#clock,
      servers: this.serverIds,
      self,
      rng: own.fork("network"),
      count: this.#count,
      counted: () => {},
      network: this.#network(undefined),
    });
    const connected = { tcp, faulty, reach: undefined };
    this.#connected.push(connected);
    return connected;
  }

  #network(reach: readonly number[] | undefined): NetworkState {
    const places = [...this.serverIds.keys()];
    const unplugged = reach === undefined ? [] : places.filter((place) => !reach.includes(place));
    return { unplugged, sides: [], model: this.#model === "labrpc" ? "labrpc" : undefined, longReordering: false };
  }
}
