import type { WriteOp } from "../../../src/env/storage.ts";
import type { Ending, Operation, Outcome } from "../../../src/rsm/caller/operation.ts";
import type { SessionLimits } from "../../../src/rsm/session/session-limits.ts";
import type { Sessions } from "../../../src/rsm/session/sessions.ts";
import type { StateMachine } from "../../../src/rsm/state/state-machine.ts";
import type { State } from "../../../src/rsm/state/state.ts";
import type { SessionCode } from "./code.ts";

/** How much may happen. */
export interface SessionBounds {
  readonly operations: number;
  /** Of each operation. */
  readonly attempts: number;
  /** Milliseconds that may pass. */
  readonly ticks: number;
  readonly leaders: number;
  readonly validMs: number;
  /** Whether a packet may arrive twice; otherwise it arrives once, at any time, or never. */
  readonly mayDouble: boolean;
  readonly limits: Partial<SessionLimits>;
}

/** A rule's promise is broken; the message says which. */
export class Broken extends Error {
  override readonly name = "Broken";
}

const client = new Uint8Array(16).fill(7);
const sessionRows = Uint8Array.of(1);
const doneRow = Uint8Array.of(2);

/** Notes which operations were executed, in their order; the result of the first is larger than others. */
const machine: StateMachine<number, never> = {
  sessions: sessionRows,
  decodeCommand: (bytes) => ({ ok: true, value: bytes[0] as number }),
  decodeQuery: () => ({ ok: false, why: "bad_request", detail: "" }),
  home: () => ({ ok: true, sessions: sessionRows, timeOffset: 10 }),
  execute: (_, operation, state: State) => {
    const done = state.get(doneRow) ?? new Uint8Array();
    state.put(doneRow, Uint8Array.of(...done, operation));
    return new Uint8Array(operation === 0 ? 8 : 2).fill(done.length);
  },
  query: () => undefined,
};

/** A request on its way, perhaps for ever. */
interface Sent {
  readonly operation: number;
  readonly bytes: Uint8Array;
  /** It cannot arrive any more. */
  gone: boolean;
  /** Its client has heard an answer to it, and hears no other. */
  answered: boolean;
}

interface Called {
  readonly operation: Operation;
  attempts: number;
  refusals: number;
  outcome: Outcome | undefined;
}

/**
 * One client and one group, with the real code of both, and between them nothing that promises anything: a request arrives at any
 * time, in any order, once or twice or never; its answer is heard or not. The group's log is what has arrived, in that order; its state is
 * rows alone, read anew for every entry.
 */
export class SessionWorld {
  readonly #code: SessionCode;
  readonly #bounds: SessionBounds;
  readonly #session: InstanceType<SessionCode["ClientSession"]>;
  readonly #called: Called[] = [];
  readonly #sent: Sent[] = [];
  readonly #rows = new Map<string, Uint8Array>();
  #leaderTime: InstanceType<SessionCode["LeaderTime"]>;
  #leaders = 1;
  /** The clock of client and leader, and when the present leader's was at 0. */
  #now = 0;
  #leaderBegan = 0;
  /** What the leader has stamped last, and when. */
  #stamp = 0;
  #stampedAt = 0;
  #lastEntry = 0;

  constructor(code: SessionCode, bounds: SessionBounds) {
    this.#code = code;
    this.#bounds = bounds;
    this.#session = new code.ClientSession(client, { validMs: bounds.validMs, mayDouble: bounds.mayDouble });
    this.#leaderTime = new code.LeaderTime();
    this.#leaderTime.begin(0, 0);
    this.#logged((sessions) => sessions.setLimits(code.sessionLimits(bounds.limits)));
  }

