import type { Rng } from "../../../src/base/rng.ts";
import type { Admin, GroupToJoin } from "../../../src/client/admin.ts";
import { KvorumError } from "../../../src/client/errors.ts";
import type { Call, Done } from "./judge.ts";

/** What the administrators of a rig share. */
export interface Shared {
  /** Operations that have ended, in the order in which they did. */
  readonly done: Done[];
  /** Operations that did not end with a result, each in a sentence. */
  readonly failures: string[];
  /** Operations that may still be begun. */
  left: number;
  readonly shards: number;
  /** An operation has ended; resolves when the next one may begin. */
  readonly ended: () => Promise<void>;
}

/** The most groups of one administrator that are there at a time. */
const ownMax = 4;

/**
 * One administrator: asks one thing after the other, about groups that no other administrator names, so that it is known what each of
 * its operations has to do.
 */
export class Administrator {
  readonly #number: number;
  readonly #admin: Admin;
  readonly #rng: Rng;
  readonly #shared: Shared;
  /** Its groups that are there. */
  readonly #own: number[] = [];
  #joined = 0;

  constructor(number: number, admin: Admin, rng: Rng, shared: Shared) {
    this.#number = number;
    this.#admin = admin;
    this.#rng = rng;
    this.#shared = shared;
  }

  /** Asks until there is nothing left to ask for. */
  async run(): Promise<void> {
    const shared = this.#shared;
    while (shared.left > 0) {
      shared.left -= 1;
      // One operation after the other is what an administrator does.
      // oxlint-disable-next-line no-await-in-loop
      await this.#ask(this.#next());
    }
  }

  async #ask(call: Call): Promise<void> {
    const { done, failures, ended } = this.#shared;
    const before = done.length;
    try {
      const { number, changed } = await this.#call(call);
      done.push({ call, before, number, changed });
    } catch (error) {
      if (!(error instanceof KvorumError)) throw error;
      failures.push(`a ${call.op} ended with ${error.code}: ${error.message}`);
    }
    await ended();
  }

  #call(call: Call): ReturnType<Admin["join"]> {
    if (call.op === "move") return this.#admin.move(call.shard, call.gid);
    return call.op === "join" ? this.#admin.join([groupOf(call.gid)]) : this.#admin.leave([call.gid]);
  }

  #next(): Call {
    const rng = this.#rng;
    const most = this.#own.length >= ownMax ? 1 : 2;
    const kind = this.#own.length === 0 ? 2 : rng.int(0, most);
    if (kind === 2) return { op: "join", gid: this.#newGroup() };
    const at = rng.int(0, this.#own.length - 1);
    const gid = this.#own[at] as number;
    if (kind === 1) return { op: "move", shard: rng.int(0, this.#shared.shards - 1), gid };
    this.#own.splice(at, 1);
    return { op: "leave", gid };
  }

  /** A number that no group has had yet. */
  #newGroup(): number {
    this.#joined += 1;
    const gid = this.#number * 10_000 + this.#joined;
    this.#own.push(gid);
    return gid;
  }
}

/** A group with servers that no other one has: nobody asks them for anything. */
export function groupOf(gid: number): GroupToJoin {
  return { gid, servers: [`group-${gid}:7001`, `group-${gid}:7002`], creation: gid };
}
