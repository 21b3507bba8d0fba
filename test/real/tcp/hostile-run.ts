import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { freePorts } from "../../../src/real/free-ports.ts";
import type { ServerId } from "../../../src/base/ids.ts";
import { Rng } from "../../../src/base/rng.ts";
import { serverAt } from "../../../src/real/address.ts";
import { RealClock } from "../../../src/real/clock.ts";
import { tcpLimits } from "../../../src/real/tcp/options.ts";
import { probePeer } from "../../../src/real/tcp/probe.ts";
import { openTcpTransport, type TcpTransport } from "../../../src/real/tcp/transport.ts";
import { Turn } from "../../../src/real/turn.ts";
import { type Attack, Attacks } from "./attacks.ts";
import { pass, sendUntil, until } from "./rig.ts";

/** Who is attacked. */
export interface Prey {
  readonly cluster: string;
  readonly port: number;
  /** The command that starts the victim. It listens when it has printed its port. */
  readonly command: readonly string[];
  /** `echo`: the victim sends every packet back. `probe`: it only shakes hands, and keeps a peer's connection. */
  readonly canary: "echo" | "probe";
  /** Waits, once the victim listens, until everything around it is in order. */
  ready(): Promise<void>;
  /** Asks for what the victim and those around it are there for, in the midst of it all; rejects when it is not done. */
  serves(): Promise<void>;
  /** Says, when all is over, what is not in order any more. */
  complaints(): Promise<readonly string[]>;
}

/** Whom to attack and how often. */
export interface HostileOptions {
  readonly count: number;
  readonly seed: string;
  readonly prey: Prey;
  readonly progress: (line: string) => void;
}

export interface HostileVerdict {
  readonly attacks: number;
  readonly byName: Readonly<Record<string, number>>;
  readonly canaries: number;
  /** How often the healthy peer had to dial. */
  readonly dialled: number;
  readonly slowestCanaryMs: number;
  readonly medianCanaryMs: number;
  readonly rssBefore: number | undefined;
  readonly rssMost: number | undefined;
  readonly rssMax: number | undefined;
  /** When the attackers had left. */
  readonly rssAfter: number | undefined;
  readonly victimSays: string;
  readonly failures: readonly string[];
}

const host = "127.0.0.1";
const [together, lingerMax] = [50, 900];
const limits = tcpLimits();

/** What the victim's memory may grow by, as its limits say: what strangers hold, one peer's packets, and what sockets read at a time. */
const growthMax =
  limits.strangersBytesMax +
  (limits.frameBytesMax + 2 * limits.peerBytesMax) +
  limits.connectionsMax * (limits.handshakeBytesMax + 65_536) +
  // Node collects memory outside its heap when there are some ten megabytes of it, and the heap has young and old garbage.
  64 * 1024 * 1024;

/** Throws `count` attacks at a victim in a process of its own, while a healthy peer goes on speaking with it. */
export async function attack(options: HostileOptions): Promise<HostileVerdict> {
  const { prey } = options;
  const to = serverAt({ host, port: prey.port });
  const victim = await Victim.start(prey);
  await prey.ready();
  const canary = await Canary.open(prey, to);
  const siege = new Siege(prey.port);
  const failures: string[] = [];
  const rssBefore = victim.rss("VmRSS");
  const attacks = new Attacks(new Rng(options.seed), prey.cluster, to);
  let done = 0;
  try {
    await canary.sing();
    for (let next = options.count / 10; done < options.count; done += together) {
      await Promise.all(Array.from({ length: Math.min(together, options.count - done) }, () => siege.run(attacks.draw())));
      await canary.sing();
      if (victim.hasEnded) throw new Error("the victim has ended");
      if (done + together < next) continue;
      options.progress(`${done + together} attacks, ${siege.lingering} lingering, ${mebibytes(victim.rss("VmRSS"))} MiB`);
      next += options.count / 10;
    }
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
  siege.lift();
  await canary.sing().catch((error: unknown) => failures.push(`after the siege: ${String(error)}`));
  const rssAfter = victim.rss("VmRSS");
  const [rssMost, rssMax] = [victim.rss("VmHWM"), rssBefore === undefined ? undefined : rssBefore + growthMax];
  if (rssMost !== undefined && rssMax !== undefined && rssMost > rssMax) failures.push("the victim took more memory than its limits allow");
  const { dialled, times } = await canary.close();
  failures.push(...(await prey.complaints()));
  return {
    attacks: done,
    byName: siege.byName,
    canaries: times.length,
    dialled,
    slowestCanaryMs: times.at(-1) ?? NaN,
    medianCanaryMs: times[times.length >> 1] ?? NaN,
    rssBefore,
    rssMost,
    rssMax,
    rssAfter,
    victimSays: await victim.end(failures),
    failures,
  };
}

export function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? "?" : (bytes / 1024 / 1024).toFixed(0);
}

