import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { type ServerId, serverId } from "../../../src/base/ids.ts";
import { Rng } from "../../../src/base/rng.ts";
import type { TraceFields } from "../../../src/base/trace.ts";
import type { Address } from "../../../src/real/address.ts";
import { RealClock } from "../../../src/real/clock.ts";
import { type TcpClientOptions, TcpClientTransport } from "../../../src/real/tcp/client-transport.ts";
import { frameKinds, packFrame } from "../../../src/real/tcp/frame.ts";
import { encodeHello, encodeWelcome, type Hello, readAnswer } from "../../../src/real/tcp/handshake.ts";
import type { TcpOptions } from "../../../src/real/tcp/options.ts";
import { openTcpTransport, type TcpTransport } from "../../../src/real/tcp/transport.ts";
import { Turn } from "../../../src/real/turn.ts";
import { type NaiveFrame, naiveFrames } from "./naive-frames.ts";

/** Lets `ms` milliseconds pass, or a little more. */
export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Waits until `condition` holds; gives up only after so long that it never will. */
export async function until(condition: () => boolean, what = "what was waited for"): Promise<void> {
  for (let waits = 0; !condition(); waits += 1) {
    if (waits > 12_000) throw new Error(`${what} does not happen`);
    await pass(5);
  }
}

export interface Traced {
  readonly name: string;
  readonly fields: TraceFields;
}

/** Servers on this machine that know each other by name, and whatever else has to be closed in the end. */
export class TcpRig {
  readonly addresses: Map<ServerId, Address> = new Map();
  readonly traced: Traced[] = [];
  /** What clients have heard of servers that will never speak with them. */
  readonly refusals: string[] = [];
  readonly #closers: (() => Promise<void> | void)[] = [];

  /** A server that listens; it is closed with the rig. */
  async open(name: string, given: Partial<TcpOptions> = {}): Promise<TcpTransport> {
    const self = serverId(name);
    const turn = new Turn();
    const transport = await openTcpTransport({
      cluster: "test",
      self,
      incarnation: 1,
      listen: { host: "127.0.0.1", port: 0 },
      addressOf: (server) => this.addresses.get(server),
      turn,
      clock: new RealClock(turn),
      rng: new Rng(name),
      trace: (trace, fields = {}) => this.traced.push({ name: trace, fields }),
      ...given,
    });
    this.addresses.set(self, transport.address);
    this.onClose(() => transport.close());
    return transport;
  }

  /** A server that sends every packet back, with a byte behind it. */
  async echo(name: string, given: Partial<TcpOptions> = {}): Promise<TcpTransport> {
    const transport = await this.open(name, given);
    transport.onPacket((from, packet) => transport.send(from, Uint8Array.of(...packet, 9)));
    return transport;
  }

  /** A client's side; it is closed with the rig. */
  client(given: Partial<TcpClientOptions> = {}): TcpClientTransport {
    const turn = new Turn();
    const transport = new TcpClientTransport({
      cluster: "test",
      self: serverId("client/7"),
      addressOf: (server) => this.addresses.get(server),
      turn,
      clock: new RealClock(turn),
      rng: new Rng("client"),
      trace: (trace, fields = {}) => this.traced.push({ name: trace, fields }),
      onState: (server, trouble) => {
        if (trouble?.isFinal === true) this.refusals.push(`${server}: ${trouble.why}`);
      },
      ...given,
    });
    this.onClose(() => transport.close());
    return transport;
  }

  /** A bare listener, which does with its connections what `serve` says. */
  async listen(serve: (socket: Socket) => void): Promise<Address> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      serve(socket);
    });
    server.listen({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    this.onClose(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("a listener has a port");
    return { host: "127.0.0.1", port: bound.port };
  }

  /** Has `server` be a listener that welcomes whoever comes, and then reads nothing; the result ends what it has begun. */
  async deaf(server: ServerId): Promise<() => void> {
    const sockets: Socket[] = [];
    const address = await this.listen((socket) => {
      sockets.push(socket);
      socket.once("data", () => {
        socket.pause();
        socket.write(packFrame(frameKinds.welcome, encodeWelcome({ cluster: "test", self: server, incarnation: 1 })));
      });
    });
    this.addresses.set(server, address);
    return () => {
      for (const socket of sockets) socket.destroy();
    };
  }

  /** A connection to `transport`, over which `parts` are sent at once. */
  stranger(transport: TcpTransport, ...parts: readonly Uint8Array[]): BareSocket {
    const socket = new BareSocket(transport.address);
    this.onClose(() => void socket.socket.destroy());
    socket.write(...parts);
    return socket;
  }

  onClose(close: () => Promise<void> | void): void {
    this.#closers.push(close);
  }

  names(name: string): Traced[] {
    return this.traced.filter((trace) => trace.name === name);
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }
}

/** A connection with nothing behind it, as a stranger has one. */
export class BareSocket {
  readonly socket: Socket;
  /** What came, one behind the other. */
  received: Buffer = Buffer.alloc(0);
  isClosed = false;

  constructor({ host, port }: Address) {
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on("error", () => {});
    this.socket.on("data", (chunk) => (this.received = Buffer.concat([this.received, chunk])));
    this.socket.on("close", () => (this.isClosed = true));
  }

  write(...parts: readonly Uint8Array[]): void {
    for (const part of parts) this.socket.write(part);
  }

  /** Waits until the other side has closed it. */
  closed(): Promise<void> {
    return until(() => this.isClosed, "the end of the connection");
  }
}

/** The hello of a server that calls itself `who`. */
export function helloFrame(given: Partial<Hello> & { readonly to: ServerId }): Uint8Array {
  return packFrame(frameKinds.hello, encodeHello({ role: "peer", cluster: "test", who: serverId("stranger"), incarnation: 7, ...given }));
}

/** The frames that came, as far as they are whole. */
export function framesIn(received: Buffer): NaiveFrame[] {
  return naiveFrames(received, 1 << 20).frames;
}

/** The sentence with which a listener has refused; undefined when it has not. */
export function refusalIn({ received }: BareSocket): string | undefined {
  const [frame] = framesIn(received);
  if (frame?.kind !== frameKinds.refusal) return undefined;
  const answer = readAnswer(false, frame.body, serverId("anybody"));
  return "refusal" in answer ? answer.refusal : undefined;
}

/** Asks an echo until it answers: a packet may be lost. */
export async function answered(client: TcpClientTransport, to: ServerId): Promise<Uint8Array> {
  let answer: Uint8Array | undefined;
  client.onPacket((from, packet) => {
    if (from === to) answer = packet;
  });
  let waits = 0;
  await until(() => {
    if (waits % 20 === 0) client.send(to, Uint8Array.of(7));
    waits += 1;
    return answer !== undefined;
  }, "an answer");
  return answer as Uint8Array;
}

/** Sends to `to` until `heard` says that something came. */
export function sendUntil(transport: TcpTransport, to: ServerId, heard: () => boolean): Promise<void> {
  return until(() => {
    transport.send(to, Uint8Array.of(1));
    return heard();
  }, "a packet's arrival");
}
