import { present, unreachable } from "../../../base/assert.ts";
import { concat } from "../../../base/bytes.ts";
import type { WriteOp } from "../../../env/storage.ts";
import type { LogIndex } from "../../../raft/types.ts";
import { decodeEntry, type Logged, type SessionName } from "../../../rsm/session/entry.ts";
import { keyText } from "../../../rsm/state/key-text.ts";
import type { ReadRow } from "../../../rsm/machine.ts";
import type { Request } from "../../../rsm/session/request.ts";
import { Sessions } from "../../../rsm/session/sessions.ts";
import type { StateMachine } from "../../../rsm/state/state-machine.ts";
import type { StateReader } from "../../../rsm/state/state.ts";
import { StateRows } from "../../../rsm/state/state-rows.ts";
import type { Ledger } from "../../oracle/ledger.ts";
import { Violation } from "../../oracle/violation.ts";
import type { OnRead } from "./calls.ts";
import { RowSet } from "./row-set.ts";
import type { Done, SessionLaw } from "./session-law.ts";

/** What a group's replicas run, as the reference runs it. */
export interface ReferenceMachine {
  readonly machine: StateMachine<unknown, unknown>;
  /** Whether a result says that the command changed nothing, and why. */
  readonly isRefusal: (result: Uint8Array) => boolean;
  /** Hears of every entry, when it is applied. */
  readonly onApplied?: (entry: AppliedEntry) => void;
  /** Hears of every query that is answered. */
  readonly onRead?: OnRead;
  /** What the group is called where it is one of several. */
  readonly name?: string;
}

/** An entry that the reference has applied. */
export interface AppliedEntry {
  readonly index: LogIndex;
  readonly logged: Logged;
  /** What the machine came to, if it was asked to execute a request. */
  readonly done: Done | undefined;
  /** The rows that it has changed. */
  readonly changes: readonly WriteOp[];
}

/**
 * The group as one machine that never fails: it applies what was committed, one entry after the other, and knows which rows every
 * replica has at every index. What it does with each request is held against the law.
 */
export class Reference {
  readonly #ledger: Ledger;
  readonly #law: SessionLaw;
  readonly #machine: StateMachine<unknown, unknown>;
  readonly #own: ReferenceMachine;
  readonly #sessions: Sessions;
  readonly #values = new Map<string, Uint8Array>();
  readonly #rows = new RowSet();
  /** By index. */
  readonly #digests: number[];
  readonly #read: ReadRow = (key) => this.#values.get(keyText(key));
  /** The group's log time. */
  #time = 0;
  /** What the machine came to in the present entry, if it was asked. */
  #done: Done | undefined;

  constructor(ledger: Ledger, own: ReferenceMachine, law: SessionLaw) {
    this.#ledger = ledger;
    this.#law = law;
    this.#machine = own.machine;
    this.#own = own;
    this.#sessions = new Sessions(this.#overheard());
    this.#digests = [this.#rows.digest];
  }

  /** How many sessions there are. */
  get sessions(): number {
    return this.#sessions.count;
  }

  /** The rows as of everything applied. */
  get state(): StateReader {
    return { get: this.#read };
  }

  /** Applies everything that was committed up to now. */
  catchUp(): void {
    this.#advance(this.#ledger.commit);
  }

  /** Of all rows of the state at `index`, which is committed. */
  digestAt(index: LogIndex): number {
    this.#advance(index);
    return present(this.#digests[index], "the state at a committed index is known");
  }

  #advance(to: LogIndex): void {
    while (this.#digests.length <= to) this.#applyNamed(this.#digests.length);
  }

  #applyNamed(index: LogIndex): void {
    try {
      this.#apply(index);
    } catch (error) {
      const { name = "the group" } = this.#own;
      if (!(error instanceof Violation)) {
        const what = error instanceof Error ? error.message : String(error);
        throw new Violation("R28", `${name}: the machine throws at entry ${index}: ${what}`, { cause: error });
      }
      if (this.#own.name === undefined) throw error;
      throw new Violation(error.invariant, `${name}: ${error.message}`, { cause: error.cause });
    }
  }

  #apply(index: LogIndex): void {
    const logged = decodeEntry(present(this.#ledger.dataAt(index), "a committed entry is known"));
    // Nothing stays from one entry to the next: what replicas hold in memory is held against rows that were read.
    const state = new StateRows(this.#read);
    state.begin();
    const expiring = logged.kind === "expire" ? logged.sessions.filter((name) => this.#hasSession(name)) : [];
    this.#time = Math.max(this.#time, logged.stamp);
    this.#done = undefined;
    this.#sessions.passTime(logged.stamp);
    switch (logged.kind) {
      case "opening":
        this.#sessions.setLimits(logged.limits);
        break;
      case "request":
        this.#request(index, logged.request, state);
        break;
      case "expire":
        this.#sessions.expire(logged.sessions, state);
        break;
      case "machine":
        this.#sessions.applyOwn(logged.body, state);
        break;
      default:
        unreachable(logged);
    }
    this.#sessions.flush(state);
    const changes = this.#store(state);
    for (const name of expiring) {
      if (this.#hasSession(name)) continue;
      this.#law.timeIs(this.#timeOf(name.shard));
      this.#law.dropped(index, name.client, name.shard);
    }
    this.#own.onApplied?.({ index, logged, done: this.#done, changes });
  }

  #request(index: LogIndex, request: Request, state: StateRows): void {
    this.#law.timeIs(this.#timeOf(request.shard));
    const outcome = this.#sessions.apply(request, state);
    this.#law.applied(index, request, outcome, this.#done, this.#sessions.limits);
  }

  /** The log time of a shard, or of the group where the shard is not served. */
  #timeOf(shard: number): number {
    const home = this.#machine.home(shard, this.state);
    return this.#time + (home.ok ? home.timeOffset : 0);
  }

  #hasSession({ client, shard }: SessionName): boolean {
    const home = this.#machine.home(shard, { get: this.#read });
    return home.ok && this.#read(concat([home.sessions, client])) !== undefined;
  }

  #store(state: StateRows): readonly WriteOp[] {
    const changes: WriteOp[] = [];
    state.emit(changes);
    for (const change of changes) {
      if (change.op === "put") {
        this.#rows.put(change.key, change.value);
        this.#values.set(keyText(change.key), change.value);
      } else {
        this.#rows.delete(change.key);
        this.#values.delete(keyText(change.key));
      }
    }
    this.#digests.push(this.#rows.digest);
    return changes;
  }

  /** The machine, of which it is noted when it executes something. */
  #overheard(): StateMachine<unknown, unknown> {
    const machine = this.#machine;
    return {
      decodeCommand: (bytes) => machine.decodeCommand(bytes),
      decodeQuery: (bytes) => machine.decodeQuery(bytes),
      home: (shard, state) => machine.home(shard, state),
      execute: (shard, command, state) => {
        const result = machine.execute(shard, command, state);
        this.#done = { result, isRefusal: this.#own.isRefusal(result) };
        return result;
      },
      executeOwn: (command, state, time) => present(machine.executeOwn?.(command, state, time), "who logs commands executes them"),
      query: (query, view, reply) => machine.query(query, view, reply),
    };
  }
}
