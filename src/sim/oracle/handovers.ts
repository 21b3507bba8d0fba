import type { Message, TimeoutNow, Vote } from "../../raft/message.ts";
import type { RaftState, Transfer } from "../../raft/state.ts";
import type { LogIndex } from "../../raft/types.ts";
import type { Ledger } from "./ledger.ts";
import { violate } from "./violation.ts";
import { serverName, type Watched, watchedAt } from "./watched.ts";

/** A leader that gives its place to another, as it was last seen. */
interface Handover {
  readonly transfer: Transfer;
  readonly last: LogIndex;
}

/** How leaders give their places away: R25. That there is never more than one is R1. */
export class Handovers {
  readonly #ledger: Ledger;
  readonly #servers: readonly Watched[];
  readonly #handovers: (Handover | undefined)[];
  /** Who was told to campaign, and in which term. */
  readonly #told = new Set<string>();

  constructor(ledger: Ledger, servers: readonly Watched[]) {
    this.#ledger = ledger;
    this.#servers = servers;
    this.#handovers = servers.map(() => undefined);
  }

  /** An event of the server is over. */
  look(server: Watched, { transfer }: RaftState): void {
    const before = this.#handovers[server.at];
    if (transfer === undefined && before === undefined) return;
    const { last } = server.memory;
    if (transfer !== undefined && before?.transfer === transfer && last > before.last)
      violate("R25", `${server.name} has taken entry ${last} into its log while it gives its place to ${serverName(transfer.to)}`);
    this.#handovers[server.at] = transfer && { transfer, last };
  }

  /** A message leaves. */
  sent(server: Watched, message: Message): void {
    if (message.kind === "timeout_now") this.#tells(server, message);
    else if (message.kind === "vote" && message.transfer) this.#skips(server, message);
  }

  #tells(server: Watched, { to, term }: TimeoutNow): void {
    const { state, memory } = server;
    if (state?.role !== "leader" || state.term !== term)
      violate("R25", `${server.name} tells ${serverName(to)} to campaign after term ${term}, which it does not lead`);
    this.#told.add(`${term} ${to}`);
    const who = `${server.name}, leading term ${term}, tells ${serverName(to)} to campaign`;
    if (state.commit !== memory.last) violate("R25", `${who} while what stands in its log behind ${state.commit} is not committed`);
    const successor = watchedAt(this.#servers, to);
    const chain = memory.chainAt(memory.last) ?? this.#ledger.chainAt(memory.last) ?? 0;
    // One that has gone on to a newer term may have other entries by now.
    if (successor.disk.term > term || successor.holds(memory.last, chain, (index) => this.#ledger.chainAt(index))) return;
    violate("R25", `${who}, whose disk does not hold the log up to ${memory.last}`);
  }

  #skips(server: Watched, { term }: Vote): void {
    if (!this.#told.has(`${term - 1} ${server.at}`))
      violate("R25", `${server.name} asks for votes in term ${term} in the name of a leader that has not told it to`);
  }
}