  /** Everything that can happen next. */
  actions(): string[] {
    const { operations, attempts, ticks, leaders } = this.#bounds;
    const actions: string[] = [];
    if (this.#called.length < operations) actions.push(`calls ${this.#called.length}`);
    for (const [at, called] of this.#called.entries()) {
      if (called.outcome !== undefined) continue;
      if (called.attempts < attempts) actions.push(`tries ${at} again`);
      actions.push(`gives ${at} up`);
    }
    for (const [at, { gone, answered, operation }] of this.#sent.entries()) {
      if (gone) continue;
      actions.push(`packet ${at} arrives`);
      if (!answered && this.#called[operation]?.outcome === undefined) actions.push(`packet ${at} arrives and is answered`);
    }
    if (this.#now < ticks) actions.push("a millisecond passes");
    if (this.#leaders < leaders) actions.push("another one leads");
    if (this.#row(sessionRows, client) !== undefined) actions.push("the session is to be dropped");
    return actions;
  }

  act(action: string): void {
    const [who, at] = action.split(" ");
    if (who === "calls") this.#call(Number(at));
    else if (who === "tries") this.#try(Number(at));
    else if (who === "gives") this.#conclude(Number(at), { kind: "given_up", why: "cancelled", last: undefined });
    else if (who === "packet") this.#arrives(Number(at), action.endsWith("answered"));
    else if (who === "a") this.#now += 1;
    else if (who === "another") this.#leads();
    else this.#logged((sessions, state) => sessions.expire([{ shard: 0, client }], state));
    this.#check();
  }

  /** Two worlds with the same text go on in the same way. */
  get text(): string {
    const rows = [...this.#rows].map(([key, value]) => `${key}=${hex(value)}`).toSorted();
    const called = this.#called.map(({ attempts, refusals, outcome }) => `${attempts},${refusals},${outcome?.kind}`);
    const sent = this.#sent.map(({ operation, bytes, gone, answered }) => `${operation},${gone},${answered},${hex(bytes)}`);
    const since = this.#now - this.#stampedAt;
    return [rows, called, sent, this.#now, this.#stamp, since, this.#leaders, this.#leaderBegan, this.#lastEntry].join(";");
  }

  // ---- the client

  #call(at: number): void {
    const operation = this.#session.operation(0, Uint8Array.of(at));
    const { sequence } = operation;
    if (sequence.needsTime(this.#now)) sequence.learnTime(this.#stampNow() + 10, this.#now);
    this.#called.push({ operation, attempts: 0, refusals: 0, outcome: undefined });
    this.#try(at);
  }

  #try(at: number): void {
    const called = this.#called[at] as Called;
    const bytes = called.operation.attempt();
    called.attempts += 1;
    this.#sent.push({ operation: at, bytes: new Uint8Array(bytes), gone: false, answered: false });
  }

  #conclude(at: number, ending: Ending): void {
    const called = this.#called[at] as Called;
    called.outcome = called.operation.conclude(ending);
  }

  // ---- the group

  #arrives(packet: number, answered: boolean): void {
    const sent = this.#sent[packet] as Sent;
    const called = this.#called[sent.operation] as Called;
    if (!this.#bounds.mayDouble) sent.gone = true;
    const applied = this.#logged((sessions, state) => sessions.apply(this.#code.decodeRequest(sent.bytes), state));
    const refusal = applied instanceof Uint8Array || applied.ok ? undefined : applied;
    if (refusal?.why === "session_stale" && called.outcome === undefined)
      throw new Broken("what its client waits for is refused as given up");
    if (!answered) return;
    sent.answered = true;
    if (applied instanceof Uint8Array) this.#conclude(sent.operation, { kind: "result", bytes: applied });
    else if (refusal === undefined) this.#conclude(sent.operation, { kind: "lost" });
    else {
      called.refusals += 1;
      called.operation.attemptRefused();
      // As a group's client does: what may be over soon is tried again.
      if (refusal.why !== "session_full") this.#conclude(sent.operation, { kind: "refused", refusal });
    }
  }

  #leads(): void {
    this.#leaders += 1;
    this.#leaderBegan = this.#now;
    this.#leaderTime = new this.#code.LeaderTime();
    this.#leaderTime.begin(Math.max(this.#sessions().time, this.#lastEntry), 0);
    this.#stamp = Math.max(this.#sessions().time, this.#lastEntry);
    this.#stampedAt = this.#now;
  }

  #stampNow(): number {
    this.#stamp = this.#leaderTime.stamp(this.#sessions().time, this.#now - this.#leaderBegan);
    this.#stampedAt = this.#now;
    return this.#stamp;
  }

  /** An entry is made, committed and applied. */
  #logged<T>(apply: (sessions: Sessions, state: InstanceType<SessionCode["StateRows"]>) => T): T {
    const stamp = this.#stampNow();
    this.#lastEntry = stamp;
    const sessions = this.#sessions();
    const state = new this.#code.StateRows((key) => this.#rows.get(hex(key)));
    state.begin();
    sessions.passTime(stamp);
    const applied = apply(sessions, state);
    sessions.flush(state);
    const rows: WriteOp[] = [];
    state.emit(rows);
    for (const row of rows) {
      if (row.op === "put") this.#rows.set(hex(row.key), row.value);
      else this.#rows.delete(hex(row.key));
    }
    return applied;
  }

  #sessions(): Sessions {
    const sessions = new this.#code.Sessions(machine);
    sessions.restored((key) => this.#rows.get(hex(key)));
    return sessions;
  }

  #row(...key: Uint8Array[]): Uint8Array | undefined {
    return this.#rows.get(key.map(hex).join(""));
  }

  // ---- what is promised

  #check(): void {
    const done = [...(this.#row(doneRow) ?? [])];
    const floors = [0];
    for (const [place, operation] of done.entries()) {
      if (done.indexOf(operation) !== place) throw new Broken("an operation is executed twice");
      // The client's operations have their numbers in their order.
      if (operation + 1 < Math.max(...floors)) throw new Broken("a number below the floor is executed");
      floors.push(this.#lowestFloor(operation));
    }
    for (const [operation, { outcome }] of this.#called.entries()) {
      const place = done.indexOf(operation);
      if (outcome?.kind === "refused" && place >= 0) throw new Broken("what was definitely refused is executed");
      if (outcome?.kind === "lost" && place < 0) throw new Broken("what is said to be done is not");
      if (outcome?.kind === "result" && outcome.bytes[0] !== place) throw new Broken("a result is not that of the operation");
    }
  }

  #lowestFloor(operation: number): number {
    const floors = this.#sent.filter((sent) => sent.operation === operation).map(({ bytes }) => this.#code.decodeRequest(bytes).floor);
    return Math.min(...floors);
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
