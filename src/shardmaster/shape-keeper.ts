import { equalBytes } from "../base/bytes.ts";
import { Malformed } from "../base/codec.ts";
import type { Cancel } from "../env/clock.ts";
import type { GroupClient } from "../rsm/caller/group-client.ts";
import type { ClientSession, Ending, Outcome } from "../rsm/caller/operation.ts";
import { badRequest } from "../rsm/request-fields.ts";
import type { Refused } from "../rsm/state/state-machine.ts";
import { encodeMasterCommand } from "./commands.ts";
import { encodeMasterQuery } from "./queries.ts";
import { decodeMasterResult, type MasterResult } from "./results.ts";
import { type ClusterShape, encodeShape, shapeText } from "./shape.ts";

/** Hears once that the cluster has the shape, or a sentence that says which other one it has. */
export type ShapeKnown = (refusal: string | undefined) => void;

/**
 * Sees to it that the cluster gets its shape, or has it: asks for it first, which leaves no trace, and proposes it when there is none. It
 * goes on until that is known, however long the group cannot be reached.
 */
export class ShapeKeeper {
  readonly #group: GroupClient;
  readonly #session: ClientSession;
  readonly #shape: ClusterShape;
  readonly #known: ShapeKnown;
  #cancel: Cancel | undefined;
  #stopped = false;

  constructor(group: GroupClient, session: ClientSession, shape: ClusterShape, known: ShapeKnown) {
    this.#group = group;
    this.#session = session;
    this.#shape = shape;
    this.#known = known;
  }

  start(): void {
    this.#cancel = this.#group.query(encodeMasterQuery({ op: "shape" }), Infinity, (ending) => this.#asked(ending));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #asked(ending: Ending): void {
    if (this.#stopped) return;
    if (ending.kind === "refused") return this.#known(ending.refusal.detail);
    if (ending.kind !== "result") return this.start();
    const result = read(ending.bytes);
    if (!result.ok) return this.#known(result.detail);
    if (result.op !== "shape" || result.shape === undefined) return this.#propose();
    if (equalBytes(encodeShape(result.shape), encodeShape(this.#shape))) return this.#known(undefined);
    this.#known(`The cluster is ${shapeText(result.shape)}, for ever, and this server was started for ${shapeText(this.#shape)}.`);
  }

  #propose(): void {
    const operation = this.#session.operation(0, encodeMasterCommand({ op: "init", ...this.#shape }));
    this.#cancel = this.#group.execute(operation, Infinity, (outcome) => this.#proposed(outcome));
  }

  #proposed(outcome: Outcome): void {
    if (this.#stopped) return;
    if (outcome.kind === "refused") return this.#known(outcome.detail);
    // Done or not, the shape that there is now says everything.
    if (outcome.kind !== "result") return this.start();
    const result = read(outcome.bytes);
    this.#known(result.ok ? undefined : result.detail);
  }
}

/** A group that answers what cannot be read is no shardmaster of ours. */
function read(bytes: Uint8Array): MasterResult | Refused {
  try {
    return decodeMasterResult(bytes);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return badRequest(`The answer of the shardmaster cannot be read: ${error.message}`);
  }
}
