import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { type ServerId, serverId } from "../../../src/base/ids.ts";
import { Rng } from "../../../src/base/rng.ts";
import type { TraceFields } from "../../../src/base/trace.ts";
import type { Address } from "../../../src/real/address.ts";
import { RealClock } from "../../../src/real/clock.ts";
import { frameKinds, packFrame } from "../../../src/real/tcp/frame.ts";
import { encodeHello, type Hello, readAnswer } from "../../../src/real/tcp/handshake.ts";
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

/** Sends to `to` until `heard` says that something came. */
export function sendUntil(transport: TcpTransport, to: ServerId, heard: () => boolean): Promise<void> {
  return until(() => {
    transport.send(to, Uint8Array.of(1));
    return heard();
  }, "a packet's arrival");
}
