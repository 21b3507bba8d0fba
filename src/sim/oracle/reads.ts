import type { RaftState } from "../../raft/state.ts";
import type { LogIndex } from "../../raft/types.ts";
import type { Ledger } from "./ledger.ts";
import { violate } from "./violation.ts";
import type { Watched } from "./watched.ts";

interface Asked {
  readonly server: number;
  /** What was committed anywhere at that moment. */
  readonly committed: LogIndex;
  ended: boolean;
}

/** Linearizable reads: R16. */
export class Reads {
  readonly #ledger: Ledger;
  readonly #asked = new Map<number, Asked>();
  #answered = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  get answered(): number {
    return this.#answered;
  }

  began(server: Watched, context: number): void {
    if (this.#asked.has(context)) violate("R16", `${server.name} is asked for a second read under the id ${context}`);
    this.#asked.set(context, { server: server.at, committed: this.#ledger.commit, ended: false });
  }

  /** The state of `server`, as of `applied`, answers the read. */
  ready(server: Watched, context: number, applied: LogIndex, state: RaftState | undefined): void {
    const asked = this.#end(server, context);
    if (applied < asked.committed)
      violate(
        "R16",
        `${server.name} answers read ${context} with its state at ${applied}; ${asked.committed} was committed when it was asked`,
      );
    // One that no longer leads answers what it had confirmed before.
    if (state?.role === "leader" && server.memory.termAt(state.commit) !== state.term)
      violate("R16", `${server.name} answers read ${context} before it has committed anything in its term ${state.term}`);
    this.#answered += 1;
  }

  dropped(server: Watched, context: number): void {
    this.#end(server, context);
  }

  #end(server: Watched, context: number): Asked {
    const asked = this.#asked.get(context);
    if (asked === undefined || asked.server !== server.at)
      violate("R16", `${server.name} ends read ${context}, which it was not asked for`);
    if (asked.ended) violate("R16", `${server.name} ends read ${context} a second time`);
    asked.ended = true;
    return asked;
  }
}
