import { getU32 } from "../../base/bytes.ts";
import type { Row } from "../../env/storage.ts";
import type { InstallSnapshot } from "../../raft/message.ts";
import type { RaftState } from "../../raft/state.ts";
import type { LogIndex, Mark } from "../../raft/types.ts";
import type { Keys } from "../../rsm/log/rows.ts";
import type { Ledger } from "./ledger.ts";
import { violate } from "./violation.ts";
import type { Watched } from "./watched.ts";

/** Snapshots and marks say what was committed, and nothing goes back with them: R11. */
export class Snapshots {
  readonly #ledger: Ledger;
  readonly #statePrefix: Uint8Array;

  constructor(ledger: Ledger, { statePrefix }: Keys) {
    this.#ledger = ledger;
    this.#statePrefix = statePrefix;
  }

  /** The log in memory begins elsewhere than at the last look. */
  marked(server: Watched, state: RaftState): void {
    const { mark } = state.log;
    const { memory } = server;
    this.#mark(mark, () => `the log of ${server.name} begins`);
    if (memory.installed && mark.index <= server.applied)
      violate("R11", `${server.name} installs a snapshot at ${mark.index} after it has applied ${server.applied}`);
    if (!memory.installed && memory.truncatedAt > 0)
      violate("R11", `${server.name} drops its log from ${memory.truncatedAt} on, which goes on behind its new mark at ${mark.index}`);
    if (memory.markChain !== mark.chain) violate("R11", `the mark of ${server.name} at ${mark.index} does not carry the hash of its log`);
  }

  /** The durable mark has changed. */
  stored(server: Watched): void {
    const { mark } = server.disk;
    if (mark !== undefined) this.#mark(mark, () => `the log on the disk of ${server.name} begins`);
  }

  sent(server: Watched, { mark }: InstallSnapshot): void {
    this.#mark(mark, () => `${server.name} sends a snapshot that stands`);
  }

  /** At the end: of the rows of all the snapshots that did not become the state none are left. */
  settled(server: Watched, rows: Iterable<Row>): void {
    const live = server.disk.applied?.generation ?? 0;
    for (const { key } of rows) {
      if (!this.#isOfState(key)) continue;
      const generation = getU32(key, this.#statePrefix.length);
      if (generation !== live)
        violate("R11", `the disk of ${server.name} holds rows of generation ${generation} in the end, and its state is generation ${live}`);
    }
  }

  #isOfState(key: Uint8Array): boolean {
    return this.#statePrefix.every((byte, at) => key[at] === byte);
  }

  #mark(mark: Mark, who: () => string): void {
    if (mark.index > this.#ledger.commit) violate("R11", `${who()} at ${mark.index}, and only ${this.#ledger.commit} is committed`);
    if (mark.chain !== this.#ledger.chainAt(mark.index) || mark.term !== this.#ledger.termAt(mark.index))
      violate("R11", `${who()} at ${mark.index} (term ${mark.term}), where another log was committed`);
  }

  /** A state has been taken over, from the disk or from a snapshot: one that is a list of commands holds those that were committed. */
  restored(server: Watched, index: LogIndex, command: ((index: LogIndex) => Uint8Array) | undefined): void {
    if (index > this.#ledger.commit)
      violate("R11", `${server.name} takes over a state at ${index}, and only ${this.#ledger.commit} is committed`);
    if (command === undefined) return;
    for (let at = 1; at <= index; at += 1) {
      if (!this.#ledger.holdsAt(at, command(at)))
        violate("R11", `${server.name} takes over a state at ${index} in which command ${at} is not what was committed`);
    }
  }
}
