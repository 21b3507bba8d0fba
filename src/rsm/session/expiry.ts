import { afterPrefix } from "../../base/bytes.ts";
import type { Cancel, Clock } from "../../env/clock.ts";
import type { KeyRange, Row } from "../../env/storage.ts";
import type { SessionName } from "./entry.ts";
import { decodeSessionRow } from "./session-row.ts";
import type { ShardHome, Refused, Shard } from "../state/state-machine.ts";
import type { StateScan } from "../state/state-scan.ts";

export interface ExpiryParts {
  readonly clock: Clock;
  /** What the keys of all session rows begin with. */
  readonly prefix: Uint8Array;
  /** The time between two walks through all sessions. */
  readonly expireMs: number;
  /** The time between two pages of a walk. */
  readonly expirePageMs: number;
  readonly scan: () => StateScan;
  readonly home: (shard: Shard) => ShardHome | Refused;
  /** The group's log time as an entry would be stamped now. */
  readonly time: () => number;
  /** Logs the names of sessions that may be dropped. */
  readonly propose: (names: readonly SessionName[]) => void;
}

/** What is looked at in one go, and so the most that one entry drops. */
const page = { rowsMax: 1000, bytesMax: 256 * 1024 };

/**
 * A leader's walks through the sessions, in search of those whose time is over (rule S4). It takes a page at a time with pauses
 * between them, and proposes what it has found; whoever applies it looks again, so that nothing hangs on what is seen here.
 */
export class Expiry {
  readonly #parts: ExpiryParts;
  #cancel: Cancel | undefined;
  #scan: StateScan | undefined;

  constructor(parts: ExpiryParts) {
    this.#parts = parts;
  }

  /** This replica leads: it walks from now on. */
  start(): void {
    this.stop();
    this.#restAndWalk();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#scan?.close();
    this.#scan = undefined;
  }

  #restAndWalk(): void {
    const { prefix, expireMs } = this.#parts;
    this.#after(expireMs, { from: prefix, to: afterPrefix(prefix) });
  }

  #after(ms: number, range: KeyRange): void {
    this.#cancel = this.#parts.clock.after(ms, () => this.#look(range));
  }

  /** Looks at the first page of what is left to look at. */
  #look(range: KeyRange): void {
    const scan = this.#parts.scan();
    this.#scan = scan;
    scan.read(range, page, (rows, rest) => {
      scan.close();
      this.#scan = undefined;
      const names = rows.flatMap((row) => this.#over(row));
      if (names.length > 0) this.#parts.propose(names);
      if (rest === undefined) this.#restAndWalk();
      else this.#after(this.#parts.expirePageMs, rest);
    });
  }

  /** The session of a row, if its time is over where it is served: rows also stand in copies of shards that are not. */
  #over({ key, value }: Row): SessionName[] {
    const { shard, validUntil } = decodeSessionRow(value);
    const home = this.#parts.home(shard);
    if (!home.ok || !beginsWith(key, home.sessions) || this.#parts.time() + home.timeOffset <= validUntil) return [];
    return [{ shard, client: key.subarray(home.sessions.length) }];
  }
}

function beginsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, at) => key[at] === byte);
}
