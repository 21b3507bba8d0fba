import type { Cancel, Clock } from "../env/clock.ts";

/**
 * What is known of the way to a server: connected, or why not; nothing of one that was not tried. `refused`: it does not speak with this
 * client as it is, because of its cluster or its version for instance.
 */
export interface ServerState {
  readonly server: string;
  readonly state: "untried" | "connected" | "unreachable" | "refused";
  /** Why it is not connected. */
  readonly why?: string | undefined;
}

/** Calls wait, and nobody answers. */
export interface Trouble {
  /** A sentence for people. */
  readonly message: string;
  /** For how long no call has got an answer. */
  readonly waitingMs: number;
  readonly servers: readonly ServerState[];
}

/** What keeps a group from answering, as far as it can be seen from outside; in a sentence. `groupName` is `group 1`, for example. */
export function troubleSentence(groupName: string, servers: readonly ServerState[]): string {
  const all = servers.map(({ server }) => server).join(", ");
  const connected = servers.filter(({ state }) => state === "connected");
  const reasons = servers.flatMap(({ server, why }) => (why === undefined ? [] : [`${server}: ${why.replace(/\.$/, "")}`]));
  const because = reasons.length === 0 ? "" : ` (${reasons.join("; ")})`;
  if (connected.length === 0) return `No server of ${groupName} answers at ${all}${because}.`;
  const reached = connected.map(({ server }) => server).join(", ");
  if (connected.length === servers.length)
    return `All servers of ${groupName} can be reached (${all}), and none of them leads it at present.`;
  return `${capital(groupName)} has no leader that can be reached; connected to ${reached}, and ${connected.length < majority(servers.length) ? "not to a majority" : "not to all"}${because}.`;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** The longest pause between two reports of the same trouble. */
const pauseMaxMs = 60_000;

/** Tells when calls are under way and nothing has been answered for a while: after `afterMs`, then after twice as long, and so on. */
export class TroubleWatch {
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #tell: (waitingMs: number) => void;
  #isBusy = false;
  /** Since when calls are under way and nothing has been answered. */
  #since = 0;
  #pauseMs: number;
  #cancel: Cancel | undefined;

  constructor(clock: Clock, afterMs: number, tell: (waitingMs: number) => void) {
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#pauseMs = afterMs;
    this.#tell = tell;
  }

  /** Calls are under way from now on, or none are any more. */
  busy(isBusy: boolean): void {
    this.#isBusy = isBusy;
    if (isBusy) this.answered();
    // One timer serves many calls, one after another: it finds out by itself that there is nothing to tell.
    if (isBusy && this.#cancel === undefined) this.#wind(this.#afterMs);
  }

  /** A call has got an answer. */
  answered(): void {
    this.#since = this.#clock.now();
    this.#pauseMs = this.#afterMs;
  }

  stop(): void {
    this.#isBusy = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wind(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => this.#look());
  }

  #look(): void {
    this.#cancel = undefined;
    if (!this.#isBusy) return;
    const waitingMs = this.#clock.now() - this.#since;
    if (waitingMs < this.#pauseMs) return this.#wind(this.#pauseMs - waitingMs);
    this.#pauseMs = Math.min(2 * waitingMs, waitingMs + pauseMaxMs);
    this.#wind(this.#pauseMs - waitingMs);
    this.#tell(waitingMs);
  }
}
