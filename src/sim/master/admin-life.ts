import type { MasterCaller } from "../../client/master-caller.ts";
import type { Rng } from "../../base/rng.ts";
import { latestNumber } from "../../shardmaster/queries.ts";
import type { Life, LifeParts } from "../group/asking-client.ts";
import type { AdminCommand, AdminWishes } from "./draw.ts";
import type { MasterRecording } from "./recording.ts";

/** What administrators have seen besides. */
export interface AdminCounts {
  /** Configurations that they were told they had made, and commands that found everything as they asked. */
  made: number;
  unchanged: number;
  /** The latest configuration that anybody saw. */
  latest: number;
}

/** What an administrator asks for next: see `AdminWishes`. */
export type AdminWishing = Pick<AdminWishes, "next" | "join">;

export interface AdminLifeParts {
  readonly wishes: (rng: Rng) => AdminWishing;
  readonly recording: MasterRecording;
  readonly counts: AdminCounts;
}

/** Of the old configurations so many are read in the end. */
const lookedAtMax = 10;

/** What an administrator does in one life. */
export class AdminLife implements Life {
  readonly #own: LifeParts<MasterCaller>;
  readonly #parts: AdminLifeParts;
  readonly #wishes: AdminWishing;
  #latest = 0;

  constructor(own: LifeParts<MasterCaller>, parts: AdminLifeParts) {
    this.#own = own;
    this.#parts = parts;
    this.#wishes = parts.wishes(own.rng);
  }

  ask(deadlineMs: number): void {
    const wish = this.#wishes.next(this.#latest);
    if (wish.kind === "command") this.#execute(wish.command, deadlineMs);
    else this.#query(wish.number, deadlineMs);
  }

  /** A join, which is executed whether it changes anything or is refused; and somebody sees what there is then. */
  probe(_: Rng, deadlineMs: number, done: () => void): void {
    // Before the cluster is initialised a query is refused: this one is asked after another change then.
    this.#execute(this.#wishes.join(), deadlineMs, () => this.#query(latestNumber, deadlineMs, done));
  }

  /** Reads the latest configuration, and some of those before it. */
  readAll(deadlineMs: number, done: () => void): void {
    this.#query(latestNumber, deadlineMs, () => {
      let left = Math.min(lookedAtMax, this.#latest + 1);
      for (let i = left; i > 0; i -= 1) {
        this.#query(this.#own.rng.int(0, this.#latest), deadlineMs, () => {
          left -= 1;
          if (left === 0) done();
        });
      }
    });
  }

  #execute(command: AdminCommand, deadlineMs: number, done?: () => void): void {
    const { name: client, world } = this.#own;
    this.#own.act((caller) =>
      this.#own.command(command.op, ({ name, ended }) => {
        const end = this.#parts.recording.command(client, world.now, command, name);
        caller.execute(command, deadlineMs, (outcome) => {
          ended(outcome);
          end(world.now, outcome);
          if (outcome.kind === "result") this.#learn(outcome.result.number, outcome.result.changed);
          if (outcome.kind === "result" || (outcome.kind === "refused" && outcome.why === "bad_request")) done?.();
        });
      }),
    );
  }

  #query(number: number, deadlineMs: number, done?: () => void): void {
    const { name: client, world } = this.#own;
    this.#own.act((caller) => {
      const end = this.#parts.recording.query(client, world.now, number);
      const ended = this.#own.question(`query ${number}`);
      caller.config(number, deadlineMs, (outcome) => {
        ended(outcome);
        end(world.now, outcome);
        if (outcome.kind !== "result") return;
        this.#learn(outcome.result.latest);
        done?.();
      });
    });
  }

  #learn(number: number, changed?: boolean): void {
    const { counts } = this.#parts;
    if (changed === true) counts.made += 1;
    else if (changed === false) counts.unchanged += 1;
    this.#latest = Math.max(this.#latest, number);
    counts.latest = Math.max(counts.latest, number);
  }
}