/** The process that is attacked. */
class Victim {
  readonly #child: ChildProcess;
  #errors = "";
  #output = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (chunk) => (this.#output += String(chunk)));
    child.stderr?.on("data", (chunk) => (this.#errors = (this.#errors + String(chunk)).slice(-10_000)));
  }

  static async start({ command, port }: Prey): Promise<Victim> {
    const [program = "", ...rest] = command;
    const victim = new Victim(spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] }));
    const isUp = (): boolean => victim.#output.includes(String(port)) || victim.#errors.includes(String(port));
    await until(() => isUp() || victim.hasEnded, "the victim's start");
    if (victim.hasEnded) throw new Error(`the victim did not start: ${victim.#errors}`);
    return victim;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What Linux says about its memory, in bytes; undefined elsewhere. */
  rss(line: "VmRSS" | "VmHWM"): number | undefined {
    const path = `/proc/${this.#child.pid}/status`;
    const found = existsSync(path) ? new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync(path, "utf8")) : null;
    return found === null ? undefined : Number(found[1]) * 1024;
  }

  /** Tells it to end, in good order, and says what it has said last. */
  async end(failures: string[]): Promise<string> {
    this.#child.kill("SIGTERM");
    await until(() => this.hasEnded, "the victim's end");
    if (this.#child.exitCode !== 0) failures.push(`the victim has ended with ${this.#child.exitCode ?? this.#child.signalCode}`);
    return this.#errors.trim().split("\n").at(-1) ?? "";
  }
}

/** The healthy peer. As long as it sings, all is well. */
class Canary {
  readonly #transport: TcpTransport;
  readonly #ask: () => Promise<void>;
  readonly #times: number[] = [];

  private constructor(transport: TcpTransport, ask: () => Promise<void>) {
    this.#transport = transport;
    this.#ask = ask;
  }

  static async open(prey: Prey, to: ServerId): Promise<Canary> {
    const { cluster, port } = prey;
    const turn = new Turn();
    const clock = new RealClock(turn);
    const listen = { host, port: (await freePorts(1))[0] as number };
    const me = { cluster, self: serverAt(listen), incarnation: 1 };
    const transport = await openTcpTransport({ ...me, listen, turn, clock, rng: new Rng("canary"), trace: () => {} });
    const shakeHands = async (): Promise<void> => {
      await sendUntil(transport, to, () => transport.isOpen(to));
      const answer = await probePeer({ ...me, to, address: { host, port }, probeMs: 30_000 });
      if (answer !== "accepted") throw new Error(`the canary's probe is not accepted: ${JSON.stringify(answer)}`);
    };
    const speak = prey.canary === "echo" ? echo(transport, to) : shakeHands;
    return new Canary(transport, async () => {
      await speak();
      await prey.serves();
    });
  }

  /** Asks the victim for a sign of life, and waits for it. */
  async sing(): Promise<void> {
    const begun = performance.now();
    await this.#ask();
    this.#times.push(performance.now() - begun);
  }

  async close(): Promise<{ readonly dialled: number; readonly times: readonly number[] }> {
    const { dialled } = this.#transport.counters();
    await this.#transport.close();
    return { dialled, times: this.#times.toSorted((a, b) => a - b) };
  }
}

/** Sends a packet that was not sent before, and waits until it comes back. */
function echo(transport: TcpTransport, to: ServerId): () => Promise<void> {
  let [song, heard] = [0, 0];
  transport.onPacket((_, packet) => (heard = packet[0] ?? 0));
  return () => {
    song = (song + 1) % 256;
    let waits = 0;
    return until(() => {
      // A packet may be lost, with the connection that it was on; and it is asked again now and then.
      if (waits % 200 === 0) transport.send(to, Uint8Array.of(song));
      waits += 1;
      return heard === song;
    }, "the canary's answer");
  };
}

/** All connections of the attackers. */
class Siege {
  readonly byName: Record<string, number> = {};
  readonly #port: number;
  /** Those that stay, oldest first. */
  readonly #lingering = new Set<Socket>();

  constructor(port: number) {
    this.#port = port;
  }

  get lingering(): number {
    return this.#lingering.size;
  }

  /** Ends when the attack has done what it had in mind, or was stopped. One that lingers does so on its own. */
  async run({ name, parts, pauseMs, end }: Attack): Promise<void> {
    this.byName[name] = (this.byName[name] ?? 0) + 1;
    const socket = connect({ host, port: this.#port, noDelay: true });
    socket.on("error", () => {});
    socket.resume();
    const closed = once(socket, "close").catch(() => {});
    await Promise.race([once(socket, "connect").catch(() => {}), closed]);
    const acted = this.#act(socket, parts, pauseMs);
    if (end === "linger") return this.#linger(socket);
    await acted;
    if (end === "reset") socket.resetAndDestroy();
    else socket.end();
    // Nobody waits for a victim that does not close his end: it is his right for some seconds.
    await Promise.race([closed, pass(20)]);
    socket.destroy();
  }

  lift(): void {
    for (const socket of this.#lingering) socket.resetAndDestroy();
  }

  async #act(socket: Socket, parts: readonly Uint8Array[], pauseMs: number): Promise<void> {
    for (const part of parts) {
      if (socket.destroyed) return;
      socket.write(part);
      await (pauseMs === 0 ? new Promise(setImmediate) : pass(pauseMs));
    }
  }

  #linger(socket: Socket): void {
    this.#lingering.add(socket);
    socket.on("close", () => this.#lingering.delete(socket));
    if (socket.closed) this.#lingering.delete(socket);
    const [oldest] = this.#lingering;
    if (this.#lingering.size > lingerMax) oldest?.resetAndDestroy();
  }
}
