import { nanoid } from "nanoid";
import { utf8 } from "../base/bytes.ts";
import { type ServerId, serverId } from "../base/ids.ts";
import { Rng } from "../base/rng.ts";
import { noTrace } from "../base/trace.ts";
import type { Client, Data } from "../client/client.ts";
import { bytes, text } from "../client/encoding.ts";
import { KvCaller } from "../client/kv-caller.ts";
import { KvClient, type KvClientParts } from "../client/kv-client.ts";
import { type ServerState, TroubleWatch, troubleSentence } from "../client/trouble.ts";
import { callerOptions } from "../rsm/caller/caller-options.ts";
import { GroupClient } from "../rsm/caller/group-client.ts";
import { Host } from "../rsm/host.ts";
import { ClientSession } from "../rsm/caller/operation.ts";
import { kvOptions } from "../shardkv/options.ts";
import { partitioner } from "../shardkv/partitioner.ts";
import { RealClock } from "./clock.ts";
import { callLimits, type ConnectOptions, type ConnectSettings, connectSettings } from "./connect-options.ts";
import { KeepAlive } from "./keep-alive.ts";
import { TcpClientTransport } from "./tcp/client-transport.ts";
import type { LinkTrouble } from "./tcp/context.ts";
import { clientPrefix } from "./tcp/handshake.ts";
import { Turn } from "./turn.ts";

/** Calls that have waited for so long, and nobody answers, are trouble. */
const troubleMs = 2000;

/**
 * A client of a group of servers. It waits for nothing: connections are made when calls need them, and made anew for as long as calls
 * want them. Each client has a session of its own; one is enough for a process.
 */
export function connect(options: ConnectOptions & { readonly as?: "text" | undefined }): Client;
export function connect(options: ConnectOptions & { readonly as: "bytes" }): Client<Uint8Array>;
export function connect(options: ConnectOptions): Client | Client<Uint8Array> {
  const settings = connectSettings(options);
  const parts = partsOf(settings);
  return settings.as === "text" ? new KvClient({ ...parts, encoding: text }) : new KvClient({ ...parts, encoding: bytes });
}

function partsOf(settings: ConnectSettings): Omit<KvClientParts<Data>, "encoding"> {
  const { cluster, group, servers, timeoutMs, onTrouble } = settings;
  const links = new Links(settings);
  const turn = new Turn();
  const clock = new RealClock(turn, false);
  const rng = new Rng(nanoid());
  const self = serverId(`${clientPrefix}${nanoid()}`);
  const onState = (server: ServerId, trouble: LinkTrouble | undefined): void => links.learn(server, trouble);
  const transport = new TcpClientTransport({ cluster, self, turn, clock, rng, trace: noTrace, onState, keepsAlive: false });
  const env = { clock, transport, rng: rng.fork("calls"), trace: noTrace };
  const asked = new GroupClient(env, { group, servers }, callerOptions({ callsMax: Infinity }));
  new Host(env).addCaller(group, asked);
  const { shards, partitioner: spec, ...limits } = kvOptions();
  const keepAlive = new KeepAlive();
  const watch = new TroubleWatch(clock, troubleMs, (waitingMs) => {
    onTrouble?.({ message: links.sentence, waitingMs, servers: links.states });
  });
  return {
    caller: new KvCaller(asked, new ClientSession(utf8(nanoid())), partitioner(spec, shards)),
    limits,
    calls: {
      clock,
      limits: callLimits,
      timeoutMs,
      busy: (isBusy) => {
        keepAlive.keep(isBusy);
        watch.busy(isBusy);
      },
      answered: () => watch.answered(),
      trouble: () => links.sentence,
    },
    close: () => {
      watch.stop();
      keepAlive.stop();
      void transport.close();
    },
  };
}

/** What is known of the connections to a group's servers. */
class Links {
  readonly #group: number;
  readonly #states: Map<ServerId, ServerState>;

  constructor({ group, servers }: ConnectSettings) {
    this.#group = group;
    this.#states = new Map(servers.map((server) => [server, { server, state: "untried" }]));
  }

  learn(server: ServerId, trouble: LinkTrouble | undefined): void {
    const state = trouble === undefined ? "connected" : trouble.isFinal ? "refused" : "unreachable";
    this.#states.set(server, { server, state, why: trouble?.why });
  }

  get states(): readonly ServerState[] {
    return [...this.#states.values()];
  }

  get sentence(): string {
    return troubleSentence(this.#group, this.states);
  }
}
