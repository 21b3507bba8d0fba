import { nanoid } from "nanoid";
import { utf8 } from "../base/bytes.ts";
import { type GroupId, type ServerId, serverId } from "../base/ids.ts";
import { Rng } from "../base/rng.ts";
import { noTrace } from "../base/trace.ts";
import type { CallLimits, CallsContext } from "../client/calls.ts";
import { type ServerState, type Trouble, TroubleWatch, troubleSentence } from "../client/trouble.ts";
import type { Env } from "../env/env.ts";
import { callerOptions } from "../rsm/caller/caller-options.ts";
import { GroupClient } from "../rsm/caller/group-client.ts";
import { ClientSession } from "../rsm/caller/operation.ts";
import { Host } from "../rsm/host.ts";
import { RealClock } from "./clock.ts";
import { KeepAlive } from "./keep-alive.ts";
import { TcpClientTransport } from "./tcp/client-transport.ts";
import type { LinkTrouble } from "./tcp/context.ts";
import { clientPrefix } from "./tcp/handshake.ts";
import { Turn } from "./turn.ts";

/** Whom a client asks, and what it tells of it. */
export interface ConnectionSettings {
  readonly cluster: string;
  readonly group: GroupId;
  /** What the group is called in sentences: `group 1`. */
  readonly groupName: string;
  readonly servers: readonly ServerId[];
  readonly timeoutMs: number;
  readonly limits: CallLimits;
  readonly onTrouble: ((trouble: Trouble) => void) | undefined;
}

/** Calls that have waited for so long, and nobody answers, are trouble. */
const troubleMs = 2000;
/** A server that has died is back soon, and may be the one that leads then: it is dialled more often than servers dial each other. */
const redialMsMax = 200;

/**
 * A process's way to one group, with a session of its own. It waits for nothing: connections are made when calls need them, and made
 * anew for as long as calls want them. Only calls that are under way keep the process alive.
 */
export class Connection {
  readonly env: Pick<Env, "clock" | "transport" | "rng" | "trace">;
  readonly host: Host;
  readonly group: GroupClient;
  /** What TCP delivers it delivers once, and what a lost connection took along is not sent again: no packet arrives twice (rule S9). */
  readonly session: ClientSession = new ClientSession(utf8(nanoid()), { mayDouble: false });
  readonly links: Links;
  readonly calls: CallsContext;
  readonly #transport: TcpClientTransport;
  readonly #watch: TroubleWatch;
  readonly #keepAlives: KeepAlive[] = [];

  constructor(settings: ConnectionSettings) {
    const { cluster, group, servers, timeoutMs, limits, onTrouble } = settings;
    const links = new Links(settings);
    this.links = links;
    const turn = new Turn();
    const clock = new RealClock(turn, false);
    const rng = new Rng(nanoid());
    const self = serverId(`${clientPrefix}${nanoid()}`);
    const onState = (server: ServerId, trouble: LinkTrouble | undefined): void => {
      links.learn(server, trouble);
      if (trouble === undefined) this.group.welcomed(server);
      else if (trouble.isFinal) this.group.barred(server, () => links.sentence);
      else this.group.lost(server);
    };
    const tcp = { cluster, self, turn, clock, rng, trace: noTrace, limits: { redialMsMax } };
    this.#transport = new TcpClientTransport({ ...tcp, onState, keepsAlive: false });
    this.env = { clock, transport: this.#transport, rng: rng.fork("calls"), trace: noTrace };
    this.group = new GroupClient(this.env, { group, servers }, callerOptions({ callsMax: Infinity }));
    this.host = new Host(this.env);
    this.host.addCaller(group, this.group);
    const watch = new TroubleWatch(clock, troubleMs, (waitingMs) => {
      onTrouble?.({ message: links.sentence, waitingMs, servers: links.states });
    });
    this.#watch = watch;
    const calls = { clock, limits, timeoutMs, busy: (isBusy: boolean) => watch.busy(isBusy) };
    this.calls = this.#keptAlive({ ...calls, answered: () => watch.answered(), trouble: () => links.sentence });
  }

  /** For calls that other servers are asked: it is not the group's trouble when nobody answers them. */
  unwatched(): CallsContext {
    return this.#keptAlive({ ...this.calls, busy: () => {}, answered: () => {}, trouble: () => undefined });
  }

  /** Keeps the process alive besides, while calls are under way. */
  #keptAlive(calls: CallsContext): CallsContext {
    const keepAlive = new KeepAlive();
    this.#keepAlives.push(keepAlive);
    const busy = (isBusy: boolean): void => {
      keepAlive.keep(isBusy);
      calls.busy(isBusy);
    };
    return { ...calls, busy };
  }

  /** Lets go of everything. */
  close(): void {
    this.#watch.stop();
    for (const keepAlive of this.#keepAlives) keepAlive.stop();
    void this.#transport.close();
  }
}

/** What is known of the connections to servers: those of the group, and others that were spoken to. */
export class Links {
  readonly #groupName: string;
  readonly #servers: readonly ServerId[];
  readonly #states = new Map<ServerId, ServerState>();
  /** Hears of a server that will never speak with this client. */
  onRefused: (server: ServerId) => void = () => {};
  /** Hears of a server that has begun to speak with this client. */
  onMet: (server: ServerId) => void = () => {};
  /** Hears of a server to which there is no connection any more. */
  onLost: (server: ServerId) => void = () => {};

  constructor({ groupName, servers }: Pick<ConnectionSettings, "groupName" | "servers">) {
    this.#groupName = groupName;
    this.#servers = servers;
  }

  learn(server: ServerId, trouble: LinkTrouble | undefined): void {
    const state = trouble === undefined ? "connected" : trouble.isFinal ? "refused" : "unreachable";
    this.#states.set(server, { server, state, why: trouble?.why });
    if (state === "connected") this.onMet(server);
    if (state === "refused") this.onRefused(server);
    if (state === "unreachable") this.onLost(server);
  }

  state(server: ServerId): ServerState {
    return this.#states.get(server) ?? { server, state: "untried" };
  }

  /** Of the group's servers. */
  get states(): readonly ServerState[] {
    return this.#servers.map((server) => this.state(server));
  }

  get sentence(): string {
    return troubleSentence(this.#groupName, this.states);
  }

  /** What is known of another group's servers, for whoever gets no answer. */
  sentenceOf(gid: GroupId, servers: readonly ServerId[]): string {
    return troubleSentence(
      `group ${gid}`,
      servers.map((server) => this.state(server)),
    );
  }
}
