import type { Cancel, Clock } from "../../env/clock.ts";
import { isNamed } from "../address.ts";
import type { FoundingLine } from "./founding-line.ts";
import type { Founding, Register } from "./wire.ts";

/** Who registers. */
export type Registrant = Pick<Register, "gid" | "creation" | "replica">;

export interface RegistrarEvents {
  readonly registered: () => void;
  /** The first configuration is made: clients find everybody. Whoever hears it keeps it, and says so at the next start. */
  readonly begun: () => void;
  /** The shardmaster is another one than this server's: it does not know it. `why` is a sentence. */
  readonly foreign: (why: string) => void;
}

/** How often the shardmaster is asked: before everybody is there, and afterwards. */
const eagerMs = 50;
const calmMs = 1000;

/**
 * Sees to it that a shardmaster knows a server: it polls, and registers whenever the shardmaster does not know it (any more). It goes on
 * for as long as the server lives, since a shardmaster without a disk forgets everything when it is started again.
 */
export class Registrar {
  readonly #line: FoundingLine;
  readonly #clock: Clock;
  readonly #who: Registrant;
  readonly #events: RegistrarEvents;
  #begun: boolean;
  #isRegistered = false;
  #stopped = false;
  #cancel: Cancel | undefined;

  /** `begun`: it has been heard in an earlier life. */
  constructor(line: FoundingLine, clock: Clock, who: Registrant, begun: boolean, events: RegistrarEvents) {
    this.#line = line;
    this.#clock = clock;
    this.#who = who;
    this.#begun = begun;
    this.#events = events;
  }

  start(): void {
    this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #ask(): void {
    this.#cancel = this.#line.founding((answer) => {
      if (this.#stopped) return;
      if (answer === undefined) return this.#rest();
      if (typeof answer === "string") return this.#events.foreign(`What answers as the shardmaster knows no such servers: ${answer}`);
      this.#heard(answer);
    });
  }

  #heard({ groups, registered, begun }: Founding): void {
    const at = groups.findIndex((group) => isNamed(group, this.#who));
    if (at < 0) return this.#events.foreign("The shardmaster is that of another cluster.");
    const isKnown = registered[at]?.includes(this.#who.replica) === true;
    if (isKnown && !this.#isRegistered) this.#events.registered();
    this.#isRegistered = isKnown;
    if (begun && !this.#begun) this.#events.begun();
    this.#begun ||= begun;
    if (isKnown && begun === this.#begun) return this.#rest();
    this.#cancel = this.#line.register({ ...this.#who, begun: this.#begun }, () => {
      if (!this.#stopped) this.#rest();
    });
  }

  #rest(): void {
    this.#cancel = this.#clock.after(this.#begun && this.#isRegistered ? calmMs : eagerMs, () => this.#ask());
  }
}
