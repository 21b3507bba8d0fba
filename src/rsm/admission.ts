import { present } from "../base/assert.ts";
import { encode } from "../base/codec.ts";
import { replicaId, type ReplicaId } from "../base/ids.ts";
import type { Cancel } from "../env/clock.ts";
import type { Env } from "../env/env.ts";
import { fields, whole } from "./fields.ts";
import type { Identity } from "./options.ts";
import type { Keys } from "./log/rows.ts";
import type { Hello, Pinned, Unknown } from "./wire.ts";

type Word = Hello | Pinned | Unknown;

/** What admission needs of the member around it. */
export interface AdmissionContext {
  readonly env: Env;
  readonly identity: Identity;
  readonly keys: Keys;
  readonly incarnation: number;
  readonly helloMs: number;
  readonly send: (to: ReplicaId, word: Word) => void;
  /** Runs once, when this replica may vote, campaign and acknowledge. */
  readonly admitted: () => void;
}

/**
 * Who may take part (rules I1-I4): a replica does after *all* other members have durably pinned its incarnation and told it so;
 * that is recorded once. So an emptied directory, which has forgotten its votes and its log, cannot come back under its old name.
 */
export class Admission {
  readonly #context: AdmissionContext;
  /** Pins that are durable. */
  readonly #pins = new Map<ReplicaId, number>();
  /** Pins on their way to the disk. */
  readonly #pinning = new Map<ReplicaId, number>();
  /** Members that have not said yet that they pinned this incarnation. */
  readonly #missing = new Set<ReplicaId>();
  #admitted = false;
  #refusedBy: ReplicaId | undefined;
  #cancel: Cancel | undefined;

  constructor(context: AdmissionContext) {
    this.#context = context;
    const { env, identity, keys, incarnation } = context;
    for (const other of this.#others()) {
      const pin = env.storage.get(keys.pin(other));
      if (pin !== undefined) this.#pins.set(other, whole(fields(pin, 1, "pin")[0]));
    }
    const row = env.storage.get(keys.admitted);
    this.#admitted = row !== undefined && fields(row, 1, "admission")[0] === incarnation;
    if (!this.#admitted) for (const other of this.#others()) this.#missing.add(other);
    env.trace("admission: opened", { replica: identity.replica, admitted: this.#admitted });
  }

  get isAdmitted(): boolean {
    return this.#admitted;
  }

  /** The member that knows another incarnation of this replica: its directory was emptied or replaced. */
  get refusedBy(): ReplicaId | undefined {
    return this.#admitted ? undefined : this.#refusedBy;
  }

  /** Makes itself known until everybody has answered. */
  start(): void {
    if (this.#admitted) this.#context.admitted();
    else if (this.#missing.size === 0) this.#record();
    else this.#hello();
  }

  /** Makes itself known no more. */
  stop(): void {
    this.#cancel?.();
  }

  /** Whether that incarnation of the member is the pinned one, so that its word counts. */
  knows(from: ReplicaId, incarnation: number): boolean {
    return this.#pins.get(from) === incarnation;
  }

  receive(from: ReplicaId, incarnation: number, word: Word): void {
    if (word.kind === "hello") this.#onHello(from, incarnation);
    else if (word.incarnation !== this.#context.incarnation && word.kind === "pinned")
      this.#context.env.trace("admission: an answer to an earlier life", { from });
    else if (word.kind === "pinned") this.#onPinned(from);
    else this.#onUnknown(from, word.incarnation);
  }

  /**
   * That incarnation takes part, and its word does not count here. If this replica has never pinned any, it pins that one: its directory
   * was emptied before it was admitted, and a member that is admitted says hello to nobody any more.
   */
  meet(from: ReplicaId, incarnation: number): void {
    if (!this.#pins.has(from)) this.#onHello(from, incarnation);
  }

  #others(): ReplicaId[] {
    const { servers, replica } = this.#context.identity;
    return servers.map((_, id) => replicaId(id)).filter((id) => id !== replica);
  }

  #hello(): void {
    if (this.#admitted || this.#missing.size === 0) return;
    for (const to of this.#missing) this.#context.send(to, { kind: "hello" });
    this.#cancel = this.#context.env.clock.after(this.#context.helloMs, () => this.#hello());
  }

  /** The first incarnation of a member that is heard is pinned for ever; it is told so when that is durable. */
  #onHello(from: ReplicaId, incarnation: number): void {
    const { env, keys } = this.#context;
    const pinned = this.#pins.get(from);
    if (pinned === incarnation) {
      this.#context.send(from, { kind: "pinned", incarnation });
    } else if (pinned !== undefined) {
      env.trace("admission: refused an unknown incarnation", { from });
      this.#context.send(from, { kind: "unknown", incarnation: pinned });
    } else if (!this.#pinning.has(from)) {
      this.#pinning.set(from, incarnation);
      env.storage.write([{ op: "put", key: keys.pin(from), value: encode([incarnation]) }], { sync: true }, () => {
        this.#pins.set(from, present(this.#pinning.get(from), "a pin is on its way"));
        this.#pinning.delete(from);
        this.#context.send(from, { kind: "pinned", incarnation });
      });
    }
  }

  #onPinned(from: ReplicaId): void {
    if (!this.#missing.delete(from) || this.#missing.size > 0) return;
    this.#record();
  }

  #onUnknown(from: ReplicaId, pinned: number): void {
    if (this.#admitted || pinned === this.#context.incarnation) return;
    this.#refusedBy = from;
    this.#context.env.trace("admission: this replica's directory is not the one its group knows", { by: from });
  }

  #record(): void {
    const { env, keys, incarnation } = this.#context;
    env.storage.write([{ op: "put", key: keys.admitted, value: encode([incarnation]) }], { sync: true }, () => {
      if (this.#admitted) return;
      this.#admitted = true;
      env.trace("admission: admitted", { replica: this.#context.identity.replica });
      this.#context.admitted();
    });
  }
}
