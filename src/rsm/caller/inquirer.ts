import type { ServerId } from "../../base/ids.ts";
import type { Cancel } from "../../env/clock.ts";
import type { Env } from "../../env/env.ts";
import { encodeInquiry, type ReplicaReport, type Reports } from "../inquiry.ts";

/** What servers have said of their replicas. */
export type Told = ReadonlyMap<ServerId, readonly ReplicaReport[]>;

/** One question to some servers, until it ends. */
interface Inquiry {
  readonly id: number;
  readonly silent: Set<ServerId>;
  readonly told: Map<ServerId, readonly ReplicaReport[]>;
  readonly done: (told: Told) => void;
  /** For the deadline and for the next round. */
  timers: Cancel[];
}

/** An inquiry that is not answered by then is sent again. */
const againMs = 500;

/** Asks servers which replicas they have: again and again, until they have answered. Nothing ends from inside the call that began it. */
export class Inquirer {
  readonly #env: Pick<Env, "clock" | "transport">;
  readonly #open = new Map<number, Inquiry>();
  /** The next inquiry's number. They begin anywhere: an answer to an earlier life is to find nobody. */
  #nextId: number;

  constructor(env: Pick<Env, "clock" | "transport" | "rng">) {
    this.#env = env;
    this.#nextId = env.rng.int(0, 2 ** 52);
  }

  /** Asks until all have answered or were given up, or `deadlineMs` have passed; `done` hears of those that have answered. */
  ask(servers: readonly ServerId[], deadlineMs: number, done: (told: Told) => void): Cancel {
    const { clock } = this.#env;
    const inquiry: Inquiry = { id: this.#nextId, silent: new Set(servers), told: new Map(), done, timers: [] };
    this.#nextId += 1;
    this.#open.set(inquiry.id, inquiry);
    const end = (): void => this.#end(inquiry);
    inquiry.timers = [clock.after(servers.length === 0 ? 0 : deadlineMs, end), this.#round(inquiry)];
    return end;
  }

  /** Asks those that are silent, now and again. */
  #round(inquiry: Inquiry): Cancel {
    for (const server of inquiry.silent) this.#env.transport.send(server, encodeInquiry(inquiry.id));
    return this.#env.clock.after(againMs, () => {
      inquiry.timers[1] = this.#round(inquiry);
    });
  }

  receive(from: ServerId, { id, reports }: Reports): void {
    const inquiry = this.#open.get(id);
    if (inquiry === undefined || !inquiry.silent.delete(from)) return;
    inquiry.told.set(from, reports);
    if (inquiry.silent.size === 0) this.#end(inquiry);
  }

  /** That server will never answer: nobody waits for it any more. */
  giveUp(server: ServerId): void {
    for (const inquiry of this.#open.values()) {
      if (inquiry.silent.delete(server) && inquiry.silent.size === 0) this.#end(inquiry);
    }
  }

  #end(inquiry: Inquiry): void {
    if (!this.#open.delete(inquiry.id)) return;
    for (const cancel of inquiry.timers) cancel();
    inquiry.done(inquiry.told);
  }
}
