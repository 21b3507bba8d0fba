import { cpuSeconds } from "../cpu.ts";
import { ClientProcess, type CommandWords } from "./client-process.ts";

/** Several clients of a store, each of which is asked one thing after the other. */
export interface Crowd {
  readonly size: number;
  /** Asks a client that has answered everything so far. `line` has its end; `scan` says what kind of answer is to come. */
  ask(client: number, line: string, scan: boolean): void;
  /** Has all end by themselves, when all have answered; a sentence where one did not. */
  stop(): Promise<string | undefined>;
  /** Ends all at once. */
  kill(): void;
  /** CPU of all of them so far; undefined where that is not known. */
  cpuSeconds(): number | undefined;
}

/** Who hears a crowd. */
export interface CrowdListener {
  answered(client: number, answer: Buffer): void;
  /** A client will not answer; a sentence says which, and why. The others go on. */
  failed(sentence: string): void;
}

/** Makes a crowd that tells `listener`. */
export type MakeCrowd = (listener: CrowdListener) => Crowd;

/** A client that does not answer for so long has failed: the course's harness gives up then. */
const silenceMaxMs = 60_000;
/** Before its first answer a client may take longer: its service may have to be started, as it has itself. */
const startMaxMs = 300_000;
const watchMs = 1000;

/** So many processes of one command line. */
export function processCrowd(command: CommandWords, size: number): MakeCrowd {
  return (listener) => new ProcessCrowd(command, size, listener);
}

class ProcessCrowd implements Crowd {
  readonly #clients: readonly ClientProcess[];
  readonly #watch: NodeJS.Timeout;

  constructor(command: CommandWords, size: number, listener: CrowdListener) {
    this.#clients = Array.from(
      { length: size },
      (_, at) =>
        new ClientProcess(`client ${at}`, command, {
          answered: (answer) => listener.answered(at, answer),
          lost: (why) => listener.failed(`The client ${at} is lost: ${why}.`),
        }),
    );
    const silent = new Set<ClientProcess>();
    this.#watch = setInterval(() => {
      const now = performance.now();
      for (const client of this.#clients) {
        const mostMs = client.hasAnswered ? silenceMaxMs : startMaxMs;
        if (client.askedAt === undefined || now - client.askedAt < mostMs || silent.has(client)) continue;
        silent.add(client);
        listener.failed(`The ${client.name} has not answered for ${mostMs / 1000} seconds.`);
      }
    }, watchMs);
  }

  get size(): number {
    return this.#clients.length;
  }

  ask(client: number, line: string, scan: boolean): void {
    this.#clients[client]?.ask(line, scan);
  }

  async stop(): Promise<string | undefined> {
    clearInterval(this.#watch);
    const ends = await Promise.all(this.#clients.map(async (client) => ({ client, why: await client.stop() })));
    const bad = ends.find(({ why }) => why !== undefined);
    return bad === undefined ? undefined : `The ${bad.client.name} ended badly: ${bad.why}.`;
  }

  kill(): void {
    clearInterval(this.#watch);
    for (const client of this.#clients) client.kill();
  }

  cpuSeconds(): number | undefined {
    return cpuSeconds(this.#clients.map((client) => client.pid));
  }
}
